"""The engine's state as bytes: time, states and buffers. Answers and deadlines are not in it; they
are derived again by asking every node.
"""

from collections.abc import Sequence

import msgspec

from devices.errors import Refused
from rules.history import Log
from rules.lane import Lane, Run

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


def pack(zone: str, watermark: int, lanes: Sequence[Lane], *, states_only: bool = False) -> bytes:
    """These lanes of one engine; `states_only`: without readings that wait or are remembered."""
    if states_only:
        bare = [_save(lane, [], remembered=False) for lane in lanes if lane.runs]
        return msgspec.msgpack.encode(Shot(FORM, zone, watermark, bare))
    waiting: dict[Lane, list[SavedReading]] = {}
    for agenda in {lane.agenda for lane in lanes}:
        for at, _, order, _, x, route in sorted(agenda.waiting):
            reading = (route.log.signal, route.log.place, at, order, x)
            waiting.setdefault(route.lane, []).append(reading)
    saved = [_save(lane, waiting.get(lane, [])) for lane in lanes if lane.runs]
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


def _save(lane: Lane, waiting: list[SavedReading], *, remembered: bool = True) -> SavedLane:
    logs = list(lane.logs.values()) if remembered else []
    for log in logs:
        log.prune(lane.now)
    return SavedLane(
        lane.subject,
        lane.urgent,
        lane.now,
        [_save_run(run, starting=run in lane.starting) for run in lane.runs],
        waiting,
        [(log.signal, log.place, log.rows) for log in logs],
    )


def _save_run(run: Run, *, starting: bool) -> SavedRun:
    c = run.condition
    condition = (c.open, c.onset, c.since, c.occurrence, c.dark, c.heard, c.told, c.held)
    states = {
        step.identity: _without_tail(run.states[index], step.operator.state(step.p))
        for index, step in enumerate(run.plan.steps)
    }
    return SavedRun(run.key, run.home, states, condition, starting)


def _without_tail(state: list[int], fresh: list[int]) -> list[int]:
    """A ring is mostly empty: what still is as at the beginning need not be kept."""
    end = len(state)
    while end > 0 and state[end - 1] == fresh[end - 1]:
        end -= 1
    return state[:end]


def revive_logs(lane: Lane, saved: SavedLane) -> None:
    for signal, place, rows in saved.logs:
        lane.logs[signal, place] = Log(signal, place, 0, rows)
