"""What would have had to differ: another reading, one more event, or some fewer.

Each is found by running the engine again with that one thing changed, from just before it to the
moment, so what is said is true of the whole rule as it stands: nothing is guessed from limits. A
node's answer turns from true to not true, or from anything else to true.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from devices.signals import CATALOGUE, Kind, Signal
from rules.engine.lane import matches
from rules.engine.live import Point
from rules.places import shown
from rules.plan import Plan
from rules.tree import SignalRef
from rules.why.course import Answers, Course, begin, beginning, go
from rules.why.search import each_way, nearest
from rules.why.trace import Seen

EFFORT = 60_000  # readings fed and nodes run, well below a second; what is found till then is said
LAST_ORDER = 1 << 62  # after everything else of its instant
SOURCES = 12  # looked at, the newest readings first


@dataclass(frozen=True, slots=True)
class Miss:
    """One thing that would have turned a node's answer.

    value: the reading at `at` was `x`, with `needed` instead the answer turns: the nearest above
           and the nearest below, each a way of its own.
    more:  one event at the moment `at` would have turned it.
    fewer: without the last `needed` events, back to `at`, it would have turned.
    """

    step: int
    kind: Literal["value", "more", "fewer"]
    signal: str
    place: str | None
    at: int
    x: int | None
    needed: int


def misses(
    plan: Plan, points: Iterable[Point], at: int, seen: Sequence[Seen]
) -> tuple[tuple[Miss, ...], ...]:
    """For every step what would have turned its answer, the nearest first; `seen` as traced."""
    past = [point for point in points if point[2] <= at]
    history = _History(plan, past, at, [one.answer or 0 for one in seen])
    found: list[list[Miss]] = [[] for _ in plan.steps]
    truths = [one.step for one in seen if not one.is_number]
    for index in history.last_readings():
        for miss in history.about(index, truths, seen):
            found[miss.step].append(miss)
    for source in history.unheard():
        for miss in history.never_heard(source, truths):
            found[miss.step].append(miss)
    for own in found:
        own.sort(key=lambda miss: (miss.kind != "value", -miss.at))
    return tuple(tuple(own) for own in found)


class _History:
    """The past of one rule, and what would have followed from another."""

    def __init__(self, plan: Plan, past: list[Point], at: int, answers: Sequence[int]) -> None:
        self._plan, self._past, self._at = plan, past, at
        self._true = [answer > 0 for answer in answers]
        self._effort = 0
        self._known: dict[tuple[int, int], Answers] = {}
        self._left: dict[tuple[str, str | None, int], Answers] = {}
        self._course: Course | None = None

    def last_readings(self) -> list[int]:
        """Where the last reading of each source stands in the past, the newest first."""
        found = set()
        for source in self._sources():
            for index in range(len(self._past) - 1, -1, -1):
                if matches(source, *self._past[index][:2]):
                    found.add(index)
                    break
        chosen = sorted(found, reverse=True)[:SOURCES]
        self._course = begin(self._plan, beginning(self._plan, self._past, self._at))
        go(
            self._course,
            self._past,
            self._at,
            [self._at, *(self._past[index][2] for index in chosen)],
        )
        return chosen

    def _sources(self) -> set[SignalRef]:
        sources = {source for step in self._plan.steps for source, _ in step.sources}
        return {one for one in sources if not CATALOGUE[one.signal].by_gateway}

    def unheard(self) -> list[SignalRef]:
        """Events of which nothing came at all."""
        return [
            source
            for source in sorted(self._sources(), key=str)
            if CATALOGUE[source.signal].kind is Kind.EVENT
            and not any(matches(source, *point[:2]) for point in self._past)
        ]

    def never_heard(self, source: SignalRef, steps: Sequence[int]) -> Iterator[Miss]:
        """What one such event at the moment would have turned."""
        above = _above(self._plan, source.signal, source.place)
        for step in steps:
            if step in above and not self._true[step]:
                yield from self._more(source.signal, source.place, step)

    def about(self, index: int, steps: Sequence[int], seen: Sequence[Seen]) -> Iterator[Miss]:
        """What another value of this reading would have turned."""
        signal, place, when, x, _ = self._past[index]
        entry = CATALOGUE[signal]
        above = _above(self._plan, signal, place)
        for step in steps:
            if step not in above:
                continue
            if entry.kind is Kind.EVENT:
                yield from self._events(index, step)
                continue
            turns = partial(self._turns, index, step)
            for needed in each_way(x, turns, _seeds(seen, x), *_range(entry)):
                yield Miss(step, "value", signal, shown(place), when, x, needed)

    def _turns(self, index: int, step: int, x: int) -> bool:
        if self._effort > EFFORT:
            return False
        if (index, x) not in self._known:
            signal, place, when, _, order = self._past[index]
            self._known[index, x] = self._again(when, {index: (signal, place, when, x, order)})
        return (self._known[index, x][step] > 0) is not self._true[step]

    def _more(self, signal: str, place: str | None, step: int) -> Iterator[Miss]:
        more = (signal, place, self._at, 1, LAST_ORDER)
        if (self._again(self._at, {}, more)[step] > 0) is not self._true[step]:
            yield Miss(step, "more", signal, place, self._at, None, 1)

    def _events(self, index: int, step: int) -> Iterator[Miss]:
        signal, place = self._past[index][:2]
        if not self._true[step]:
            yield from self._more(signal, place, step)
        own = [i for i in range(len(self._past)) if self._past[i][:2] == (signal, place)]
        needed = nearest(0, lambda count: self._without(own, count, step), low=1, high=len(own))
        if needed is not None:
            yield Miss(step, "fewer", signal, place, self._past[own[-needed]][2], None, needed)

    def _without(self, own: Sequence[int], count: int, step: int) -> bool:
        """Whether the answer turns without the last so many events."""
        signal, place = self._past[own[-1]][:2]
        key = signal, place, count
        if key not in self._left:
            if self._effort > EFFORT:
                return False
            gone = frozenset(own[-count:])
            left = [point for index, point in enumerate(self._past) if index not in gone]
            self._effort += len(left) + len(self._plan.steps)
            course = begin(self._plan, beginning(self._plan, self._past, self._at))
            go(course, left, self._at)
            self._left[key] = course.answers
        return (self._left[key][step] > 0) is not self._true[step]

    def _again(self, since: int, changed: dict[int, Point], more: Point | None = None) -> Answers:
        """The answers at the moment, with what is changed, from `since` on."""
        assert self._course is not None
        following = [
            changed.get(index, point) for index, point in enumerate(self._past) if point[2] >= since
        ]
        if more is not None:
            following.append(more)
        self._effort += len(following) + len(self._plan.steps)
        course = begin(self._plan, since - 1, self._course.kept[since])
        go(course, following, self._at)
        return course.answers


def _above(plan: Plan, signal: str, place: str | None) -> frozenset[int]:
    """The steps whose answer can depend on such a reading."""
    found: set[int] = set()
    for index, step in enumerate(plan.steps):
        own = any(matches(source, signal, place) for source, _ in step.sources)
        if own or found & set(step.children):
            found.add(index)
    return frozenset(found)


def _seeds(seen: Sequence[Seen], x: int) -> list[int]:
    """What comparisons need, of the value itself and of how it moves a number above it."""
    found = []
    for one in seen:
        if one.needed is None:
            continue
        number = next(seen[c].answer for c in one.children if seen[c].is_number)
        found += [one.needed, x + one.needed - (number or 0)]
    return found


def _range(entry: Signal) -> tuple[int, int]:
    """Only what can plausibly be measured is said to be needed."""
    if entry.words:
        return min(entry.words.values()), max(entry.words.values())
    return entry.low_x, entry.high_x
