"""A resident's latest values with their ages, and a week of each as a chart."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from api.pages import chart
from api.pages.sentences import number_and_unit, signal_name
from api.pages.strips import local_days
from api.pages.words import Words
from devices.reading import Quality
from devices.signals import CATALOGUE, Kind, Signal
from gateway.access import Viewer
from gateway.registry.entries import ResidentEntry
from gateway.series.store import Bucket, LatestRow, Query
from gateway.texts import catalogue, format_decimal, format_unit

WEEK_BUCKETS = 7 * 12  # two hours each
MOST_CHARTS = 8
HIDDEN = frozenset({"coverage", "tick", "link_quality", "battery"})  # of devices, not of people
DOUBTFUL = Quality.UNTIMED | Quality.SKEWED | Quality.FUTURE | Quality.IMPLAUSIBLE


@dataclass(frozen=True, slots=True)
class Latest:
    """One value with its age."""

    signal: str
    name: str
    value: str
    unit: str
    at: int
    event: bool
    old: bool  # past the signal's max_age: the value is not known now
    doubt: str


def latest(gateway: Any, viewer: Viewer, person: ResidentEntry, at: int) -> list[Latest]:
    """The newest of each signal and place, in the catalogue's order."""
    order = {name: rank for rank, name in enumerate(CATALOGUE)}
    rows = [row for row in _rows(gateway, viewer, person, at) if row.signal not in HIDDEN]
    newest: dict[tuple[str, str | None], LatestRow] = {}
    for row in sorted(rows, key=lambda row: row.at):
        placed = CATALOGUE[row.signal].subject == "home" and row.signal != "motion"
        newest[row.signal, row.place if placed else None] = row
    ordered = sorted(newest.values(), key=lambda row: (order[row.signal], row.place or ""))
    return [_latest(row, viewer.language, at) for row in ordered]


def _latest(row: LatestRow, language: str, at: int) -> Latest:
    entry = CATALOGUE[row.signal]
    value, unit = number_and_unit(row.signal, row.x, language)
    if entry.kind is Kind.EVENT:  # that it happened is all it says: its age is its value
        value, unit = Words(language).age(row.at, at), ""
    doubts = [] if not row.quality & DOUBTFUL else [catalogue(language).gettext("doubtful")]
    return Latest(
        signal=row.signal,
        name=signal_name(row.signal, row.place if entry.subject == "home" else None, language),
        value=value,
        unit=unit,
        at=row.at,
        event=entry.kind is Kind.EVENT,
        old=entry.kind is not Kind.EVENT and at - row.at > entry.max_age_ms,
        doubt=", ".join(doubts),
    )


def _rows(gateway: Any, viewer: Viewer, person: ResidentEntry, at: int) -> list[LatestRow]:
    """Their own, and their home's where they live alone."""
    rows: list[LatestRow] = gateway.reading_room.latest(viewer, person.site, resident=person.id)
    home_id = person.home(at)
    home = gateway.registry.directory.home(person.site, home_id) if home_id else None
    if home is not None and home.sole_occupant(at) == person.id:
        of_home = gateway.reading_room.latest(viewer, person.site, home=home.id)
        rows += [row for row in of_home if row.resident is None]
    return rows


def week(
    gateway: Any, viewer: Viewer, person: ResidentEntry, at: int, zone: str
) -> list[chart.Chart]:
    """Every measurement of the resident that has values in the last seven local days."""
    days = local_days(at, zone)
    start, end = days[0][0], days[-1][1]
    recent = {row.signal for row in _rows(gateway, viewer, person, at) if row.at >= start}
    measured = [
        name
        for name, entry in CATALOGUE.items()
        if entry.kind is Kind.MEASUREMENT and entry.subject == "resident" and name in recent
    ]
    words = Words(viewer.language)
    drawn = []
    for name in measured[:MOST_CHARTS]:
        query = Query(
            person.site,
            resident=person.id,
            signals=(name,),
            start=start,
            end=min(end, at + 1),
            without=int(Quality.IMPLAUSIBLE),
        )
        width = (end - start) // WEEK_BUCKETS
        buckets = gateway.reading_room.buckets(viewer, query, width)
        if buckets:
            drawn.append(_week_chart(name, buckets, days, words, viewer.language, person.id, zone))
    return drawn


def _week_chart(
    name: str,
    buckets: list[Bucket],
    days: list[tuple[int, int]],
    words: Words,
    language: str,
    resident: str,
    zone: str,
) -> chart.Chart:
    entry = CATALOGUE[name]
    start, end = days[0][0], days[-1][1]
    found = points(entry, buckets)
    show = shower(entry, language)
    return chart.draw(
        key=name,
        title=signal_name(name, None, language),
        unit=format_unit(entry.unit, language),
        caption=summary(found, show, words),
        points=found,
        start=start,
        end=end,
        step=entry.resolution,
        show=show,
        xs=[words.weekday(begin, zone) for begin, _ in days],
        days=True,
        gap=(end - start) // WEEK_BUCKETS * 18,
        source=source(resident, name, start, end, 500),
    )


def points(entry: Signal, buckets: list[Bucket]) -> list[chart.Point]:
    """Counts as decimals, the mean at one digit more than the signal has."""
    digit = Decimal(1).scaleb(-entry.decimals - 1)
    return [
        chart.Point(
            at=bucket.start,
            low=bucket.low * entry.resolution,
            high=bucket.high * entry.resolution,
            mean=(Decimal(str(bucket.mean)) * entry.resolution).quantize(digit),
            count=bucket.count,
        )
        for bucket in buckets
    ]


def shower(entry: Signal, language: str) -> chart.Show:
    """How this reader writes numbers of the signal."""
    return chart.Show(
        lambda value, decimals: format_decimal(value, language, decimals), entry.decimals
    )


def summary(found: list[chart.Point], show: chart.Show, words: Words) -> str:
    """The sentence of a chart."""
    count = sum(point.count for point in found)
    mean = sum((point.mean * point.count for point in found), Decimal(0)) / max(1, count)
    low, high = min(point.low for point in found), max(point.high for point in found)
    return words.chart_summary(count, show(low), show(high), show(mean))


def source(resident: str, signal: str, start: int, end: int, buckets: int) -> str:
    """Where explore.js fetches more of it."""
    query = urlencode({"signal": signal, "start": start, "end": end, "buckets": buckets})
    return f"/api/v1/residents/{resident}/readings?{query}"
