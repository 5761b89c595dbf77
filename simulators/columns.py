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
_LONG_AGO = 1 << 42  # ms; earlier than any clock says, a reset to 1970 included


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
        return self.taken(self.order())

    def order(self) -> Ints:
        """The rows' numbers in that order."""
        # at - sent_at sorts within one sent_at as `at` does, and is mostly 0: nothing to pack
        lag = np.maximum(self.at, self.sent_at - _LONG_AGO) - self.sent_at
        return sorted_by(
            (self.sent_at, self.home, self.device, self.message, lag, self.signal, self.x)
        )

    def taken(self, rows: Ints) -> "Columns":
        """These rows, in this order."""
        return Columns(*(getattr(self, name).take(rows) for name in NAMES))

    def altered(self, **columns: Ints) -> "Columns":
        """The same rows with other values in some columns."""
        return replace(self, **columns)


NAMES = tuple(field.name for field in fields(Columns))


def sorted_by(columns: Sequence[Ints]) -> Ints:
    """Numbers of rows in order of the first column, ties by the next, and so on.

    What `np.lexsort` gives, in a quarter of its time: all columns that together need no more than
    63 bits are packed into one number and sorted as such; only what is still tied is sorted again.
    """
    if not len(columns[0]):
        return np.empty(0, np.int64)
    packed, used = _packed(columns)
    if not used:
        return np.lexsort(columns[::-1])
    order = np.argsort(packed)
    if used == len(columns):
        return order
    packed = packed[order]
    same = packed[1:] == packed[:-1]
    if same.any():
        tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
        mine = order[tied]
        rest = [column[mine] for column in reversed(columns[used:])]
        order[tied] = mine[np.lexsort((*rest, packed[tied]))]
    return order


def _packed(columns: Sequence[Ints]) -> tuple[Ints, int]:
    """As many of the first columns as fit into one number, and how many these are."""
    packed, free = np.zeros(len(columns[0]), np.int64), 63
    for number, column in enumerate(columns):
        low = int(column.min())
        bits = (int(column.max()) - low).bit_length()
        if bits > free:
            return packed, number
        free -= bits
        packed <<= bits
        packed |= column - low
    return packed, len(columns)


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
