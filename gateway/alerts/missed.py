"""What a rule on trial saw and no live rule told: an item for the coordinator, never a message.

A situation is protected if its rule says that a person must know now. It was missed if no live rule
of that name, and no other rule of that priority, found anything for the same subject around that
time. Shadow itself never uses a channel: the item waits on the worklist of those who may stop a
rule, and is told to nobody.
"""

import sqlalchemy as sa

from gateway.alerts import ledger, tables
from gateway.alerts.episodes import EventKind, Missed, Mode, Priority
from gateway.alerts.raising import name_code
from gateway.alerts.states import Move, State, moved
from gateway.texts import N_

MISSED = "missed-live"  # in the place of a rule's name
AROUND_MS = 15 * 60_000  # so much earlier or later a live rule may have told it

TITLE = N_("A rule on trial saw this, and no live rule told it")
GUIDANCE = (
    N_("Look at what it saw; if somebody may still need help, phone the home"),
    N_("Bring it into the review of the rule"),
)

_e, _a = tables.episode.c, tables.alert.c


def judge(conn: sa.Connection, found: Missed, now: int) -> None:
    """Record an item, unless it was told after all. Doing it twice changes nothing. `now`: wall."""
    seen = conn.execute(
        sa.select(tables.episode).where(
            _e.site == found.site,
            _e.rule_name == found.rule_name,
            _e.subject == found.subject,
            _e.mode == Mode.SHADOW.value,
            _e.onset_at == found.onset_at,
        )
    ).one_or_none()
    if seen is None or seen.alert_id is not None or seen.ending == "unfounded":
        return
    if _told_live(conn, found):
        return
    alert_id = _item(conn, found, seen, now)
    conn.execute(sa.update(tables.episode).where(_e.id == seen.id).values(alert_id=alert_id))
    detail = {"rule": found.rule_name, "version": seen.version, "onset": found.onset_at}
    ledger.append(conn, alert_id, EventKind.SHADOW, now, site_at=found.at, detail=detail)


def _told_live(conn: sa.Connection, found: Missed) -> bool:
    around = (
        _e.onset_at <= found.onset_at + AROUND_MS,
        sa.or_(_e.ended_at.is_(None), _e.ended_at >= found.onset_at - AROUND_MS),
    )
    query = (
        sa.select(_e.id)
        .outerjoin(tables.alert, _a.id == _e.alert_id)
        .where(
            _e.site == found.site,
            _e.subject == found.subject,
            _e.mode == Mode.LIVE.value,
            *around,
            sa.or_(_e.rule_name == found.rule_name, _a.priority == Priority.NOW.value),
        )
    )
    return conn.execute(query.limit(1)).first() is not None


def _item(conn: sa.Connection, found: Missed, seen: sa.Row[tuple[object, ...]], now: int) -> int:
    subject = f"{found.rule_name}|{found.subject}"
    held = ledger.open_alert(conn, found.site, MISSED, subject)
    if held is not None:
        state = moved(State(held.state), Move.RECUR, held.code)
        again = held.occurrences + 1
        ledger.update(conn, held.id, state=state.value, occurrences=again, noticed_at=found.at)
        number: int = held.id
        return number
    of = seen._mapping  # noqa: SLF001  # SQLAlchemy's public name for access by column
    made = conn.execute(
        sa.insert(tables.alert).values(
            site=found.site,
            home=of["home"],
            resident=of["resident"],
            subject=subject,
            technical=False,
            rule_name=MISSED,
            version=of["version"],
            title=TITLE,
            phrase=of["phrase"],
            guidance=ledger.dump(list(GUIDANCE)),
            priority=Priority.TODAY.value,
            rank=Priority.TODAY.rank,
            loud=False,
            state=State.UNACKNOWLEDGED.value,
            escalation=0,
            onset_at=found.onset_at,
            noticed_at=found.at,
            since=of["since"],
            raised_at=now,
            occurrences=1,
            late=False,
        )
    )
    return name_code(conn, made)
