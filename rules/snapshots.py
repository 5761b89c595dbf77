"""The engine's state as bytes: time, states and buffers. Answers and deadlines are not in it; they
are derived again by asking every node.
"""

from collections.abc import Sequence

import msgspec

from devices.errors import Refused
from rules.history import Log
from rules.lane import Lane, Run
from rules.plan import Step

FORM = 3


class SnapshotRefused(Refused):
    """Not a snapshot of this form: start anew from history."""


SavedReading = tuple[str, str | None, int, int, int]  # signal, place, at, order, x


class SavedRun(msgspec.Struct, array_like=True):
    key: str
    home: str
    states: dict[str, list[int]]  # by identity of the step; an untouched tail is left out
    condition: tuple[bool, int, int, int, bool, bool, int, bool]  # as Condition, from `open` on
    starting: bool  # it has not begun to speak


class SavedLane(msgspec.Struct, array_like=True):
    subject: str
    urgent: bool
    now: int
    runs: list[SavedRun]
    waiting: list[SavedReading]
    logs: list[tuple[str, str | None, list[tuple[int, int, int]]]]


class Shot(msgspec.Struct, array_like=True):
    form: int
    zone: str
    watermark: int
    lanes: list[SavedLane]


class _Fresh:
    """States at the beginning: the same for everybody who shares a plan."""

    def __init__(self) -> None:
        self._known: dict[str, list[int]] = {}

    def of(self, step: Step) -> list[int]:
        known = self._known.get(step.identity)
        if known is None:
            known = self._known[step.identity] = step.operator.state(step.p)
        return known


def pack(zone: str, watermark: int, lanes: Sequence[Lane], *, states_only: bool = False) -> bytes:
    """These lanes of one engine; `states_only`: without readings that wait or are remembered."""
    fresh = _Fresh()
    if states_only:
        bare = [_save(lane, fresh, [], remembered=False) for lane in lanes if lane.runs]
        return msgspec.msgpack.encode(Shot(FORM, zone, watermark, bare))
    waiting: dict[Lane, list[SavedReading]] = {}
    for agenda in {lane.agenda for lane in lanes}:
        for at, _, order, _, x, route in sorted(agenda.waiting):
            reading = (route.log.signal, route.log.place, at, order, x)
            waiting.setdefault(route.lane, []).append(reading)
    saved = [_save(lane, fresh, waiting.get(lane, [])) for lane in lanes if lane.runs]
    return msgspec.msgpack.encode(Shot(FORM, zone, watermark, saved))


def unpack(data: bytes) -> Shot:
    """Raises SnapshotRefused."""
    try:
        shot = msgspec.msgpack.decode(data, type=Shot)
    except msgspec.DecodeError as error:
        raise _refused(str(error)) from None
    if shot.form != FORM:
        raise _refused(f"form {shot.form}, not {FORM}")
    return shot


def _refused(problem: str) -> SnapshotRefused:
    hint = "Start the engine anew from the readings of the look-back"
    return SnapshotRefused("restore the rules engine", "snapshot", problem, hint)


def _save(
    lane: Lane, fresh: _Fresh, waiting: list[SavedReading], *, remembered: bool = True
) -> SavedLane:
    logs = list(lane.logs.values()) if remembered else []
    for log in logs:
        log.prune(lane.now)
    return SavedLane(
        lane.subject,
        lane.urgent,
        lane.now,
        [_save_run(run, fresh, starting=run in lane.starting) for run in lane.runs],
        waiting,
        [(log.signal, log.place, log.rows) for log in logs],
    )


def _save_run(run: Run, fresh: _Fresh, *, starting: bool) -> SavedRun:
    c = run.condition
    condition = (c.open, c.onset, c.since, c.occurrence, c.dark, c.heard, c.told, c.held)
    states = {
        step.identity: _without_tail(run.states[index], fresh.of(step))
        for index, step in enumerate(run.plan.steps)
    }
    return SavedRun(run.key, run.home, states, condition, starting)


def _without_tail(state: list[int], fresh: list[int]) -> list[int]:
    """A ring is mostly empty: what still is as at the beginning need not be kept."""
    low, high = 0, len(state)
    while low < high:
        middle = (low + high) // 2
        if state[middle:high] == fresh[middle:high]:
            high = middle
        else:
            low = middle + 1
    return state[:high]


def revive_logs(lane: Lane, saved: SavedLane) -> None:
    for signal, place, rows in saved.logs:
        lane.logs[signal, place] = Log(signal, place, 0, rows)
