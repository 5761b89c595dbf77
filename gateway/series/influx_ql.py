"""InfluxQL, the one read that InfluxDB 1.8, 2.7 and 3 Core share, and what it answers.

Values are bound as parameters; only names that stand in this file are part of a text.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from devices.errors import Failed
from gateway.series.influx_lines import LAST_MS, MEASUREMENT, NOBODY, SPARE
from gateway.series.store import Bucket, Columns, Ints, LatestRow, Query, Stay, Texts

COLUMNS = ("x", "offset", "index", "quality", "signal", "place", "device", "home", "resident")
SELECT = ", ".join(f'"{name}"' for name in COLUMNS)

_OWN = f"\"resident\" = '{NOBODY}'"

Statement = tuple[str, dict[str, Any]]  # text with $names, and their values


def _where(query: Query) -> Statement:
    values: dict[str, Any] = {"site": query.site}
    parts = ['"site" = $site', _between(query.start, query.end)]
    for name in ("home", "resident", "place", "device"):
        value = getattr(query, name)
        if value is not None:
            parts.append(f'"{name}" = ${name}')
            values[name] = value
    if query.signals:
        names = {f"signal{n}": signal for n, signal in enumerate(query.signals)}
        parts.append("(" + " OR ".join(f'"signal" = ${name}' for name in names) + ")")
        values |= names
    if query.own:
        parts.append(_OWN)
    if query.without:
        parts.append(f'"quality" !~ /^({_qualities(query.without)})$/')
    if query.before_offset is not None:
        parts.append('"offset" < $before')
        values["before"] = query.before_offset
    return " AND ".join(parts), values


def _between(start: int, end: int) -> str:
    return f"time >= {max(start, 0)}ms AND time < {max(min(end, LAST_MS), 0)}ms"


def _qualities(bits: int) -> str:
    """Every quality, as a tag says it, that has one of the bits."""
    return "|".join(str(quality) for quality in range(1, 256) if quality & bits)


def select(query: Query) -> Statement:
    """Readings in order of nanoseconds."""
    where, values = _where(query)
    text = f'SELECT {SELECT} FROM "{MEASUREMENT}" WHERE {where}'  # noqa: S608  # no value in it
    if query.limit is not None:
        text += f" LIMIT {query.limit}"
    return text, values


def bucketed(query: Query, width_ms: int) -> Statement:
    """Down-sampled, buckets aligned to the query's start."""
    where, values = _where(query)
    text = (
        f'SELECT min("x"), max("x"), mean("x"), count("x") FROM "{MEASUREMENT}" WHERE {where}'  # noqa: S608  # no value in it
        f" GROUP BY time({width_ms}ms, {query.start % width_ms}ms) fill(none)"
    )
    return text, values


def newest(query: Query) -> Statement:
    """The last point of each set of tags; `latest_rows` takes the newest of each signal."""
    where, values = _where(query)
    text = (
        f'SELECT last("x") AS "x", "offset", "index" FROM "{MEASUREMENT}"'  # noqa: S608  # no value in it
        f" WHERE {where} GROUP BY *"
    )
    return text, values


def counts(site: str | None, start: int, end: int) -> Statement:
    """How many by signal."""
    here = '"site" = $site AND ' if site else ""
    text = (
        f'SELECT count("x") FROM "{MEASUREMENT}" WHERE {here}{_between(start, end)}'  # noqa: S608  # no value in it
        ' GROUP BY "signal"'
    )
    return text, {"site": site} if site else {}


def gone(resident: str, start: int, end: int, stays: tuple[Stay, ...]) -> list[Statement]:
    """Conditions of what an erasure removes, one for each DELETE."""
    parts: list[Statement] = [
        (f'"resident" = $resident AND {_between(start, end)}', {"resident": resident})
    ]
    for stay in stays:
        place = f'"site" = $site AND "home" = $home AND {_OWN}'
        values = {"site": stay.site, "home": stay.home}
        parts.append((f"{place} AND {_between(stay.start, stay.end)}", values))
    return parts


def count_of(where: str) -> str:
    return f'SELECT count("x") FROM "{MEASUREMENT}" WHERE {where}'  # noqa: S608  # no value in it


def delete_of(where: str) -> str:
    return f'DELETE FROM "{MEASUREMENT}" WHERE {where}'  # noqa: S608  # no value in it


class Series(msgspec.Struct):
    """One series of an answer; a chunked answer brings a long one in parts."""

    columns: list[str] = []
    values: list[list[Any]] = []
    tags: dict[str, str] = {}


class _Result(msgspec.Struct):
    series: list[Series] = []
    error: str | None = None


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


def parse(body: bytes) -> Iterator[Series]:
    """Every series of an answer, chunked or whole. Raises Failed."""
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            answer = _ANSWER.decode(line)
        except msgspec.DecodeError as error:
            raise Failed("read InfluxDB", "answer", str(error), "Is it InfluxDB's /query?") from (
                error
            )
        for result in answer.results:
            if result.error or answer.error:
                break
            yield from result.series
        error_text = answer.error or next((r.error for r in answer.results if r.error), None)
        if error_text:
            raise Failed("read InfluxDB", "query", error_text, "See docs/operators")


def rows(found: Iterator[Series]) -> list[list[Any]]:
    """The rows of `select`: [ns, x, offset, index, quality, …]."""
    return [row for series in found for row in series.values]


def to_columns(found: list[list[Any]], limit: int | None) -> Columns:
    """In order of (at, offset, index)."""
    found.sort(key=lambda row: (row[0] // SPARE, row[2], row[3]))
    if limit is not None:
        del found[limit:]
    parts = list(zip(*found, strict=True)) if found else [()] * (1 + len(COLUMNS))

    def ints(values: Any) -> Ints:
        return np.array([int(value or 0) for value in values], dtype=np.int64)

    def texts(values: Any) -> Texts:
        return np.array(values, dtype=object)

    named = dict(zip(COLUMNS, parts[1:], strict=True))
    return Columns(
        at=np.array([ns // SPARE for ns in parts[0]], dtype=np.int64),
        x=ints(named["x"]),
        offset=ints(named["offset"]),
        index=ints(named["index"]),
        quality=ints(named["quality"]),
        signal=texts(named["signal"]),
        place=texts(named["place"]),
        device=texts(named["device"]),
        home=texts(named["home"]),
        resident=texts([None if who == NOBODY else who for who in named["resident"]]),
    )


def to_buckets(found: Iterator[Series]) -> list[Bucket]:
    """Empty buckets are not there."""
    return [
        Bucket(ns // SPARE, int(low), int(high), float(mean), int(count))
        for ns, low, high, mean, count in rows(found)
        if count
    ]


def to_latest(found: Iterator[Series]) -> list[LatestRow]:
    """The newest of each home, device and signal; ties by journal offset."""
    best: dict[tuple[str, str, str], tuple[tuple[int, int, int], LatestRow]] = {}
    for series in found:
        tags = series.tags
        key = (tags["home"], tags["device"], tags["signal"])
        for ns, x, offset, index in series.values:
            rank = (ns // SPARE, int(offset), int(index))
            if key in best and best[key][0] >= rank:
                continue
            best[key] = (
                rank,
                LatestRow(
                    home=key[0],
                    resident=None if tags["resident"] == NOBODY else tags["resident"],
                    device=key[1],
                    place=tags.get("place") or None,
                    signal=key[2],
                    at=rank[0],
                    x=int(x),
                    quality=int(tags.get("quality") or 0),
                    offset=rank[1],
                ),
            )
    return [best[key][1] for key in sorted(best)]
