"""A hub that keeps what it hears while the line is down, and then sends it all at once."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from simulators.columns import Columns
from simulators.faults.buffer import kept
from simulators.faults.fault import FOREVER, Fault, Layer, Memory, Target
from simulators.faults.form import FaultForm, Kind
from simulators.forms import Refuse, Span
from simulators.homes.home import Home


@dataclass(frozen=True, slots=True)
class Burst(Fault):
    """What was to be sent in the interval is sent at its end, in its order, `gap_ms` apart."""

    layer: ClassVar[Layer] = Layer.LINE
    gap_ms: int = 0  # 0: each device sends one message with all that it kept

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Device times stay what they were."""
        del seed
        return kept(columns, self.target.sent(columns), self.target.end, self.gap_ms, memory)


class BurstForm(FaultForm):
    gap: Span = Field(
        0, description="between two messages; 0: each device sends all that it kept as one"
    )


def _make(form: BurstForm, target: Target, home: Home, refuse: Refuse) -> Burst:
    del home
    if target.end >= FOREVER:
        refuse("until", "a burst that never comes is a silence", "Give `until` or `for`")
    return Burst(target, form.gap)


KIND = Kind(
    "burst", "kept for hours, then sent in a burst", Burst, BurstForm, _make,
    frozenset({"offline", "unreachable", "mobile"}),
)  # fmt: skip
