"""The recent readings of one signal at one place, as far back as evidence may name them.

Three numbers a reading, side by side in one array: a seventh of the memory that tuples of Python's
numbers take, and near the processor.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from rules.operators.machine import NEVER

MOST = 4096  # readings kept, at most: a flooding sensor does not eat the memory
OFTEN = 16  # readings between two prunings
WIDE = 3  # numbers of one reading: at, x, order

Row = tuple[int, int, int]  # at, x, order


def _nothing() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class Log:
    """Grows at its end; pruned now and then, and always before it is stored."""

    signal: str
    place: str | None
    span: int = 0  # ms
    numbers: "array[int]" = field(default_factory=_nothing)
    since: int = NEVER  # evidence may be asked for again as of then, if that is earlier than now

    @classmethod
    def of(cls, signal: str, place: str | None, span: int, rows: Iterable[Row]) -> "Log":
        """With these readings, in order."""
        return cls(signal, place, span, array("q", [number for row in rows for number in row]))

    def __len__(self) -> int:
        return len(self.numbers) // WIDE

    def rows(self, low: int = 0, high: int | None = None) -> list[Row]:
        """Readings number `low` up to `high`."""
        part = self.numbers[WIDE * low : None if high is None else WIDE * high]
        return list(zip(part[0::WIDE], part[1::WIDE], part[2::WIDE], strict=True))

    def until(self, t: int) -> int:
        """How many readings were made at or before t."""
        numbers = self.numbers
        return bisect_right(range(len(self)), t, key=lambda row: numbers[WIDE * row])

    def standing(self, t: int) -> int:
        """Number of the last reading at or before t; 0 if there is none."""
        return max(self.until(t) - 1, 0)

    def prune(self, t: int) -> None:
        """Keeps what lies within the span, and the one reading before it that still stands."""
        start = self.standing(min(t, self.since) - self.span)
        del self.numbers[: WIDE * max(start, len(self) - MOST)]

    def put_before(self, other: "Log", to: int) -> None:
        """What `other` remembers up to `to` comes before what is here."""
        self.numbers[:0] = other.numbers[: WIDE * other.until(to)]
