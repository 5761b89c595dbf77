"""The only hand that writes alert rows: every change is one event and one update together."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from gateway.access.viewer import Viewer
from gateway.alerts import policy, tables
from gateway.alerts.episodes import EventKind, News, Priority

CHANNELS = ("page",)  # channels that exist: a row for each is written when somebody is to be told

AlertRecord = sa.Row[Any]


def dump(value: Any) -> str:
    """JSON as it is stored: keys sorted, so that equal things are equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def load(conn: sa.Connection, alert_id: int) -> AlertRecord | None:
    """One alert, locked until the end of the transaction where the database can."""
    query = sa.select(tables.alert).where(tables.alert.c.id == alert_id).with_for_update()
    return conn.execute(query).one_or_none()


def open_alert(conn: sa.Connection, site: str, rule_name: str, subject: str) -> AlertRecord | None:
    """The one open alert of a rule and a subject."""
    query = (
        sa.select(tables.alert)
        .where(
            tables.alert.c.site == site,
            tables.alert.c.rule_name == rule_name,
            tables.alert.c.subject == subject,
            tables.alert.c.closed_at.is_(None),
        )
        .with_for_update()
    )
    return conn.execute(query).one_or_none()


def update(conn: sa.Connection, alert_id: int, **values: Any) -> None:
    """Columns of one alert."""
    conn.execute(sa.update(tables.alert).where(tables.alert.c.id == alert_id).values(**values))


def append(
    conn: sa.Connection,
    alert_id: int,
    kind: EventKind,
    now: int,
    *,
    site_at: int | None = None,
    by: Viewer | None = None,
    done_at: int | None = None,
    detail: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> News:
    """One fact on the timeline; nothing ever changes or removes it."""
    made = conn.execute(
        sa.insert(tables.alert_event).values(
            alert_id=alert_id,
            kind=kind.value,
            at=now,
            site_at=site_at,
            by_id=by.user_id if by else None,
            by_name=by.name if by else None,
            done_at=done_at,
            detail=dump(dict(detail or {})),
            key=key,
        )
    )
    event_id = made.inserted_primary_key[0] if made.inserted_primary_key else 0
    row = conn.execute(
        sa.select(
            tables.alert.c.code,
            tables.alert.c.site,
            tables.alert.c.home,
            tables.alert.c.resident,
            tables.alert.c.priority,
        ).where(tables.alert.c.id == alert_id)
    ).one()
    return News(
        event_id,
        alert_id,
        row.code,
        row.site,
        row.home,
        row.resident,
        kind,
        Priority(row.priority),
        now,
    )


def tell(conn: sa.Connection, news: News, purpose: str, now: int) -> None:
    """Outbox rows for a raised (or again free) alert; the sender takes them from there."""
    for channel in CHANNELS:
        conn.execute(
            sa.insert(tables.outbox).values(
                key=f"{news.id}:{channel}",
                alert_id=news.alert_id,
                event_id=news.id,
                site=news.site,
                channel=channel,
                purpose=purpose,
                state="waiting",
                due_at=now,
                not_after=now + policy.NOT_AFTER_MS[news.priority],
                next_at=now,
                attempts=0,
                unsure=False,
                reason="",
            )
        )
