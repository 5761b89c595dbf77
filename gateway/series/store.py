"""What a series store is: a projection of the journal that answers questions about readings.

A store keeps its own offset and moves it together with what it writes, so that feeding it anything
twice changes nothing. One contract suite (`tests/series/contract.py`) holds for every store.
Stores know opaque ids only, never a name, and never who asks: `reading_room.py` is the door.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from devices.errors import Refused
from devices.reading import Reading

FOREVER = 1 << 53  # ms; later than any reading

Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]  # of str, or None where there is none


@dataclass(frozen=True, slots=True)
class Query:
    """Which readings: all conditions hold at once. Times are `at`, start <= at < end."""

    site: str
    home: str | None = None
    resident: str | None = None
    signals: tuple[str, ...] = ()  # empty: all
    place: str | None = None
    device: str | None = None
    start: int = 0
    end: int = FOREVER
    limit: int | None = None  # the first so many, in order of (at, offset, index)
    without: int = 0  # Quality bits of readings to leave out
    own: bool = False  # only what belongs to the home itself, not to a resident
    before_offset: int | None = None  # only what the journal held before: a moment of the past

    def __post_init__(self) -> None:
        if self.end < self.start or (self.limit is not None and self.limit < 0):
            raise Refused(
                "query readings",
                self.site,
                f"from {self.start} to {self.end}, at most {self.limit}: that is no interval",
                "Ask from an earlier to a later time",
            )


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings as columns, in order of (at, offset, index)."""

    at: Ints
    x: Ints
    offset: Ints
    index: Ints
    quality: Ints
    signal: Texts
    place: Texts
    device: Texts
    home: Texts
    resident: Texts

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Down-sampled: low and high are counts that really occurred, so no peak is hidden."""

    start: int
    low: int
    high: int
    mean: float
    count: int


@dataclass(frozen=True, slots=True)
class LatestRow:
    """The newest reading of one signal of one device; ties by journal offset."""

    home: str
    resident: str | None
    device: str
    place: str | None
    signal: str
    at: int
    x: int
    quality: int
    offset: int


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the store answers, for people and probes."""

    ok: bool
    detail: str  # what it says of itself; where not ok, what to do
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """A home over a time: whose own readings are erased with a resident who lived there alone."""

    site: str
    home: str
    start: int
    end: int


class Store(Protocol):
    """All methods may be called from any thread. Failed: not now (the projector tries again)."""

    @property
    def name(self) -> str:
        """Which store it is, for health and messages."""
        ...

    def offset(self) -> int:
        """Journal offset up to which everything is stored; 0 at first."""
        ...

    def write(self, readings: Sequence[Reading], offset: int) -> None:
        """Store all of the journal up to `offset`; readings at or below the stored one are skipped.

        Durable on return, together with the offset or in a way that repeating changes nothing.
        """
        ...

    def read(self, query: Query) -> Columns: ...

    def buckets(self, query: Query, width_ms: int) -> list[Bucket]:
        """Down-sampled from query.start on, empty buckets left out, limit not applied."""
        ...

    def latest(self, query: Query) -> list[LatestRow]:
        """The newest of each home, device and signal among what the query finds; no limit."""
        ...

    def counts(
        self, site: str | None = None, *, start: int = 0, end: int = FOREVER
    ) -> dict[str, int]:
        """How many readings by signal."""
        ...

    def erase(
        self, resident: str, start: int = 0, end: int = FOREVER, stays: Sequence[Stay] = ()
    ) -> int:
        """Remove a resident's readings, and those of `stays`, bytes and all; how many they were."""
        ...

    def seal(self, site: str, start: int, end: int, path: Path) -> str:
        """Write a sealed snapshot (`sealed.py`), homes in order; its sha256 in hex."""
        ...

    def health(self) -> Health: ...

    def close(self) -> None: ...


def check_width(width_ms: int) -> None:
    """Raises Refused for a bucket without width."""
    if width_ms < 1:
        raise Refused(
            "down-sample readings", f"{width_ms} ms", "a bucket has no width", "Use 1 ms or more"
        )
