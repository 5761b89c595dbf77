"""The back-test over columns: the episodes that the live engine finds, from the compiled fold.

First the tree alone is folded over the whole history. Only for the instants that can decide
something is the live engine's own `Condition` asked. Where evidence is wanted, the tree is folded
once more and stopped at each onset; its state there is the live engine's, so that what
`rules.engine.explain` reads off it is what live would have said.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rules.compiled.columns import Channel, Channels, Place, first_at
from rules.compiled.folding import Arena, Fold
from rules.compiled.kernel import Kernel
from rules.compiled.program import Program
from rules.compiled.standing import lane_at
from rules.engine.backtest import SubjectPoint, replay
from rules.engine.episodes import Condition, Episode
from rules.engine.explain import changes_of
from rules.operators.machine import U
from rules.plan import Plan


class Item(NamedTuple):
    """One plan at work, as an `Engine` is told of it."""

    key: str
    home: str
    subject: str
    plan: Plan


class _Span(NamedTuple):
    """An episode before its evidence is known."""

    onset: int
    end: int | None
    told: int | None


class Backtest:
    """Used by one thread; each thread has its own, with buffers that are used again and again.

    Without a kernel the plain Python driver does the same, a hundred times slower.
    """

    def __init__(self, kernel: Kernel | None) -> None:
        self._kernel = kernel
        self._arena = Arena()
        self._folds: dict[tuple[int, ...], tuple[Fold, tuple[Plan, ...]]] = {}

    def episodes(
        self,
        items: Sequence[Item],
        subjects: Mapping[str, Channels],
        start: int,
        end: int,
        *,
        evidence: bool = True,
    ) -> list[Episode]:
        """Episodes of `items` within (start, end], ordered by onset, then key.

        As `rules.engine.backtest.replay` finds them: readings at or before `start` only prime
        the rules (hand over at least each plan's look-back), and what is true at `start` begins
        there. Without `evidence` that is empty and `since` is the onset; it takes half the time.
        """
        own: dict[str, list[Item]] = {}
        for item in items:
            own.setdefault(item[2], []).append(Item(*item))
        found: list[Episode] = []
        for subject, watching in own.items():
            known = {key: one for key, one in subjects.get(subject, {}).items() if len(one)}
            found += self._of_subject(watching, known, start, end, evidence=evidence)
        return sorted(found, key=lambda episode: (episode.onset, episode.key))

    def _of_subject(
        self, items: Sequence[Item], known: Channels, start: int, end: int, *, evidence: bool
    ) -> Iterator[Episode]:
        if self._kernel is None:
            yield from _replayed(items, known, start, end)
            return
        fold = self._fold(self._kernel, tuple(item.plan for item in items))
        first = first_at(known)
        primed = first is not None and first <= start
        after = first - 1 if first is not None and primed else start
        fold.begin(known, after, end)
        fold.run(end)
        spans = [
            list(_spans(fold, index, item.plan, start, end, primed=primed))
            for index, item in enumerate(items)
        ]
        if evidence and any(spans):
            yield from _explained(fold, items, spans, known, after, end)
            return
        for item, own in zip(items, spans, strict=True):
            for one in own:
                yield Episode(item.key, one.onset, one.end, one.onset, (), one.told)

    def _fold(self, kernel: Kernel, plans: tuple[Plan, ...]) -> Fold:
        key = tuple(id(plan) for plan in plans)
        if key not in self._folds:
            if len(self._folds) > 64:  # each resident may have values of his own
                self._folds.clear()
            self._folds[key] = Fold(kernel, Program(plans), self._arena), plans
        return self._folds[key][0]


def _replayed(items: Sequence[Item], known: Channels, start: int, end: int) -> Iterator[Episode]:
    """By the plain driver, from the same columns."""
    rows = heapq.merge(
        *(_rows(items[0].subject, place, one) for place, one in known.items()),
        key=lambda row: (row[3], row[5]),
    )
    yield from replay(items, rows, items[0].plan.zone, start, end)


def _rows(subject: str, place: Place, one: Channel) -> Iterator[SubjectPoint]:
    for at, x, order in zip(one.at.tolist(), one.x.tolist(), one.order.tolist(), strict=True):
        yield subject, *place, at, x, order


def _spans(
    fold: Fold, index: int, plan: Plan, start: int, end: int, *, primed: bool
) -> Iterator[_Span]:
    """What `Condition` makes of the answers of one plan; as `Lane` asks it."""
    condition = Condition.of(plan.rule)
    if primed:
        told = fold.answer_at(fold.program.layout.root(index), start)
        condition.occurrence = told if told > 1 else 0  # an event before `start` is no news
    began: int | None = None
    told_at: int | None = None
    when, clear = U, None
    times, answers, clears = fold.decisive(index, condition.occurrence, start)
    for t, x, c in zip([*times, end + 1], [*answers, U], [*clears, None], strict=True):
        if condition.release < t:
            told_at = condition.release
            condition.decide(when, clear, told_at)
        if t > end:
            break
        when, clear = x, c
        for kind in condition.decide(when, clear, t):
            if kind == "end" and began is not None:
                yield _Span(began, t, told_at)
                began = told_at = None
            elif kind == "onset":
                began, told_at = t, None if condition.held else t
            elif kind == "told":
                told_at = t
    if began is not None:
        yield _Span(began, None, told_at)


def _explained(
    fold: Fold,
    items: Sequence[Item],
    spans: Sequence[Sequence[_Span]],
    known: Channels,
    after: int,
    end: int,
) -> Iterator[Episode]:
    """Goes through the onsets in order, so that the second fold is one pass as well."""
    fold.begin(known, after, end)
    onsets = sorted(
        ((span.onset, index, span) for index, own in enumerate(spans) for span in own),
        key=lambda one: one[:2],
    )
    for at, index, span in onsets:
        fold.run(at)
        item = items[index]
        lane, run = lane_at(fold, index, item, known, at)
        (change,) = changes_of(lane, run, ("onset",), U, at, at)
        yield Episode(item.key, at, span.end, change.since, change.evidence, span.told)
