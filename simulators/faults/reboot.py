"""A device that starts anew: `boot` goes up and `seq` begins again, or both are forgotten."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from devices.errors import Refused
from simulators.actions import URGENT
from simulators.columns import SIGNAL_INDEX, Columns, Ints
from simulators.faults.buffer import messages
from simulators.faults.fault import Fault, Layer, Memory, Target
from simulators.faults.form import FaultForm, Kind
from simulators.forms import Refuse, SomeSpan, Span, YesNo
from simulators.homes.home import Home
from simulators.numbering import MOST_BOOT, MOST_SEQ, counted

AWAY_MS = 20_000


@dataclass(frozen=True, slots=True)
class Reboot(Fault):
    """At the beginning, and again every `every_ms` until the end: nothing is said for `away_ms`.

    The devices keep counters through the whole run, from (1, 1) on, so that a gateway can see the
    turn. Of a whole home it is the hub that starts anew: its connection breaks as well.
    """

    layer: ClassVar[Layer] = Layer.COUNTER
    every_ms: int = 0  # 0: once
    away_ms: int = AWAY_MS
    forgets: bool = False  # no memory for `boot`: it is 1 again, and `seq` begins anew

    def __post_init__(self) -> None:
        if self.every_ms and self.every_ms <= self.away_ms:
            raise Refused(
                "lay a fault", "reboot", "it is never up", "Let it be away for less than `every`"
            )

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Without what was measured while it started; messages of the devices with counters."""
        del seed
        columns = columns.where(~self._starting(columns))
        mine = columns.home == self.target.home
        if self.target.devices:
            mine &= np.isin(columns.device, self.target.devices)
        place = np.flatnonzero(mine)
        own = columns.where(mine)
        urgent = np.isin(own.signal, [SIGNAL_INDEX[name] for name in URGENT]).astype(np.int64)
        boot, seq = self._counters(own, messages(own, urgent), memory or Memory())
        message = columns.message.copy()
        message[place] = counted(own.message, boot, seq)
        return columns.altered(message=message)

    def away(self, start: int, end: int, seed: int) -> tuple[tuple[int, int], ...]:
        """Of a whole home, each start of its hub."""
        del seed
        if self.target.devices:
            return ()
        first = int(self._times(np.array([max(0, start - self.away_ms)]))[0])
        last = int(self._times(np.array([end]))[0])
        every = self.every_ms or 1
        begins = [self.target.start + turn * every for turn in range(max(0, first - 1), last)]
        return tuple(
            (at, at + self.away_ms) for at in begins if at < end and at + self.away_ms > start
        )

    def _times(self, at: Ints) -> Ints:
        """How often it has started anew by then."""
        since = np.minimum(at, self.target.end - 1) - self.target.start
        turns = since // self.every_ms + 1 if self.every_ms else np.ones_like(since)
        times: Ints = np.where(since >= 0, turns, 0)
        return times

    def _starting(self, columns: Columns) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        hit = self.target.sent(columns)
        since = columns.sent_at - self.target.start
        into = since % self.every_ms if self.every_ms else since
        starting: np.ndarray[tuple[int], np.dtype[np.bool_]] = hit & (into < self.away_ms)
        return starting

    def _counters(self, own: Columns, number: Ints, memory: Memory) -> tuple[Ints, Ints]:
        """Counters of each row; `number` tells its message, in the order of making."""
        if not len(number):
            return number, number
        _, first, back = np.unique(number, return_index=True, return_inverse=True)
        order = np.lexsort((number[first], own.device[first]))  # device by device, as made
        device, life = own.device[first][order], self._times(own.sent_at[first][order])
        begins = np.ones(len(order), np.bool_)  # a life of a device
        begins[1:] = (np.diff(device) != 0) | (np.diff(life) != 0)
        start = np.flatnonzero(begins)
        nth = np.arange(len(order)) - np.repeat(start, np.diff([*start, len(order)]))
        gone_on = np.zeros(len(start), np.int64)
        last = memory.numbers
        for place, (who, which) in enumerate(
            zip(device[start].tolist(), life[start].tolist(), strict=True)
        ):
            if last.get((who, 0)) == which:
                gone_on[place] = last[who, 1]
        seq = nth + 1 + np.repeat(gone_on, np.diff([*start, len(order)]))
        for place in (np.append(start[1:], len(order)) - 1).tolist():  # the last life of each stays
            last[int(device[place]), 0], last[int(device[place]), 1] = (
                int(life[place]),
                int(seq[place]),
            )
        boot = np.ones_like(life) if self.forgets else 1 + life
        placed = np.argsort(order)
        return np.minimum(boot, MOST_BOOT)[placed][back], (seq & MOST_SEQ)[placed][back]


class RebootForm(FaultForm):
    every: SomeSpan | None = Field(None, description="again and again; left out: once")
    away: Span = Field(AWAY_MS, description="so long it says nothing")
    forgets: YesNo = Field(False, description="`yes`: `boot` is lost and begins anew as well")

    @model_validator(mode="after")
    def _up(self) -> "RebootForm":
        if self.every is not None and self.every <= self.away:
            raise ValueError("it is never up: `away` has to be shorter than `every`")
        return self


def _make(form: RebootForm, target: Target, home: Home, refuse: Refuse) -> Reboot:
    del home, refuse
    return Reboot(target, form.every or 0, form.away, form.forgets)


KIND = Kind(
    "reboot", "devices start anew: boot and seq begin again", Reboot, RebootForm, _make,
    frozenset({"silence"}),
)  # fmt: skip
