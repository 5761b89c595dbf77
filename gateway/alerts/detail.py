"""One alert with all its history: what its page shows. The look is audited."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from devices.signals import CATALOGUE, from_counts
from gateway.access import Action, Viewer, not_found
from gateway.access.audit import looked
from gateway.alerts import policy, tables
from gateway.alerts.episodes import (
    AlertDetail,
    AlertRow,
    EventKind,
    EvidencePoint,
    Occurrence,
    TimelineEntry,
)
from gateway.alerts.lines import held_back
from gateway.alerts.lines import row as find
from gateway.alerts.states import FREE, OWNED, State
from gateway.alerts.undoing import find_undoable
from gateway.registry import tables as places

OCCURRENCES_SHOWN = 50


def detail(conn: sa.Connection, viewer: Viewer, alert_id: int, now: int) -> AlertDetail:
    """Everything about one alert. `conn` from `writing`, for the audit keeps who looked.

    Raises NotFound where the viewer may not see it.
    """
    row = find(conn, viewer, alert_id)
    if row is None:
        raise not_found("open", "alert")
    looked(conn, viewer, f"alert:{row.code}", row.site, row.resident_id, now)
    occurrences = _occurrences(conn, row) if row.phrase is not None else ()
    evidence = occurrences[0].evidence if occurrences else ()
    site = conn.execute(
        sa.select(places.site.c.emergency, places.site.c.fallback_phone).where(
            places.site.c.id == row.site
        )
    ).one()
    closing = conn.execute(
        sa.select(tables.alert.c.note, tables.alert.c.minutes).where(tables.alert.c.id == row.id)
    ).one()
    undoable = find_undoable(conn, viewer, row.id, now)
    return AlertDetail(
        row=row,
        timeline=_timeline(conn, row.id),
        occurrences=occurrences,
        evidence=evidence,
        signals=tuple(dict.fromkeys(point.signal for point in evidence)),
        emergency=site.emergency,
        fallback_phone=site.fallback_phone,
        before=_before(conn, row),
        note=closing.note,
        minutes=closing.minutes,
        can=_can(viewer, row, undoable=undoable is not None),
        undo_event_id=undoable.id if undoable is not None else None,
        held_back=held_back(conn, viewer, row.id) if row.holds_back else (),
    )


def _can(viewer: Viewer, row: AlertRow, *, undoable: bool) -> frozenset[str]:
    acts = viewer.sees_resident(row.site, row.resident_id, Action.ACT_ON_ALERTS)
    if row.technical:
        acts = acts or viewer.may(Action.MANAGE_DEVICES, row.site)
    if not acts:
        return frozenset()
    state = State(row.state)
    can = {"note"}
    if state in FREE:
        can |= {"acknowledge", "close"}
    elif state in OWNED:
        can |= {"still-on-it", "close"} if row.mine else {"take-over"}
    if undoable:
        can.add("undo")
    return frozenset(can)


def _timeline(conn: sa.Connection, alert_id: int) -> tuple[TimelineEntry, ...]:
    e = tables.alert_event.c
    rows = conn.execute(sa.select(tables.alert_event).where(e.alert_id == alert_id).order_by(e.id))
    return tuple(
        TimelineEntry(
            one.id,
            EventKind(one.kind),
            one.at,
            one.site_at,
            one.by_id,
            one.by_name,
            one.done_at,
            json.loads(one.detail),
        )
        for one in rows
    )


def _occurrences(conn: sa.Connection, row: AlertRow) -> tuple[Occurrence, ...]:
    e = tables.episode.c
    rows = conn.execute(
        sa.select(tables.episode)
        .where(e.alert_id == row.id)
        .order_by(e.onset_at.desc())
        .limit(OCCURRENCES_SHOWN)
    )
    return tuple(
        Occurrence(
            one.id,
            one.onset_at,
            one.noticed_at,
            one.since,
            one.ended_at,
            one.version,
            one.late,
            tuple(_point(point) for point in json.loads(one.evidence)),
            json.loads(one.phrase) if one.phrase else None,
        )
        for one in rows
    )


def _point(point: Mapping[str, Any]) -> EvidencePoint:
    """Stored evidence with the catalogue's decimals, unit and word."""
    signal = CATALOGUE.get(point["signal"])
    x = point["x"]
    value = None
    if x is not None and signal is not None:
        value = signal.word(x) or f"{from_counts(signal, x):f}"
    return EvidencePoint(
        node=point["node"],
        signal=point["signal"],
        place=point["place"],
        at=point["at"],
        x=x,
        value=value,
        unit=signal.unit if signal else "",
        offset=point["order"] >> 16,
        index=point["order"] & 0xFFFF,
    )


def _before(conn: sa.Connection, row: AlertRow) -> Mapping[str, int]:
    """What alerts of this rule and subject were said to be; "none" counts those unsaid."""
    a = tables.alert.c
    subject = sa.select(a.subject).where(a.id == row.id).scalar_subquery()
    said = conn.execute(
        sa.select(a.disposition).where(
            a.site == row.site,
            a.rule_name == row.rule_name,
            a.subject == subject,
            a.id != row.id,
            a.raised_at > row.raised_at - policy.BEFORE_MS,
            a.raised_at <= row.raised_at,
        )
    ).scalars()
    return dict(Counter(one or "none" for one in said))
