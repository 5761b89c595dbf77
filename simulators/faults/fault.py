"""What all faults share: where and when they act."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from devices.errors import Refused
from simulators.columns import Columns, Mask
from simulators.randomness import Keys, joined


@dataclass(frozen=True, slots=True)
class Target:
    """Devices of one home in [start, end) ms UTC, by the time of measuring."""

    home: int  # index into the homes whose columns these are
    start: int
    end: int
    devices: tuple[int, ...] = ()  # indices into the home's devices; empty: all

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise Refused(
                "lay a fault",
                f"home {self.home}",
                "it ends before it begins",
                "Give an end after the start",
            )

    def rows(self, columns: Columns) -> Mask:
        """The rows that the fault may touch."""
        mask: Mask = (
            (columns.home == self.home) & (columns.at >= self.start) & (columns.at < self.end)
        )
        if self.devices:
            mask &= np.isin(columns.device, self.devices)
        return mask

    def keys(self, columns: Columns, seed: int) -> Keys:
        """A key for each row, by what the row is."""
        base = np.full(len(columns), seed, np.uint64)
        who = columns.device * 1024 + columns.signal
        return joined(joined(base, columns.at), who)


class Fault(Protocol):
    """A thing that goes wrong."""

    def lay(self, columns: Columns, seed: int) -> Columns:
        """The columns with the fault in them, in no promised order."""
        ...


def laid(columns: Columns, faults: Iterable[Fault], seed: int) -> Columns:
    """Several faults, one over the other, then ordered by sending."""
    for number, fault in enumerate(faults):
        columns = fault.lay(columns, seed + number)
    return columns.ordered()


def share(value: float, what: str) -> float:
    """A share between 0 and 1, or Refused."""
    if not 0 <= value <= 1:
        raise Refused("lay a fault", what, f"{value} is no share", "Give a number from 0 to 1")
    return value
