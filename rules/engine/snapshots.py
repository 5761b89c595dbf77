"""The engine's state as bytes: time, states and buffers. Answers and deadlines are not in it; they
are derived again by asking every node.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from devices.errors import Refused
from rules.engine.history import Log
from rules.engine.lane import Lane, Run
from rules.operators.machine import State

if TYPE_CHECKING:
    from rules.engine.layout import Layout

FORM = 4


class SnapshotRefused(Refused):
    """Not a snapshot of this form: start anew from history."""


SavedReading = tuple[str, str | None, int, int, int]  # signal, place, at, order, x


class SavedRun(msgspec.Struct, array_like=True):
    key: str
    home: str
    condition: tuple[bool, int, int, int, bool, bool, int, bool]  # as Condition, from `open` on
    starting: bool  # it has not begun to speak


class SavedLane(msgspec.Struct, array_like=True):
    subject: str
    urgent: bool
    now: int
    runs: list[SavedRun]
    layout: int  # position in `Shot.layouts`
    states: list[list[int]]  # of each of its steps; a tail that is as at the beginning is left out
    waiting: list[SavedReading]
    logs: list[tuple[str, str | None, list[tuple[int, int, int]]]]


class Shot(msgspec.Struct, array_like=True):
    form: int
    zone: str
    watermark: int
    layouts: list[list[str]]  # identities of steps
    lanes: list[SavedLane]

    def known(self, lane: SavedLane) -> dict[str, State]:
        """The states of a lane's steps, by their identity."""
        return dict(zip(self.layouts[lane.layout], lane.states, strict=True))


class _Layouts:
    """The layouts of a snapshot, each once, with the states that everybody has at the beginning."""

    def __init__(self) -> None:
        self._numbers: dict[Layout, tuple[int, list[State]]] = {}

    def number(self, lane: Lane) -> tuple[int, list[State]]:
        """Its position, and the fresh states."""
        layout = lane.layout
        if layout not in self._numbers:
            fresh = [step.operator.state(step.p) for step in layout.steps]
            self._numbers[layout] = len(self._numbers), fresh
        return self._numbers[layout]

    def saved(self) -> list[list[str]]:
        return [[step.identity for step in layout.steps] for layout in self._numbers]


def pack(zone: str, watermark: int, lanes: Sequence[Lane], *, states_only: bool = False) -> bytes:
    """These lanes of one engine; `states_only`: without readings that wait or are remembered."""
    layouts = _Layouts()
    waiting: dict[Lane, list[SavedReading]] = {}
    if not states_only:
        for agenda in {lane.agenda for lane in lanes}:
            for at, _, order, _, x, route in sorted(agenda.waiting):
                reading = (route.log.signal, route.log.place, at, order, x)
                waiting.setdefault(route.lane, []).append(reading)
    saved = [
        _save(lane, layouts, waiting.get(lane, []), remembered=not states_only)
        for lane in lanes
        if lane.runs
    ]
    return msgspec.msgpack.encode(Shot(FORM, zone, watermark, layouts.saved(), saved))


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
    lane: Lane, layouts: _Layouts, waiting: list[SavedReading], *, remembered: bool
) -> SavedLane:
    logs = list(lane.logs.values()) if remembered else []
    for log in logs:
        log.prune(lane.now)
    number, fresh = layouts.number(lane)
    return SavedLane(
        lane.subject,
        lane.urgent,
        lane.now,
        [_save_run(run, starting=lane.is_starting(run)) for run in lane.runs],
        number,
        [_without_tail(s, first) for s, first in zip(lane.nodes.states(), fresh, strict=True)],
        waiting,
        [(log.signal, log.place, log.rows()) for log in logs],
    )


def _save_run(run: Run, *, starting: bool) -> SavedRun:
    c = run.condition
    condition = (c.open, c.onset, c.since, c.occurrence, c.dark, c.heard, c.told, c.held)
    return SavedRun(run.key, run.home, condition, starting)


def _without_tail(state: State, fresh: State) -> State:
    """A ring is mostly empty: what still is as at the beginning need not be kept."""
    if state == fresh:
        return []
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
        lane.logs[signal, place] = Log.of(signal, place, 0, rows)
