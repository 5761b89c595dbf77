"""A broker that no hub can reach: all connections break at once, and all come back at once."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from simulators.columns import Columns
from simulators.faults.buffer import kept
from simulators.faults.fault import FOREVER, Fault, Layer, Memory, Target
from simulators.faults.form import FaultForm, Kind
from simulators.faults.offline import BUFFER, GAP_MS
from simulators.forms import Refuse, SomeSpan
from simulators.homes.home import Home
from simulators.randomness import stream, uniform

BACK_OFF_MS = 60_000


@dataclass(frozen=True, slots=True)
class Unreachable(Fault):
    """As an offline hub, but after the end each hub waits a while of its own before it tries.

    Without such a back-off the return of ten thousand hubs is the next outage.
    """

    layer: ClassVar[Layer] = Layer.LINE
    back_off_ms: int = BACK_OFF_MS
    buffer: int = BUFFER

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Device times stay what they were."""
        back = self._back(seed)
        hit = replace(self.target, end=back).sent(columns)
        return kept(columns, hit, back, GAP_MS, memory, self.buffer)

    def away(self, start: int, end: int, seed: int) -> tuple[tuple[int, int], ...]:
        """Until this hub has tried again."""
        gone = (self.target.start, self._back(seed))
        return (gone,) if gone[0] < end and gone[1] > start else ()

    def _back(self, seed: int) -> int:
        if self.target.end >= FOREVER:
            return self.target.end
        drawn = uniform(np.array([seed], np.uint64), stream("back-off"))
        return self.target.end + int(drawn[0] * self.back_off_ms)


class UnreachableForm(FaultForm):
    back_off: SomeSpan = Field(BACK_OFF_MS, description="each hub tries again within so much")
    buffer: int = Field(BUFFER, ge=0, le=10_000_000, description="messages that each hub keeps")


def _make(form: UnreachableForm, target: Target, home: Home, refuse: Refuse) -> Unreachable:
    del home, refuse
    return Unreachable(target, form.back_off, form.buffer)


KIND = Kind(
    "unreachable",
    "the broker cannot be reached; then all hubs come back",
    Unreachable,
    UnreachableForm,
    _make,
    frozenset({"burst", "offline", "mobile"}),
    whole_home=True,
)
