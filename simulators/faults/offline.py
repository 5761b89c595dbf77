"""A hub without a connection: the broker publishes its last will; what is heard is kept."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from simulators.columns import Columns
from simulators.faults.buffer import kept
from simulators.faults.fault import Fault, Layer, Memory, Target
from simulators.faults.form import FaultForm, Kind
from simulators.forms import Refuse, SomeSpan
from simulators.homes.home import Home

BUFFER = 1_000  # messages
GAP_MS = 20


@dataclass(frozen=True, slots=True)
class Offline(Fault):
    """Gone from the beginning to the end; then all that was kept, oldest first, `gap_ms` apart.

    Where the buffer is full the oldest message gives way; with no buffer (a hub without power) all
    are lost.
    """

    layer: ClassVar[Layer] = Layer.LINE
    buffer: int = BUFFER
    gap_ms: int = GAP_MS

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Device times stay what they were."""
        del seed
        hit, end = self.target.sent(columns), self.target.end
        return kept(columns, hit, end, self.gap_ms, memory, self.buffer)

    def away(self, start: int, end: int, seed: int) -> tuple[tuple[int, int], ...]:
        """All of it."""
        del seed
        gone = (self.target.start, self.target.end)
        return (gone,) if gone[0] < end and gone[1] > start else ()


class OfflineForm(FaultForm):
    buffer: int = Field(BUFFER, ge=0, le=10_000_000, description="messages it keeps; 0: none")
    gap: SomeSpan = Field(GAP_MS, description="between two messages when it is back")


def _make(form: OfflineForm, target: Target, home: Home, refuse: Refuse) -> Offline:
    del home, refuse
    return Offline(target, form.buffer, form.gap)


KIND = Kind(
    "offline",
    "the hub is offline: last will, then what it kept",
    Offline,
    OfflineForm,
    _make,
    frozenset({"burst", "unreachable", "mobile"}),
    whole_home=True,
)
