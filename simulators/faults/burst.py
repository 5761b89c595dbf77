"""A hub that keeps what it hears while the line is down, and then sends it all at once."""

from dataclasses import dataclass

import numpy as np

from simulators.columns import Columns
from simulators.faults.fault import Target


@dataclass(frozen=True, slots=True)
class Burst:
    """What was measured in the interval is sent at its end, in its order, `gap_ms` apart."""

    target: Target
    gap_ms: int = 0  # 0: each device sends one message with all that it kept

    def lay(self, columns: Columns, seed: int) -> Columns:
        """Device times stay what they were."""
        del seed
        hit = np.flatnonzero(self.target.rows(columns))
        order = np.lexsort((columns.signal[hit], columns.device[hit], columns.at[hit]))
        sent = columns.sent_at.copy()
        sent[hit[order]] = self.target.end + np.arange(len(hit), dtype=np.int64) * self.gap_ms
        return columns.altered(sent_at=sent)
