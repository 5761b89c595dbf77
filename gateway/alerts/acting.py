"""What every action of a person has in common: may they, was it done before, what is recorded."""

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access import Action, Viewer, not_found
from gateway.access.audit import Verb, audit
from gateway.alerts import ledger, policy, tables
from gateway.alerts.ledger import AlertRecord
from gateway.alerts.missed import MISSED
from gateway.alerts.states import OPEN, MoveRefused, State


def begin(
    conn: sa.Connection,
    viewer: Viewer,
    alert_id: int,
    key: str,
    operation: str,
    *,
    closed_too: bool = False,
) -> tuple[AlertRecord, bool]:
    """The alert, and whether this key has acted before. Raises NotFound, NotAllowed, Refused."""
    alert = ledger.load(conn, alert_id)
    if alert is None or not _sees(viewer, alert):
        raise not_found(operation, "alert")
    if not _may_act(viewer, alert):
        viewer.require(Action.ACT_ON_ALERTS, alert.site)
        raise not_found(operation, "alert")
    if not key or len(key) > 64:  # 64: a UUID with room
        raise Refused(
            operation,
            f"alert {alert.code}",
            Spoken("its idempotency key is empty or longer than 64 characters"),
            Spoken("Send a new random key with each action, and the same key with each retry"),
        )
    done = conn.execute(
        sa.select(tables.alert_event.c.id).where(tables.alert_event.c.key == own_key(viewer, key))
    ).first()
    repeated = done is not None
    if not repeated and not closed_too and State(alert.state) not in OPEN and operation != "note":
        raise MoveRefused(
            operation,
            f"alert {alert.code}",
            Spoken("it is closed"),
            Spoken("Undo that, or add a note"),
        )
    return alert, repeated


def _sees(viewer: Viewer, alert: AlertRecord) -> bool:
    if alert.technical:
        return viewer.may(Action.SEE_DEVICES, alert.site)
    if alert.rule_name == MISSED and not viewer.may(Action.STOP_RULE, alert.site):
        return False
    return viewer.sees_resident(alert.site, alert.resident, Action.SEE_ALERTS)


def _may_act(viewer: Viewer, alert: AlertRecord) -> bool:
    if alert.technical and viewer.may(Action.MANAGE_DEVICES, alert.site):
        return True
    return viewer.sees_resident(alert.site, alert.resident, Action.ACT_ON_ALERTS)


def own_key(viewer: Viewer, key: str) -> str:
    return f"{viewer.user_id}:{key}"


def not_ahead(done_at: int | None, now: int) -> int | None:
    """A phone's clock may be ahead; nothing was done in the future."""
    return None if done_at is None else min(done_at, now)


def checked_text(text: str, code: str) -> str:
    text = text.strip()
    if len(text) > policy.NOTE_LIMIT:
        raise Refused(
            "note",
            f"alert {code}",
            Spoken("the text has {count} characters", count=len(text)),
            Spoken("Keep it to {most}", most=policy.NOTE_LIMIT),
        )
    return text


def checked_minutes(minutes: int | None, code: str) -> int | None:
    if minutes is not None and not 0 <= minutes <= 24 * 60:
        raise Refused(
            "close",
            f"alert {code}",
            Spoken("{minutes} minutes of travel", minutes=minutes),
            Spoken("Give 0 to 1440 minutes"),
        )
    return minutes


def record(
    conn: sa.Connection, viewer: Viewer, verb: Verb, alert: AlertRecord, now: int, detail: str = ""
) -> None:
    audit(
        conn,
        viewer,
        verb,
        f"alert:{alert.code}",
        alert.site,
        now,
        detail,
        resident=alert.resident,
    )
