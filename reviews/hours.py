"""At which hours a rule's alerts began: for a strip of the night, never of fewer than five."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from gateway.access import Action, Viewer
from gateway.alerts import tables as alerts
from reviews.dispositions import SMALL_GROUP

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def hours(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    rule_name: str,
    zone: str,
    since_at: int,
    until_at: int,
) -> tuple[int, ...] | None:
    """Alerts by local hour of their beginning, 24 numbers; None where they were about too few."""
    viewer.require(Action.SEE_RULES, site)
    of = alerts.alert.c
    rows = conn.execute(
        sa.select(of.subject, of.onset_at).where(
            of.site == site,
            of.rule_name == rule_name,
            of.technical.is_(False),
            of.onset_at >= since_at,
            of.onset_at < until_at,
        )
    ).all()
    if 0 < len({row.subject for row in rows}) < SMALL_GROUP:
        return None
    info, found = ZoneInfo(zone), [0] * 24
    for row in rows:
        found[(EPOCH + timedelta(milliseconds=row.onset_at)).astimezone(info).hour] += 1
    return tuple(found)
