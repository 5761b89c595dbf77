"""A sensor that goes on saying what it said first."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulators.columns import Columns
from simulators.faults.fault import Fault, Layer, Memory
from simulators.faults.form import FaultForm, Kind


@dataclass(frozen=True, slots=True)
class Stuck(Fault):
    """Every value is the first one of the same device and signal in the interval."""

    layer: ClassVar[Layer] = Layer.SENSOR

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """The rows of the target with frozen values."""
        del seed
        first = (memory or Memory()).numbers
        hit = np.flatnonzero(self.target.rows(columns))
        x = columns.x.copy()
        who = columns.device[hit] * 1024 + columns.signal[hit]
        order = np.lexsort((columns.x[hit], columns.at[hit], who))
        names, begins, back = np.unique(who[order], return_index=True, return_inverse=True)
        earliest = x[hit[order]][begins].tolist()
        frozen = [
            first.setdefault((name,), value)
            for name, value in zip(names.tolist(), earliest, strict=True)
        ]
        x[hit[order]] = np.array(frozen, np.int64)[back]
        return columns.altered(x=x)


KIND = Kind(
    "stuck",
    "devices repeat what they said first",
    Stuck,
    FaultForm,
    lambda form, target, home, refuse: Stuck(target),  # noqa: ARG005  # nothing else to say
    frozenset({"silence", "drift", "bounce"}),
)
