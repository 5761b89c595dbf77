"""A battery that runs down: it says less and less, and then the device says nothing."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import Field

from devices.errors import Refused
from simulators.columns import SIGNAL_INDEX, UNTIMED, Columns
from simulators.faults.fault import Fault, Layer, Memory, Target
from simulators.faults.form import FaultForm, Kind
from simulators.forms import DAY_MS, Refuse, SomeSpan
from simulators.homes.home import Home

EMPTY_MS = 10 * DAY_MS


@dataclass(frozen=True, slots=True)
class Battery(Fault):
    """From the charge that it had, evenly down to nothing; the end is a new battery."""

    layer: ClassVar[Layer] = Layer.POWER
    empty_ms: int = EMPTY_MS

    def __post_init__(self) -> None:
        if self.empty_ms <= 0:
            raise Refused("lay a fault", "battery", "it was never full", "Give a length of time")

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Battery readings fall; what would be measured later than `empty_ms` is not said."""
        del seed, memory
        hit = self.target.rows(columns)
        when = np.where(columns.at == UNTIMED, columns.sent_at, columns.at)
        gone = np.where(hit, when - self.target.start, 0)
        left = np.clip(1 - gone / self.empty_ms, 0, 1)
        falls = hit & (columns.signal == SIGNAL_INDEX["battery"])
        charge = np.floor(columns.x * left).astype(np.int64)
        told = columns.altered(x=np.where(falls, charge, columns.x))
        return told.where(~hit | (gone < self.empty_ms))


class BatteryForm(FaultForm):
    empty: SomeSpan = Field(EMPTY_MS, description="so long after the beginning it is empty")


def _make(form: BatteryForm, target: Target, home: Home, refuse: Refuse) -> Battery:
    del home, refuse
    return Battery(target, form.empty)


KIND = Kind(
    "battery", "batteries run down, then silence", Battery, BatteryForm, _make,
    frozenset({"silence"}),
)  # fmt: skip
