"""What silences what: a broader cause explains what follows from it, visibly, while it holds.

A care alert yields to the rules that its rule names (`yields_to`, which may name kinds of
technical alerts as well), standing for the same subject or for its home; a technical alert to the
kinds in `FOLLOWS`. What is held back is recorded, is shown beneath its cause, and is told the
moment the cause is over or closed, if it still holds by then and no other cause stands. What was
told already is not untold.
"""

import json
from collections.abc import Mapping

import sqlalchemy as sa

from gateway.alerts import ledger, tables
from gateway.alerts.episodes import EventKind, News
from gateway.alerts.ledger import AlertRecord
from gateway.alerts.states import ACTIVE, State

# A technical alert of the home on the left is explained by one of the same home, or of the whole
# site, on the right.
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "home-cannot-see": ("home-silent", "gateway-gap"),
}

_a = tables.alert.c
_HOLDS = sa.and_(_a.closed_at.is_(None), _a.state.in_([state.value for state in ACTIVE]))


def hold_back(conn: sa.Connection, alert_id: int, site_at: int | None, now: int) -> list[News]:
    """Silence a new alert beneath its cause; nothing: no cause stands, so it is to be told."""
    alert = ledger.load(conn, alert_id)
    cause = None if alert is None else _cause(conn, alert)
    return [] if cause is None else [put_under(conn, alert_id, cause, site_at, now)]


def put_under(
    conn: sa.Connection, alert_id: int, cause: AlertRecord, site_at: int | None, now: int
) -> News:
    """Record by what an alert is held back."""
    ledger.update(conn, alert_id, inhibited_by=cause.id)
    detail = {"by": cause.code, "kind": cause.rule_name}
    return ledger.append(conn, alert_id, EventKind.INHIBITED, now, site_at=site_at, detail=detail)


def adopt(conn: sa.Connection, cause_id: int, site_at: int | None, now: int) -> list[News]:
    """Silence what was raised moments before its cause and has reached nobody yet.

    Of a technical alert it is enough that nobody has taken it: it makes the list shorter.
    """
    cause = ledger.load(conn, cause_id)
    if cause is None:
        return []
    news: list[News] = []
    query = sa.select(tables.alert).where(
        _a.site == cause.site,
        _HOLDS,
        _a.state == State.UNACKNOWLEDGED.value,
        _a.inhibited_by.is_(None),
        _a.id != cause.id,
        sa.or_(_a.yields_to.is_not(None), _a.rule_name.in_(sorted(FOLLOWS))),
    )
    for alert in conn.execute(query).all():
        found = _cause(conn, alert)
        if found is None or found.id != cause.id:
            continue
        if alert.technical or not _reached(conn, alert.id):
            news.append(put_under(conn, alert.id, cause, site_at, now))
    return news


def free(conn: sa.Connection, cause_id: int, site_at: int | None, now: int) -> list[News]:
    """A cause is over: what it explained and still holds is told now, or has another cause."""
    query = sa.select(tables.alert).where(_a.inhibited_by == cause_id, _HOLDS)
    news: list[News] = []
    for alert in conn.execute(query).all():
        other = _cause(conn, alert)
        if other is not None and other.id != cause_id:
            news.append(put_under(conn, alert.id, other, site_at, now))
            continue
        ledger.update(conn, alert.id, inhibited_by=None)
        freed = ledger.append(conn, alert.id, EventKind.FREED, now, site_at=site_at)
        ledger.tell(conn, freed, "raised", now)
        news.append(freed)
    return news


def _cause(conn: sa.Connection, alert: AlertRecord) -> AlertRecord | None:
    """The oldest open alert whose condition holds and that this one yields to."""
    if alert.technical:
        names = FOLLOWS.get(alert.rule_name, ())
        where: sa.ColumnElement[bool] = sa.true()
    else:
        names = json.loads(alert.yields_to) if alert.yields_to else ()
        # A technical cause is the home's; a care alert of somebody else in it explains nothing.
        where = sa.or_(_a.technical, _a.subject == alert.subject, _a.subject.startswith("home:"))
    if not names:
        return None
    query = (
        sa.select(tables.alert)
        .where(
            _a.site == alert.site,
            sa.or_(_a.home == alert.home, _a.home.is_(None)),
            _a.rule_name.in_(names),
            _a.id != alert.id,
            _HOLDS,
            where,
        )
        .order_by(_a.id)
        .limit(1)
    )
    return conn.execute(query).one_or_none()


def _reached(conn: sa.Connection, alert_id: int) -> bool:
    """Whether anybody was told of it."""
    o = tables.outbox.c
    sent = sa.select(o.id).where(o.alert_id == alert_id, sa.or_(o.state == "sent", o.unsure))
    return conn.execute(sent.limit(1)).first() is not None
