"""Taking back an action: what can be taken back, and what stands afterwards."""

import json
from typing import Any

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access import Viewer
from gateway.alerts import ledger, policy, tables
from gateway.alerts.episodes import EventKind, Priority
from gateway.alerts.ledger import AlertRecord
from gateway.alerts.states import ACTIVE, Move, State, moved

ACTIONS = (
    EventKind.ACKNOWLEDGED,
    EventKind.TAKEN_OVER,
    EventKind.NOTE,
    EventKind.CLOSED,
)
# What happened to the alert since: an acknowledgement that has run out cannot be taken back.
_DECISIVE = (
    *ACTIONS,
    EventKind.RAN_OUT,
    EventKind.AGAIN_LOUD,
    EventKind.CLOSED_ITSELF,
    EventKind.WITHDRAWN,
)

Event = sa.Row[Any]


def find_undoable(conn: sa.Connection, viewer: Viewer, alert_id: int, now: int) -> Event | None:
    """The newest action on the alert, if it is this viewer's own, recent, and not taken back."""
    e = tables.alert_event.c
    rows = conn.execute(
        sa.select(tables.alert_event).where(e.alert_id == alert_id).order_by(e.id.desc()).limit(50)
    ).all()
    undone = {json.loads(row.detail).get("event") for row in rows if row.kind == EventKind.UNDONE}
    for row in rows:
        if row.id in undone or row.kind not in _DECISIVE:
            continue
        mine = row.by_id == viewer.user_id and row.kind in ACTIONS
        return row if mine and now - row.at <= policy.UNDO_MS else None
    return None


def take_back(conn: sa.Connection, alert: AlertRecord, event: Event, now: int) -> None:
    """Set the alert back to before `event`, in what the event itself recorded."""
    detail = json.loads(event.detail)
    kind = EventKind(event.kind)
    if kind is EventKind.ACKNOWLEDGED:
        _release(conn, alert)
    elif kind is EventKind.TAKEN_OVER:
        moved(State(alert.state), Move.TAKE_OVER, alert.code)
        hold_until = now + policy.HOLD_MS[Priority(alert.priority)]
        ledger.update(
            conn,
            alert.id,
            owner=detail["had"],
            owner_name=detail["had_name"],
            hold_until=hold_until,
        )
    elif kind is EventKind.CLOSED:
        _reopen(conn, alert, event, detail, now)


def _release(conn: sa.Connection, alert: AlertRecord) -> None:
    state = moved(State(alert.state), Move.RELEASE, alert.code)
    ledger.update(conn, alert.id, state=state.value, **NOBODY)


NOBODY: dict[str, Any] = {
    "owner": None,
    "owner_name": None,
    "acknowledged_at": None,
    "hold_until": None,
    "settled_at": None,
}


def _reopen(
    conn: sa.Connection, alert: AlertRecord, event: Event, detail: dict[str, Any], now: int
) -> None:
    """Open again, in the hands of who closed it; the condition as it is now."""
    newer = ledger.open_alert(conn, alert.site, alert.rule_name, alert.subject)
    if newer is not None:
        raise Refused(
            "undo",
            f"alert {alert.code}",
            Spoken("alert {code} was raised for the same since then", code=newer.code),
            Spoken("Go on with {code}", code=newer.code),
        )
    active = _still_active(conn, alert, State(detail["was"]))
    move = Move.REOPEN_OWNED if active else Move.REOPEN_OWNED_RETURNED
    state = moved(State(alert.state), move, alert.code)
    ledger.update(
        conn,
        alert.id,
        state=state.value,
        owner=event.by_id,
        owner_name=event.by_name,
        acknowledged_at=alert.acknowledged_at or now,
        hold_until=now + policy.HOLD_MS[Priority(alert.priority)],
        settled_at=None if active else now,
        closed_at=None,
        closed_by=None,
        disposition=None,
        response=None,
        minutes=None,
        note=None,
    )


def _still_active(conn: sa.Connection, alert: AlertRecord, was: State) -> bool:
    if alert.technical:
        return was in ACTIVE and alert.returned_at is None
    held = conn.execute(
        sa.select(tables.episode.c.id).where(
            tables.episode.c.alert_id == alert.id, tables.episode.c.ended_at.is_(None)
        )
    ).first()
    return held is not None
