"""Messages that are sent twice: a lost acknowledgement, a nervous mesh."""

from dataclasses import dataclass

import numpy as np

from simulators.columns import Columns, together
from simulators.faults.fault import Target, share
from simulators.randomness import stream, uniform


@dataclass(frozen=True, slots=True)
class Duplicates:
    """A share of the messages comes again, byte for byte, up to `within_ms` later."""

    target: Target
    share: float
    within_ms: int = 20_000

    def __post_init__(self) -> None:
        share(self.share, "duplicates")

    def lay(self, columns: Columns, seed: int) -> Columns:
        """Rows of one message are repeated together."""
        hit = self.target.rows(columns)
        plain = columns.altered(signal=np.zeros_like(columns.signal))
        keys = self.target.keys(plain, seed)
        again = columns.where(hit & (uniform(keys, stream("again")) < self.share))
        later = uniform(
            self.target.keys(again.altered(signal=np.zeros_like(again.signal)), seed),
            stream("again.later"),
        )
        delay = 1 + (later * self.within_ms).astype(np.int64)
        return together([columns, again.altered(sent_at=again.sent_at + delay)])
