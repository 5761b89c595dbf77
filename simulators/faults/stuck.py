"""A sensor that goes on saying what it said first."""

from dataclasses import dataclass

import numpy as np

from simulators.columns import Columns
from simulators.faults.fault import Target


@dataclass(frozen=True, slots=True)
class Stuck:
    """Every value is the first one of the same device and signal in the interval."""

    target: Target

    def lay(self, columns: Columns, seed: int) -> Columns:
        """The rows of the target with frozen values.

        The first value is that of the columns handed over: give them from the fault's start on.
        """
        del seed
        hit = np.flatnonzero(self.target.rows(columns))
        x = columns.x.copy()
        who = columns.device[hit] * 1024 + columns.signal[hit]
        order = np.lexsort((columns.at[hit], who))
        _, first, back = np.unique(who[order], return_index=True, return_inverse=True)
        x[hit[order]] = x[hit[order][first]][back]
        return columns.altered(x=x)
