"""A rule that begins in mid-history knows what it would know had it always been there."""

from collections.abc import Sequence

from rules.engine.episodes import Condition
from rules.engine.lane import Lane, Run

Point = tuple[str, str | None, int, int, int]  # signal, place, at, x, order


def prime(run: Run, lane: Lane, history: Sequence[Point], at: int) -> None:
    """Feeds what lies before `at` to a lane of its own, so that nobody hears of it."""
    first = min(history[0][2], at) - 1
    scratch = Lane(run.subject, 0, first)
    scratch.install([run], [run], first)
    for signal, place, when, x, order in history:
        route = scratch.route(signal, place)
        if route is not None and when < at:
            scratch.add(when, order, x, route)
    scratch.run_to(at - 1, at - 1, [])
    run.brings = scratch.states_of(run)
    told, _ = scratch.said(run)
    heard, run.condition = run.condition.heard, Condition.of(run.plan.rule)
    run.condition.heard = heard
    run.condition.occurrence = told if told > 1 else 0  # an event before `at` is no news
    for of, log in scratch.logs.items():
        lane.logs.setdefault(of, log)
