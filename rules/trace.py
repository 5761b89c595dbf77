"""What every node of a rule said at one moment: computed by running the engine over its look-back.

The basis of "why" and "why not" for any moment in history.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.episodes import Evidence
from rules.explain import evidence_of
from rules.lane import Lane, Run
from rules.live import Point
from rules.operators.machine import U
from rules.plan import Plan


@dataclass(frozen=True, slots=True)
class Seen:
    """One node at one moment."""

    step: int
    word: str
    line: int  # in the rule file
    answer: int | None  # None: unknown; 0 false; for a number, counts
    is_number: bool
    readings: tuple[Evidence, ...]  # the last of each of its sources, at or before the moment


def trace(plan: Plan, points: Iterable[Point], at: int) -> tuple[Seen, ...]:
    """`points` in order, of at least the plan's look-back before `at` (with the coverage that stood
    at its beginning); later ones are left out.
    """
    past = [point for point in points if point[2] <= at]
    start = min([at - plan.lookback_ms, *(point[2] for point in past)]) - 1
    run = Run.fresh("trace", "", "", plan, start)
    lane = Lane("", 0, start)
    lane.install([run], [run], start)
    for signal, place, when, x, order in past:
        route = lane.route(signal, place)
        if route is not None:
            lane.add(when, order, x, route)
    lane.run_to(at, at, [])
    return tuple(
        Seen(
            index,
            step.operator.word,
            step.node.line,
            None if lane.answer(run, index) == U else lane.answer(run, index),
            step.node.measure is not None,
            tuple(evidence_of(lane, run, index, at, at, last=True)),
        )
        for index, step in enumerate(plan.steps)
    )
