"""Why: which nodes were true, with which readings at which times. Read off the engine's own nodes
at the instant itself, never from a second explanation.
"""

from collections.abc import Iterator, Sequence

from rules.engine.episodes import Change, Evidence, Kind
from rules.engine.history import MOST as LOGGED
from rules.engine.history import Log, Row
from rules.engine.lane import Lane, Run, matches
from rules.operators.machine import Shows, U
from rules.places import shown

MOST = 12  # readings of one source in the evidence of one episode


def changes_of(
    lane: Lane, run: Run, kinds: Sequence[Kind], before: int, t: int, noticed: int
) -> list[Change]:
    """The changes of one run at instant t; an onset carries its evidence."""
    condition = run.condition
    changes: list[Change] = []
    at = lane.real.get(t, t)
    began = condition.since
    for kind in kinds:
        if kind == "onset":
            condition.since = since = began_at(lane, run, run.plan.root, t)
            shown = tuple(sorted(evidence(lane, run, t), key=by_time))
            outputs = tuple((i, lane.answer(run, i)) for i in range(len(run.plan.steps)))
            changes.append(
                Change(
                    run.key,
                    kind,
                    at,
                    noticed,
                    min(since, at),
                    at,
                    shown,
                    outputs,
                    condition.release if condition.held else None,
                )
            )
            condition.onset = at
        elif kind == "end":
            changes.append(Change(run.key, kind, at, noticed, began, before))
        else:
            onset = condition.onset if condition.open else None
            changes.append(Change(run.key, kind, at, noticed, at, onset))
    return changes


def began_at(lane: Lane, run: Run, index: int, t: int) -> int:
    """When what is true at t began: of what lasted, its start; else t itself."""
    step = run.plan.steps[index]
    own = step.operator.since(lane.state(run, index), step.p, t)
    if own != U:
        return own
    return min((began_at(lane, run, child, t) for child in _true(lane, run, index)), default=t)


def _true(lane: Lane, run: Run, index: int) -> list[int]:
    """The children on which the answer rests: true ones, numbers, and what a `not` denies."""
    step = run.plan.steps[index]
    children = step.children
    if len(children) == 1 or step.operator.past:
        return list(children)
    against = step.operator.against
    children = tuple(child for port, child in enumerate(children) if port not in against)
    return [
        child
        for child in children
        if run.plan.steps[child].node.measure is not None or lane.answer(run, child) > 0
    ]


def evidence(lane: Lane, run: Run, t: int) -> Iterator[Evidence]:
    """The readings on which what is true now rests, in no order."""
    seen: set[int] = set()

    def walk(index: int, since: int) -> Iterator[Evidence]:
        if index in seen:
            return
        seen.add(index)
        step = run.plan.steps[index]
        own = step.operator.since(lane.state(run, index), step.p, t)
        since = since if own == U else min(since, own)
        last = step.operator.shows is Shows.LAST
        yield from evidence_of(lane, run, index, t if last else since, t, last=last)
        for child in _true(lane, run, index):
            yield from walk(child, since)

    return walk(run.plan.root, t)


def evidence_of(
    lane: Lane, run: Run, index: int, since: int, t: int, *, last: bool
) -> Iterator[Evidence]:
    """What the sources of one step said from `since` to t, or only the last of it."""
    for source, _ in run.plan.steps[index].sources:
        first = max(since, t - run.plan.spans[source])  # what lasted long is not all kept
        for log in list(lane.logs.values()):
            if matches(source, log.signal, log.place):
                for at, x, order in _rows(log, first, t, last=last):
                    real = lane.real.get(at, at)
                    yield Evidence(index, log.signal, shown(log.place), real, x, order)


def _rows(log: Log, since: int, t: int, *, last: bool) -> list[Row]:
    """What stood at `since`, and everything from then to t; thinned so that extremes stay."""
    end = log.until(t)
    if not end:
        return []
    if last:
        return log.rows(end - 1, end)
    found = log.rows(max(log.standing(since), end - LOGGED), end)  # as every driver has them
    if len(found) <= MOST:
        return found
    low = min(found, key=lambda row: row[1])
    high = max(found, key=lambda row: row[1])
    kept = {found[0], low, high, *found[-(MOST - 3) :]}
    return [row for row in found if row in kept]


def by_time(evidence: Evidence) -> tuple[int, int, int, str]:
    return evidence.at, evidence.order, evidence.node, evidence.signal
