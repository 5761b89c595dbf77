"""A device that says nothing: fallen off the wall, unplugged, asleep for good."""

from dataclasses import dataclass
from typing import ClassVar

from simulators.columns import Columns
from simulators.faults.fault import Fault, Layer, Memory
from simulators.faults.form import FaultForm, Kind


@dataclass(frozen=True, slots=True)
class Silence(Fault):
    """Nothing is sent."""

    layer: ClassVar[Layer] = Layer.POWER

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Without the rows of the target."""
        del seed, memory
        return columns.where(~self.target.rows(columns))


KIND = Kind(
    "silence",
    "devices say nothing",
    Silence,
    FaultForm,
    lambda form, target, home, refuse: Silence(target),  # noqa: ARG005  # nothing else to say
    frozenset({"stuck", "drift", "bounce", "battery", "reboot", "skew", "swapped", "moved"}),
)
