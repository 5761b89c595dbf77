"""What the wall clock does to alerts. Deadlines are absolute times in the database: nothing is lost
with the process, and what fell due meanwhile happens at the next sweep.
"""

import sqlalchemy as sa

from gateway.alerts import ledger, policy, tables
from gateway.alerts.episodes import EventKind, News
from gateway.alerts.raising import close_itself
from gateway.alerts.states import Move, State, moved
from gateway.alerts.undoing import NOBODY

_a = tables.alert.c
_OPEN = _a.closed_at.is_(None)


def due(conn: sa.Connection, now: int) -> bool:
    """Whether a sweep would do anything; asked on a reading connection, so idle costs nothing."""
    for query in (_ran_out(now), _settled(now)):
        if conn.execute(query.limit(1)).first() is not None:
            return True
    return False


def sweep(conn: sa.Connection, now: int) -> list[News]:
    """Acknowledgements run out; what is low, acknowledged and returned closes."""
    news: list[News] = []
    for alert_id in conn.execute(_ran_out(now)).scalars().all():
        alert = ledger.load(conn, alert_id)
        assert alert is not None
        state = moved(State(alert.state), Move.RELEASE, alert.code)
        ledger.update(conn, alert_id, state=state.value, **NOBODY)
        one = ledger.append(
            conn, alert_id, EventKind.RAN_OUT, now, detail={"had": alert.owner_name}
        )
        ledger.tell(conn, one, "again", now)
        news.append(one)
    for alert_id in conn.execute(_settled(now)).scalars().all():
        news += close_itself(conn, alert_id, now)
    return news


def _ran_out(now: int) -> sa.Select[int]:
    """Not of what will close by itself: nobody need be told again that it is over."""
    closing = sa.and_(
        _a.settled_at.is_not(None),
        _a.priority.in_([priority.value for priority in policy.CLOSES_ITSELF_MS]),
    )
    return (
        sa.select(_a.id)
        .where(_OPEN, _a.hold_until <= now, sa.not_(closing))
        .order_by(_a.hold_until, _a.id)
    )


def _settled(now: int) -> sa.Select[int]:
    clauses = [
        sa.and_(_a.priority == priority.value, _a.settled_at <= now - wait)
        for priority, wait in policy.CLOSES_ITSELF_MS.items()
    ]
    return sa.select(_a.id).where(_OPEN, sa.or_(*clauses)).order_by(_a.id)
