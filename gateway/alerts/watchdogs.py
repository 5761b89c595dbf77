"""Technical alerts: raised and cleared by watchdogs, silenced by a broader cause, visibly."""

from collections.abc import Sequence

import sqlalchemy as sa

from gateway.alerts import causes, ledger, tables
from gateway.alerts.episodes import EventKind, News, Priority, Technical
from gateway.alerts.ledger import AlertRecord
from gateway.alerts.raising import close_itself, mark_returned, name_code
from gateway.alerts.states import ACTIVE, Move, State, moved
from gateway.alerts.technical import KINDS


def technical(conn: sa.Connection, findings: Sequence[Technical], now: int) -> list[News]:
    """Record `findings` in their order; the same finding twice changes nothing. `now`: wall."""
    news: list[News] = []
    for finding in findings:
        held = ledger.open_alert(conn, finding.site, finding.kind, finding.key)
        if finding.active:
            news += _raise(conn, finding, held, now)
        elif held is not None:
            news += _clear(conn, finding, held, now)
        else:
            _clear_closed(conn, finding)
    return news


def _raise(
    conn: sa.Connection, finding: Technical, held: AlertRecord | None, now: int
) -> list[News]:
    if held is None:
        return _new(conn, finding, now)
    news: list[News] = []
    if State(held.state) not in ACTIVE:
        state = moved(State(held.state), Move.RECUR, held.code)
        ledger.update(
            conn,
            held.id,
            state=state.value,
            occurrences=held.occurrences + 1,
            noticed_at=finding.at,
            since=finding.since,
            phrase=ledger.dump(dict(finding.detail)),
            returned_at=None,
            settled_at=None,
        )
        news.append(ledger.append(conn, held.id, EventKind.AGAIN, now, site_at=finding.at))
        news += causes.adopt(conn, held.id, finding.at, now)
    if finding.cause and held.inhibited_by is None:
        news += _inhibit(conn, finding, held.id, now)
    return news


def _new(conn: sa.Connection, finding: Technical, now: int) -> list[News]:
    kind = KINDS[finding.kind]
    made = conn.execute(
        sa.insert(tables.alert).values(
            site=finding.site,
            home=finding.home,
            subject=finding.key,
            technical=True,
            rule_name=finding.kind,
            version="",
            title=kind.title,
            phrase=ledger.dump(dict(finding.detail)),
            guidance=ledger.dump(list(kind.guidance)),
            priority=Priority.DEVICE.value,
            rank=Priority.DEVICE.rank,
            loud=False,
            state=State.UNACKNOWLEDGED.value,
            escalation=0,
            onset_at=finding.since if finding.since is not None else finding.at,
            noticed_at=finding.at,
            since=finding.since,
            raised_at=now,
            occurrences=1,
            late=False,
        )
    )
    alert_id = name_code(conn, made)
    raised = ledger.append(conn, alert_id, EventKind.RAISED, now, site_at=finding.at)
    if finding.cause:
        inhibited = _inhibit(conn, finding, alert_id, now)
    else:
        inhibited = causes.hold_back(conn, alert_id, finding.at, now)
    if not inhibited:
        ledger.tell(conn, raised, "raised", now)
    return [raised, *inhibited, *causes.adopt(conn, alert_id, finding.at, now)]


def _inhibit(conn: sa.Connection, finding: Technical, alert_id: int, now: int) -> list[News]:
    """Record what explains it; the cause must itself be open."""
    kind, _, key = (finding.cause or "").partition("|")
    cause = ledger.open_alert(conn, finding.site, kind, key)
    if cause is None or cause.id == alert_id:
        return []
    return [causes.put_under(conn, alert_id, cause, finding.at, now)]


def _clear(conn: sa.Connection, finding: Technical, held: AlertRecord, now: int) -> list[News]:
    if State(held.state) not in ACTIVE:
        return []
    news = mark_returned(conn, held, finding.at, now)
    if held.inhibited_by is not None:  # its cause has the care; nobody need look at this one
        news += close_itself(conn, held.id, now)
    return news


def _clear_closed(conn: sa.Connection, finding: Technical) -> None:
    """A person closed it while it held: remember that it is over, should the close be undone."""
    newest = (
        sa.select(sa.func.max(tables.alert.c.id))
        .where(
            tables.alert.c.site == finding.site,
            tables.alert.c.rule_name == finding.kind,
            tables.alert.c.subject == finding.key,
            tables.alert.c.returned_at.is_(None),
        )
        .scalar_subquery()
    )
    conn.execute(
        sa.update(tables.alert).where(tables.alert.c.id == newest).values(returned_at=finding.at)
    )
