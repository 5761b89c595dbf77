"""The SQL of the DuckDB store, and its columns on the way in and out.

"offset" and "at" are words of SQL, hence the quotes. Values are always bound, never in the text.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from devices.reading import Reading
from gateway.series.sealed import IGNORED, ORDER_BITS
from gateway.series.store import Columns, Ints, Query, Stay, Texts

CREATE_IN = """
CREATE TABLE IF NOT EXISTS {schema}reading (
    "offset" BIGINT NOT NULL,
    index INTEGER NOT NULL,
    site VARCHAR NOT NULL,
    home VARCHAR NOT NULL,
    device VARCHAR NOT NULL,
    resident VARCHAR,
    place VARCHAR,
    signal VARCHAR NOT NULL,
    x BIGINT NOT NULL,
    "at" BIGINT NOT NULL,
    measured_at BIGINT,
    received_at BIGINT NOT NULL,
    quality INTEGER NOT NULL,
    value VARCHAR NOT NULL,
    unit VARCHAR
);
CREATE TABLE IF NOT EXISTS {schema}projection ("offset" BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS {schema}past (
    site VARCHAR NOT NULL,
    home VARCHAR NOT NULL,
    day BIGINT NOT NULL,
    maker VARCHAR NOT NULL,
    first_offset BIGINT NOT NULL
);
"""
CREATE = (
    CREATE_IN.format(schema="")
    + "INSERT INTO projection SELECT 0 WHERE NOT EXISTS (FROM projection);"
)
CREATE_REWRITTEN = CREATE_IN.format(schema="rewritten.")
KEEP_REST = """
INSERT INTO rewritten.projection SELECT * FROM projection;
INSERT INTO rewritten.past SELECT * FROM past;
"""
OFFSET = 'SELECT "offset" FROM projection'
MOVE = 'UPDATE projection SET "offset" = ?'
COLUMNS = (
    '"offset", index, site, home, device, resident, place, signal, x, "at", measured_at,'
    " received_at, quality, value, unit"
)
INSERT = f"INSERT INTO reading SELECT {COLUMNS} FROM batch"  # noqa: S608  # no value in it
COUNTS = """
SELECT signal, count(*) FROM reading
WHERE (?::VARCHAR IS NULL OR site = ?) AND "at" >= ? AND "at" < ?
GROUP BY signal ORDER BY signal
"""

NEWEST = """
SELECT site, r."at", r."offset", r.index, home, resident, device, r.place, signal, r."at", r.x,
    r.quality, r."offset"
FROM (
    SELECT site, home, device, signal, resident, max(
        struct_pack("at" := "at", "offset" := "offset", index := index, x := x, place := place,
            quality := quality)
    ) AS r
    FROM reading GROUP BY site, home, device, signal, resident
)
"""  # structs compare by their first fields: the newest, then the journal's order

# Numbers travel to numpy at 20 M rows/s, texts at 2 M: rows bring a hash of their texts along.
_CODE = f"hash(home, signal, place, resident, quality & {IGNORED} <> 0, device)"

_NOTHING = -1  # of a missing measured_at inside an int64 column on its way in


def batch(readings: Sequence[Reading]) -> dict[str, Any]:
    """Readings as numpy columns, which DuckDB scans in place.

    Measured for 2,000 rows, durable: this 7 ms, the appender 10 ms, unnested lists 27 ms.
    """
    size = len(readings)

    def ints(values: list[int], kind: type = np.int64) -> Any:
        return np.fromiter(values, dtype=kind, count=size)

    def texts(values: list[str | None]) -> Any:
        return np.array(values, dtype=object)

    measured = [r.measured_at for r in readings]
    missing = [at is None for at in measured]
    return {
        "offset": ints([r.offset for r in readings]),
        "index": ints([r.index for r in readings], np.int32),
        "site": texts([r.site for r in readings]),
        "home": texts([r.home for r in readings]),
        "device": texts([r.device for r in readings]),
        "resident": texts([r.resident for r in readings]),
        "place": texts([r.place for r in readings]),
        "signal": texts([r.signal for r in readings]),
        "x": ints([r.x for r in readings]),
        "at": ints([r.at for r in readings]),
        "measured_at": np.ma.masked_array(
            ints([_NOTHING if at is None else at for at in measured]), mask=missing
        ),
        "received_at": ints([r.received_at for r in readings]),
        "quality": ints([r.quality for r in readings], np.int32),
        "value": texts([r.value for r in readings]),
        "unit": texts([r.unit for r in readings]),
    }


def _where(query: Query) -> tuple[str, list[Any]]:
    parts, values = ['site = ? AND "at" >= ? AND "at" < ?'], [query.site, query.start, query.end]
    named: dict[str, Any] = {
        "home = ?": query.home,
        "resident = ?": query.resident,
        "place = ?": query.place,
        "device = ?": query.device,
        '"offset" < ?': query.before_offset,
    }
    for part, value in named.items():
        if value is not None:
            parts.append(part)
            values.append(value)
    if query.signals:
        parts.append(f"signal IN ({', '.join('?' * len(query.signals))})")
        values += query.signals
    if query.own:
        parts.append("resident IS NULL")
    if query.without:
        parts.append("quality & ? = 0")
        values.append(query.without)
    return " AND ".join(parts), values


def select(query: Query) -> tuple[str, list[Any]]:
    """Readings in order."""
    where, values = _where(query)
    text = (
        'SELECT "at", x, "offset", index, quality, signal, place, device, home, resident'  # noqa: S608  # no value in it
        f' FROM reading WHERE {where} ORDER BY "at", "offset", index'
    )
    if query.limit is not None:
        text += " LIMIT ?"
        values.append(query.limit)
    return text, values


def to_columns(found: dict[str, Any]) -> Columns:
    """DuckDB's arrays (masked where a value is missing) as ours."""

    def ints(name: str) -> Ints:
        return np.asarray(found[name], dtype=np.int64)

    def texts(name: str) -> Texts:
        array = found[name]
        if isinstance(array, np.ma.MaskedArray):
            plain = np.asarray(array.data, dtype=object).copy()
            plain[np.ma.getmaskarray(array)] = None
            return plain
        return np.asarray(array, dtype=object)

    return Columns(
        at=ints("at"),
        x=ints("x"),
        offset=ints("offset"),
        index=ints("index"),
        quality=ints("quality"),
        signal=texts("signal"),
        place=texts("place"),
        device=texts("device"),
        home=texts("home"),
        resident=texts("resident"),
    )


def bucketed(query: Query, width_ms: int) -> tuple[str, list[Any]]:
    """(start, low, high, mean, count) of each bucket that holds something."""
    where, values = _where(query)
    text = (
        'SELECT ? + ("at" - ?) // ? * ? AS start, min(x), max(x), avg(x), count(*)'  # noqa: S608  # no value in it
        f" FROM reading WHERE {where} GROUP BY start ORDER BY start"
    )
    return text, [query.start, query.start, width_ms, width_ms, *values]


def newest(query: Query) -> tuple[str, list[Any]]:
    """Rows of LatestRow."""
    where, values = _where(query)
    text = (
        'SELECT home, resident, device, place, signal, "at", x, quality, "offset"'  # noqa: S608  # no value in it
        f" FROM reading WHERE {where}"
        " QUALIFY row_number() OVER (PARTITION BY home, device, signal"
        ' ORDER BY "at" DESC, "offset" DESC, index DESC) = 1'
        " ORDER BY home, device, signal"
    )
    return text, values


def erasing(
    resident: str, start: int, end: int, stays: Sequence[Stay]
) -> tuple[str, str, list[Any]]:
    """(count of the rows to go, copy of the rows to keep, values of either)."""
    # never NULL, so that the negation keeps every other row
    parts = ['(resident IS NOT DISTINCT FROM ? AND "at" >= ? AND "at" < ?)']
    values: list[Any] = [resident, start, end]
    for stay in stays:
        parts.append('(resident IS NULL AND site = ? AND home = ? AND "at" >= ? AND "at" < ?)')
        values += [stay.site, stay.home, stay.start, stay.end]
    going = " OR ".join(parts)
    count = f"SELECT count(*) FROM reading WHERE {going}"  # noqa: S608  # no value in it
    keep = (
        f"INSERT INTO rewritten.reading SELECT {COLUMNS} FROM reading WHERE NOT ({going})"  # noqa: S608  # no value in it
        ' ORDER BY "offset", index'
    )
    return count, keep, values


def attach(path: Path) -> str:
    """Bound values are not allowed in a path."""
    return f"ATTACH {quoted(path)} AS rewritten"


def quoted(path: Path) -> str:
    """A path as SQL writes it."""
    return "'" + str(path).replace("'", "''") + "'"


def groups(site: str, start: int, end: int) -> tuple[str, list[Any]]:
    """(code, home, signal, place, resident, ignored, device, count) of all that is sealed."""
    where, values = _where(Query(site, start=start, end=end))
    text = (
        f"SELECT {_CODE}, home, signal, place, resident, quality & {IGNORED} <> 0, device, count(*)"  # noqa: S608  # no value in it
        f" FROM reading WHERE {where} GROUP BY ALL"
    )
    return text, values


def sealed(site: str, start: int, end: int, homes: Sequence[str]) -> tuple[str, list[Any]]:
    """The rows of some homes, each with the code of its group; in the order in which they lie."""
    where, values = _where(Query(site, start=start, end=end))
    text = (
        f'SELECT {_CODE} AS code, "at", x, "offset" * {1 << ORDER_BITS} + index AS "order", quality'  # noqa: S608  # no value in it
        f" FROM reading WHERE {where} AND home IN (SELECT unnest(?))"
    )
    return text, [*values, list(homes)]
