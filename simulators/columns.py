"""What homes say, as columns: one row a value.

The form in which everything is generated, disturbed by faults, staged by scenarios, and compared;
live actions and stored history are two readings of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from devices.signals import CATALOGUE, Signal

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

SIGNALS: tuple[Signal, ...] = tuple(s for s in CATALOGUE.values() if not s.by_gateway)
SIGNAL_INDEX = {signal.name: index for index, signal in enumerate(SIGNALS)}
UNTIMED = np.iinfo(np.int64).min  # a device without a clock


@dataclass(frozen=True, slots=True)
class Columns:
    """Equal-length int64 columns, in no promised order until `ordered`."""

    sent_at: Ints  # when it goes to the broker, ms UTC of the site's clock
    at: Ints  # when the device says it was measured; UNTIMED: it does not say
    home: Ints  # index into the caller's homes
    device: Ints  # index into that home's devices
    signal: Ints  # index into SIGNALS
    x: Ints  # counts of the signal's resolution
    message: Ints  # rows of one device sent at one instant with one number are one payload

    def __len__(self) -> int:
        return len(self.at)

    def where(self, mask: Mask) -> "Columns":
        """The rows that the mask keeps."""
        return Columns(*(getattr(self, name)[mask] for name in NAMES))

    def part(self, first: int, last: int) -> "Columns":
        """Rows first to last, last not included."""
        return Columns(*(getattr(self, name)[first:last] for name in NAMES))

    def ordered(self) -> "Columns":
        """In the order of sending; ties by home, device, message, signal: never by chance."""
        keys = (self.x, self.signal, self.at, self.message, self.device, self.home, self.sent_at)
        order = np.lexsort(keys)
        return Columns(*(getattr(self, name)[order] for name in NAMES))

    def altered(self, **columns: Ints) -> "Columns":
        """The same rows with other values in some columns."""
        return replace(self, **columns)


NAMES = tuple(field.name for field in fields(Columns))


def none() -> Columns:
    """No rows."""
    return Columns(*(np.empty(0, np.int64) for _ in NAMES))


def rows(
    at: Ints,
    device: Ints | int,
    signal: str | Ints,
    x: Ints | int,
    home: Ints | int = 0,
    message: Ints | int = 0,
    sent_at: Ints | None = None,
) -> Columns:
    """Columns from arrays and constants; sent when measured unless `sent_at` says otherwise."""
    size = len(at)

    def column(value: Ints | int) -> Ints:
        return np.broadcast_to(np.asarray(value, dtype=np.int64), size).copy()

    number = SIGNAL_INDEX[signal] if isinstance(signal, str) else signal
    return Columns(
        column(at if sent_at is None else sent_at),
        column(at),
        column(home),
        column(device),
        column(number),
        column(x),
        column(message),
    )


def together(parts: Sequence[Columns]) -> Columns:
    """All rows of all parts."""
    if not parts:
        return none()
    return Columns(*(np.concatenate([getattr(p, name) for p in parts]) for name in NAMES))
