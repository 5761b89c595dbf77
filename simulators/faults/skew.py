"""A device clock that is wrong: fast, slow, or fallen back to 1970."""

from dataclasses import dataclass

import numpy as np

from devices.errors import Refused
from simulators.columns import UNTIMED, Columns
from simulators.faults.fault import Target


@dataclass(frozen=True, slots=True)
class Skew:
    """The device's time is `by_ms` off (negative: slow), or counts from 1970 after a reset."""

    target: Target
    by_ms: int = 0
    reset: bool = False

    def __post_init__(self) -> None:
        if (self.by_ms != 0) == self.reset:
            raise Refused(
                "lay a fault", "skew", "by_ms and reset exclude each other", "Give one of them"
            )

    def lay(self, columns: Columns, seed: int) -> Columns:
        """Only what the device says of the time; it is sent when it was."""
        del seed
        hit = self.target.rows(columns) & (columns.at != UNTIMED)
        wrong = columns.at - self.target.start if self.reset else columns.at + self.by_ms
        return columns.altered(at=np.where(hit, wrong, columns.at))
