"""What every node of a rule said at one moment, and why: computed by running the engine over its
look-back. The basis of "why" and "why not" for any moment in history.

A number that would have been enough (`needed`) is found by asking the operator's own two functions
with other numbers, never by a second explanation, so it holds for every operator, also with a way
back or a memory. What another reading would have changed is in `rules.why.nearest`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from devices.signals import CATALOGUE, Kind
from rules.engine.episodes import Evidence
from rules.engine.explain import by_time, evidence, evidence_of
from rules.engine.lane import matches
from rules.engine.live import Point
from rules.operators.machine import U
from rules.plan import Plan, Step
from rules.quantity import DAY
from rules.tree import SignalRef
from rules.why.course import Course, Turn, begin, beginning, go
from rules.why.search import nearest

AHEAD = 2 * DAY  # how far is looked for what would follow if nothing new came
PARAMETERS = 16  # of an operator's numbers are tried as limits (tables of zones are none)


@dataclass(frozen=True, slots=True)
class Gap:
    """What was not there: a source's last word, and since when it says nothing any more.

    Of coverage: when the last stretch that was not covered began and ended.
    """

    signal: str
    place: str | None
    last_at: int | None  # None: nothing within the look-back
    since: int | None  # None: for all of the look-back
    until: int | None = None  # None: still


@dataclass(frozen=True, slots=True)
class Seen:
    """One node at one moment."""

    step: int
    word: str
    line: int  # in the rule file
    answer: int | None  # None: unknown; 0 false; for a number, counts
    is_number: bool
    readings: tuple[Evidence, ...]  # the last of each of its sources, at or before the moment
    children: tuple[int, ...] = ()
    since: int | None = None  # when this answer began; None: before the look-back
    last_true: tuple[int, int] | None = None  # when it last was true: from, until
    follows: Turn | None = None  # what it would say next if nothing new came
    needed: int | None = None  # of its number: what would have turned its answer
    missing: tuple[Gap, ...] = ()  # where it is unknown: of its own sources

    @property
    def is_true(self) -> bool:
        """A truth that holds."""
        return not self.is_number and self.answer is not None and self.answer > 0


def trace(plan: Plan, points: Iterable[Point], at: int) -> tuple[Seen, ...]:
    """`points` in order, of at least the plan's look-back before `at` (with the coverage that stood
    at its beginning); later ones are left out.
    """
    past = [point for point in points if point[2] <= at]
    course = begin(plan, beginning(plan, past, at))
    go(course, past, at)
    seen = [_seen(course, plan, index, past, at) for index in range(len(plan.steps))]
    follows = _follows(course, at)
    return tuple(_with(one, turn) for one, turn in zip(seen, follows, strict=True))


def rests_on(plan: Plan, points: Iterable[Point], onset: int) -> tuple[Evidence, ...]:
    """The readings that made a rule true at `onset`, as an episode keeps them."""
    past = [point for point in points if point[2] <= onset]
    course = begin(plan, beginning(plan, past, onset))
    go(course, past, onset)
    return tuple(sorted(evidence(course.lane, course.run, onset), key=by_time))


def stopped_at(plan: Plan, seen: Sequence[Seen]) -> int:
    """The step at which a root that is not true stopped; of a true one, the root itself.

    From the root down: the first part that is false, else the first that is not known; what only
    denies (an exception) stops where it is true.
    """
    step = plan.root
    while True:
        below = list(_stops(plan, seen, step))
        if not below or seen[step].is_true:
            return step
        step = below[0]


def _stops(plan: Plan, seen: Sequence[Seen], step: int) -> Iterator[int]:
    """The children on which a node that is not true rests, the most telling first. None of what
    rests on the past, or where a window says only when it was listened.
    """
    operator = plan.steps[step].operator
    if operator.past:
        return
    against = operator.against
    truths = [
        (port, child)
        for port, child in enumerate(plan.steps[step].children)
        if not seen[child].is_number and not is_window(plan, step, child)
    ]
    if seen[step].answer is None:
        yield from (child for _, child in truths if seen[child].answer is None)
    else:
        yield from (child for port, child in truths if port in against and seen[child].is_true)
        for port, child in truths:
            if port not in against and seen[child].answer == 0:
                yield child


def is_window(plan: Plan, step: int, child: int) -> bool:
    """Whether a child says only when, or where, its parent, which hears for itself, listened."""
    listens = plan.steps[child].operator.word == "time_between"
    return bool(plan.steps[step].sources) and (listens or _all_covered(plan, child))


def _all_covered(plan: Plan, step: int) -> bool:
    """Whether it says only whether several places can be heard."""
    children = plan.steps[step].children
    return bool(children) and all(_of_coverage(plan.steps[child]) for child in children)


def _with(seen: Seen, follows: Turn | None) -> Seen:
    fields = {name: getattr(seen, name) for name in Seen.__slots__}
    return Seen(**{**fields, "follows": follows})


def _seen(course: Course, plan: Plan, index: int, past: Sequence[Point], at: int) -> Seen:
    step, lane, run = plan.steps[index], course.lane, course.run
    x = lane.answer(run, index)
    turns = course.turns[index]
    start = past[0][2] if past else at
    since = turns[-1].at if turns and turns[-1].at > start else None
    return Seen(
        index,
        step.operator.word,
        step.node.line,
        None if x == U else x,
        step.node.measure is not None,
        tuple(evidence_of(lane, run, index, at, at, last=True)),
        step.children,
        since,
        _last_true(turns) if step.node.measure is None and x <= 0 else None,
        None,
        _needed(course, plan, index, at),
        tuple(_missing(plan, step, past, since)) if x == U else (),
    )


def _last_true(turns: Sequence[Turn]) -> tuple[int, int] | None:
    until: int | None = None
    for turn in reversed(turns):
        if turn.answer is not None and turn.answer > 0:
            return None if until is None else (turn.at, until)
        until = turn.at
    return None


def _follows(course: Course, at: int) -> list[Turn | None]:
    """The first change of every answer after `at`, if nothing new came. It uses up the course."""
    before = [len(turns) for turns in course.turns]
    go(course, (), at + AHEAD)
    return [
        turns[count] if len(turns) > count else None
        for count, turns in zip(before, course.turns, strict=True)
    ]


def _needed(course: Course, plan: Plan, index: int, at: int) -> int | None:
    """The nearest number with which a comparison's answer would turn."""
    step, s = plan.steps[index], course.lane.state(course.run, index)
    numbers = [
        (port, child)
        for port, child in enumerate(step.children)
        if plan.steps[child].node.measure is not None and not _of_coverage(plan.steps[child])
    ]
    if step.node.measure is not None or len(numbers) != 1:
        return None
    ((port, child),) = numbers
    now = course.lane.answer(course.run, child)
    if now == U:
        return None
    operator, p = step.operator, step.p

    def is_true(x: int) -> bool:
        state = list(s)
        operator.take(state, p, at, port, x)
        return operator.judge(state, p, at)[0] > 0

    said = course.lane.answer(course.run, index) > 0
    seeds = [limit + by for limit in p[:PARAMETERS] for by in (-1, 0, 1)]
    return nearest(now, lambda x: is_true(x) is not said, seeds)


