"""Messages that overtake each other: a network with delay."""

from dataclasses import dataclass

import numpy as np

from simulators.columns import Columns
from simulators.faults.fault import Target, share
from simulators.randomness import stream, uniform


@dataclass(frozen=True, slots=True)
class Disorder:
    """A share of the messages is on its way for up to `delay_ms`."""

    target: Target
    share: float
    delay_ms: int

    def __post_init__(self) -> None:
        share(self.share, "disorder")

    def lay(self, columns: Columns, seed: int) -> Columns:
        """Rows of one message stay together; their device time is right."""
        plain = columns.altered(signal=np.zeros_like(columns.signal))
        keys = self.target.keys(plain, seed)
        late = self.target.rows(columns) & (uniform(keys, stream("late")) < self.share)
        delay = (uniform(keys, stream("late.by")) * self.delay_ms).astype(np.int64)
        return columns.altered(sent_at=columns.sent_at + np.where(late, delay, 0))
