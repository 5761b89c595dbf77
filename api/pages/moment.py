"""Charts around an alert's moment: what was measured before and after, what the rule saw."""

from typing import Any

from api.pages import chart, limits, strips
from api.pages.clocks import site_now
from api.pages.sentences import signal_name
from api.pages.trends import points, shower, source, summary
from api.pages.words import HOUR, MINUTE, Words
from devices.reading import Quality
from devices.signals import CATALOGUE, Kind
from gateway.access import Action, Viewer
from gateway.alerts.episodes import AlertDetail
from gateway.db import reading
from gateway.series.store import Query
from gateway.texts import format_unit

BUCKETS = 120
MOST = 2  # a page of at most 30 KB
LEAST_SPAN = 2 * HOUR
PARTED = 3
PARTS = tuple(n * MINUTE for n in (30, 60, 120, 240, 480, 720, 1440, 2880, 5760, 20160))


def charts(gateway: Any, viewer: Viewer, detail: AlertDetail) -> list[chart.Chart]:
    """One for each measurement the rule looked at; none where the viewer may see no readings."""
    row = detail.row
    if not viewer.sees_resident(row.site, row.resident_id, Action.SEE_READINGS):
        return []
    signals = [
        name
        for name in detail.signals
        if name in CATALOGUE and CATALOGUE[name].kind is Kind.MEASUREMENT
    ]
    if not signals or (row.resident_id is None and row.home is None):
        return []
    start, end = window(detail, site_now(gateway, row.site))
    with reading(gateway.engine) as conn:
        lines = limits.lines_for(
            conn, row.site, row.rule_name, row.resident_id, row.noticed_at, viewer.language
        )
    drawn = [
        _chart(gateway, viewer, detail, name, start, end, lines.get(name, []))
        for name in signals[:MOST]
    ]
    return [one for one in drawn if one is not None]


def window(detail: AlertDetail, now: int) -> tuple[int, int]:
    """Around evidence and notice, in three round parts, so that the axis reads well."""
    row = detail.row
    seen = [point.at for point in detail.evidence] + [row.since or row.onset_at, row.onset_at]
    first, last = min(seen), max([*seen, row.noticed_at])
    span = max(last - first, LEAST_SPAN)
    begin, end = first - span // 2, min(max(now, last), last + span // 2)
    midnight = strips.local_days(begin, row.zone, 1)[0][0]
    for part in PARTS:
        start = midnight + (begin - midnight) // part * part
        if start + PARTED * part >= end or part == PARTS[-1]:
            return start, max(start + PARTED * part, end)
    raise AssertionError  # the last part always fits


def _chart(
    gateway: Any,
    viewer: Viewer,
    detail: AlertDetail,
    name: str,
    start: int,
    end: int,
    lines: list[chart.Limit],
) -> chart.Chart | None:
    row = detail.row
    entry = CATALOGUE[name]
    own = entry.subject == "resident" and row.resident_id is not None
    query = Query(
        row.site,
        home=None if own else row.home,
        resident=row.resident_id if own else None,
        signals=(name,),
        start=start,
        end=end,
        without=int(Quality.IMPLAUSIBLE),
    )
    width = max(60_000, (end - start) // BUCKETS)
    found = points(entry, gateway.reading_room.buckets(viewer, query, width))
    if not found:
        return None
    words, show = Words(viewer.language), shower(entry, viewer.language)
    seen = {point.at for point in detail.evidence if point.signal == name}
    hot = {
        point.at for point in found if any(point.at <= moment < point.at + width for moment in seen)
    }
    return chart.draw(
        key=name,
        title=signal_name(name, None, viewer.language),
        unit=format_unit(entry.unit, viewer.language),
        caption=summary(found, show, words),
        points=found,
        start=start,
        end=end,
        step=entry.resolution,
        show=show,
        xs=[
            words.axis(start + (end - start) * part // PARTED, row.zone, end - start)
            for part in range(PARTED + 1)
        ],
        limits=lines,
        hot=hot,
        onset=row.onset_at,
        gap=max(width * 4, entry.max_age_ms),
        source=source(row.resident_id, name, start, end, 500) if own and row.resident_id else "",
    )