def _of_coverage(step: Step) -> bool:
    return any(CATALOGUE[source.signal].by_gateway for source, _ in step.sources)


def _missing(plan: Plan, step: Step, past: Sequence[Point], since: int | None) -> Iterator[Gap]:
    own = [source for source, _ in step.sources]
    for source in own + list(_coverages(plan, step)):
        entry = CATALOGUE[source.signal]
        rows = [(at, x) for signal, place, at, x, _ in past if matches(source, signal, place)]
        last = rows[-1][0] if rows else None
        if entry.by_gateway:
            yield Gap(source.signal, source.place, last, *_uncovered(rows))
        elif entry.kind is not Kind.EVENT:
            yield Gap(source.signal, source.place, last, None if last is None else since)


def _coverages(plan: Plan, step: Step) -> Iterator[SignalRef]:
    """Of the places at which an absence listens."""
    for child in step.children:
        below = plan.steps[child]
        covered = (child, *(below.children if _all_covered(plan, child) else ()))
        for one in covered:
            for source, _ in plan.steps[one].sources:
                if CATALOGUE[source.signal].by_gateway:
                    yield source


def _uncovered(rows: Sequence[tuple[int, int]]) -> tuple[int | None, int | None]:
    """The last stretch that was not covered: from (None: the beginning), until (None: still)."""
    since: int | None = None
    dark, stretch = True, (since, since)
    for at, x in rows:
        if dark and x > 0:
            dark, stretch = False, (since, at)
        elif not dark and x <= 0:
            dark, since = True, at
    return (since, None) if dark else stretch
