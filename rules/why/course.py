"""How a rule's answers went over a stretch of the past: the engine itself, run instant by instant.

Basis of `trace` (one moment), of `nearest` (what if a reading had been another) and of strips over
days. Nothing here explains anything: it only writes down what the nodes said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rules.engine.lane import Lane, Run
from rules.engine.live import Point
from rules.operators.machine import NEVER, State, U
from rules.plan import Plan

Answers = tuple[int, ...]  # of every step, U where unknown


@dataclass(frozen=True, slots=True)
class Turn:
    """From `at` on the answer is this; None: unknown."""

    at: int
    answer: int | None


@dataclass(slots=True)
class Course:
    """A run over the past. `turns` are the changes of every step's answer, in order."""

    lane: Lane
    run: Run
    turns: list[list[Turn]]
    kept: dict[int, list[State]] = field(default_factory=dict)  # instant → states just before it

    @property
    def answers(self) -> Answers:
        """What every step says now."""
        return tuple(self.lane.answer(self.run, step) for step in range(len(self.turns)))


def begin(plan: Plan, start: int, states: Sequence[State] | None = None) -> Course:
    """A course that knows nothing before `start`, or what `states` (of just after it) know."""
    run = Run.fresh("course", "", "", plan, start)
    if states is not None:
        known = zip(plan.steps, states, strict=True)
        run.brings = {step.identity: list(state) for step, state in known}
    lane = Lane("", 0, start)
    lane.install([run], [run], start)
    return Course(lane, run, [[] for _ in plan.steps])


def go(course: Course, points: Sequence[Point], until: int, keep: Iterable[int] = ()) -> None:
    """Feeds `points` (in order) and closes every instant up to and including `until`.

    `keep`: instants just before which the states are copied.
    """
    lane, run = course.lane, course.run
    wanted = sorted(set(keep), reverse=True)
    done, count = 0, len(points)
    while True:
        t = points[done][2] if done < count else NEVER
        t = min(t, lane.wake)
        while wanted and wanted[-1] <= t:
            course.kept[wanted.pop()] = [list(state) for state in lane.states_of(run).values()]
        if t > until:
            break
        while done < count and points[done][2] == t:
            signal, place, at, x, order = points[done]
            done += 1
            route = lane.route(signal, place)
            if route is not None:
                lane.add(at, order, x, route)
        lane.run_to(t, t, [])
        for step, turns in enumerate(course.turns):
            x = lane.answer(run, step)
            if not turns or turns[-1].answer != (None if x == U else x):
                turns.append(Turn(t, None if x == U else x))
    lane.run_to(until, until, [])


def over(plan: Plan, points: Iterable[Point], start: int, end: int) -> tuple[Turn, ...]:
    """What the root said from `start` to `end`: the answer that stood at `start`, then each change.

    `points` in order, of the plan's look-back before `start` on (with the coverage that stood at
    its beginning).
    """
    past = [point for point in points if point[2] <= end]
    course = begin(plan, beginning(plan, past, start))
    go(course, past, end)
    turns = course.turns[plan.root]
    before = [turn for turn in turns if turn.at <= start]
    stood = before[-1].answer if before else None
    return (Turn(start, stood), *(turn for turn in turns if turn.at > start))


def beginning(plan: Plan, points: Sequence[Point], at: int) -> int:
    """Before the look-back of `at`, and before the first reading."""
    return min([at - plan.lookback_ms, *(point[2] for point in points[:1])]) - 1
