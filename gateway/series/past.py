"""A simulated past: readings that no journal ever held, written to the store as columns.

A reading is known by its journal's offset and its index in the message. These have no journal, so
their offsets are negative: counted down from 0 over all that was ever written so, each piece below
the pieces before it, and rising within a piece in the order in which its messages were sent. So
they collide with nothing that was or will be journalled, stand before it where times are equal, and
say of themselves what they are.

A home has one past. Which of its days were written, and by what, stands in the store itself and is
committed with the rows: a day is there whole or not at all, and once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from devices.errors import Refused
from gateway.series import duckdb_sql as sql
from gateway.series.store import Ints

if TYPE_CHECKING:
    from gateway.series.duckdb import DuckDBStore  # who makes a past needs no database

Mask = npt.NDArray[np.bool_]

COLUMNS = (
    "message", "index", "owner", "word", "x", "at", "measured_at", "received_at", "quality",
)  # fmt: skip
NARROW = frozenset({"message", "index", "owner", "word", "quality"})  # int32 is enough
MISSING = -1  # of a device that does not say when it measured

_OPERATION = "write a simulated past"
_DAYS = "SELECT home, day, maker FROM past WHERE site = ?"
_LOWEST = "SELECT coalesce(min(first_offset), 0) FROM past"
_JOURNALLED = """
SELECT home, min("at") FROM reading
WHERE "offset" > 0 AND site = ? AND "at" >= ? AND "at" < ? AND home IN (SELECT unnest(?))
GROUP BY home ORDER BY home
"""
_ROWS = """
INSERT INTO reading
SELECT ? + r.message, r.index, o.site, o.home, o.device, o.resident, o.place, w.signal, r.x, r."at",
    nullif(r.measured_at, -1), r.received_at, r.quality, w.value, w.unit
FROM past_rows r JOIN past_owners o ON o.number = r.owner JOIN past_words w ON w.number = r.word
"""
_WRITTEN = "INSERT INTO past SELECT site, home, day, maker, ? FROM past_days"
_EXPORT = f"""
SELECT {sql.COLUMNS} FROM reading WHERE "offset" < 0 AND site IN (SELECT site FROM wanted)
ORDER BY home, "at", "offset", index
"""  # noqa: S608  # no value in it
_REMOVE = 'DELETE FROM reading WHERE "offset" < 0 AND site = ?'


class Owner(NamedTuple):
    """Whose readings are, as the registry says of their time."""

    site: str
    home: str
    device: str
    resident: str | None
    place: str | None


class Word(NamedTuple):
    """What was measured, and the number or word that the device sent for it."""

    signal: str
    value: str
    unit: str | None


class Day(NamedTuple):
    """One day of one home."""

    site: str
    home: str
    day: int  # days since 1970 of the date on which it begins
    maker: str  # what made it: the same command makes the same


@dataclass(frozen=True, slots=True)
class Past:
    """All readings of some whole days of some homes, in order of home and sending."""

    message: Ints  # its number: from 0 on, never falling
    index: Ints  # within the message
    owner: Ints  # position in `owners`
    word: Ints  # position in `words`
    x: Ints
    at: Ints
    measured_at: Ints  # MISSING where the device does not say
    received_at: Ints
    quality: Ints
    owners: Sequence[Owner]
    words: Sequence[Word]
    days: Sequence[Day]

    def __len__(self) -> int:
        return len(self.at)

    def where(self, mask: Mask) -> "Past":
        """The readings that the mask keeps."""
        return replace(self, **{name: getattr(self, name)[mask] for name in COLUMNS})


def days_of(store: "DuckDBStore", site: str) -> Mapping[tuple[str, int], str]:
    """Which days of which homes are written, and by what."""
    with store.transaction("read the simulated past") as cursor:
        return {(home, day): maker for home, day, maker in cursor.execute(_DAYS, [site]).fetchall()}


def journalled(
    store: "DuckDBStore", site: str, homes: Iterable[str], start: int, end: int
) -> Mapping[str, int]:
    """Homes of which the store holds readings of that time from the journal, and the first's."""
    with store.transaction("read the simulated past") as cursor:
        found = cursor.execute(_JOURNALLED, [site, start, end, list(homes)]).fetchall()
    return dict(found)


def write(store: "DuckDBStore", past: Past) -> None:
    """All of it and its days, in one transaction. Raises Refused for a day that is there."""
    with store.transaction(_OPERATION) as cursor:
        for site in {day.site for day in past.days}:
            known = {(h, d) for h, d, _ in cursor.execute(_DAYS, [site]).fetchall()}
            for one in past.days:
                if one.site == site and (one.home, one.day) in known:
                    where = f"{site}/{one.home}"
                    problem = f"day {one.day} is written already"
                    raise Refused(_OPERATION, where, problem, "Somebody else writes: wait for them")
        ((lowest,),) = cursor.execute(_LOWEST).fetchall()
        messages = int(past.message[-1]) + 1 if len(past) else 0
        first = lowest - max(1, messages)
        tables = {
            "past_rows": _rows(past),
            "past_owners": _numbered(past.owners, Owner._fields),
            "past_words": _numbered(past.words, Word._fields),
            "past_days": _days(past.days),
        }
        for name, table in tables.items():
            cursor.register(name, table)
        if len(past):
            cursor.execute(_ROWS, [first])
        cursor.execute(_WRITTEN, [first])
        for name in tables:
            cursor.unregister(name)


def remove(store: "DuckDBStore", site: str) -> int:
    """A site's simulated past, as if it had never been written; how many readings it was."""
    with store.transaction("remove a simulated past") as cursor:
        ((count,),) = cursor.execute(_REMOVE, [site]).fetchall()
        cursor.execute("DELETE FROM past WHERE site = ?", [site])
    return int(count)


def export(store: "DuckDBStore", site: str, file: Path) -> int:
    """A site's simulated past as a Parquet file; how many readings. Raises Failed."""
    with store.transaction("export a simulated past") as cursor:
        cursor.register("wanted", {"site": np.array([site], object)})  # COPY binds no values
        try:
            ((count,),) = cursor.execute(
                f"COPY ({_EXPORT}) TO {sql.quoted(file)} (FORMAT parquet)"
            ).fetchall()
        finally:
            cursor.unregister("wanted")
    return int(count)


def _rows(past: Past) -> dict[str, Any]:
    return {
        name: getattr(past, name).astype(np.int32 if name in NARROW else np.int64, copy=False)
        for name in COLUMNS
    }


def _numbered(rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> dict[str, Any]:
    table = {name: np.array([row[i] for row in rows], object) for i, name in enumerate(names)}
    return {"number": np.arange(len(rows), dtype=np.int32), **table}


def _days(days: Sequence[Day]) -> dict[str, Any]:
    return {
        "site": np.array([one.site for one in days], object),
        "home": np.array([one.home for one in days], object),
        "day": np.array([one.day for one in days], np.int64),
        "maker": np.array([one.maker for one in days], object),
    }
