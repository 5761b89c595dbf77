"""The recent readings of one signal at one place, as far back as evidence may name them."""

from bisect import bisect_right
from dataclasses import dataclass, field

from rules.operators.machine import NEVER

MOST = 4096  # readings kept, at most: a flooding sensor does not eat the memory
OFTEN = 16  # appended between two prunings

BEYOND = 1 << 62  # no value is as great

Row = tuple[int, int, int]  # at, x, order


@dataclass(slots=True)
class Log:
    """Grows by appending; pruned now and then, and always before it is stored."""

    signal: str
    place: str | None
    span: int = 0  # ms
    rows: list[Row] = field(default_factory=list)
    since: int = NEVER  # evidence may be asked for again as of then, if that is earlier than now

    def prune(self, t: int) -> None:
        """Keeps what lies within the span, and the one reading before it that still stands."""
        rows = self.rows
        start = first_standing(rows, min(t, self.since) - self.span)
        del rows[: max(start, len(rows) - MOST)]


def first_standing(rows: list[Row], t: int) -> int:
    """Index of the last row at or before t; 0 if there is none."""
    return max(bisect_right(rows, (t, BEYOND, 0)) - 1, 0)
