"""An alert's own course as rules drive it: raised, appended to, returned, closed by itself."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from gateway.alerts import causes, ledger, policy, tables
from gateway.alerts.codes import code_of
from gateway.alerts.episodes import EpisodeChange, EventKind, News, Priority
from gateway.alerts.ledger import AlertRecord
from gateway.alerts.states import ACTIVE, FREE, OWNED, Move, State, moved


def alert_of(conn: sa.Connection, change: EpisodeChange, episode_id: int, now: int) -> list[News]:
    """The episode's alert: the open one of its rule and subject, or a new one."""
    held = ledger.open_alert(conn, change.site, change.rule_name, change.subject)
    if held is not None and _is_history(change):
        return _add_history(conn, held, change, episode_id, now)
    news = _raise(conn, change, now) if held is None else append_to(conn, held, change, now)
    _link(conn, episode_id, news[0].alert_id)
    if change.ended_at is not None and change.settles:
        news += give_back(conn, news[0].alert_id, change.ended_at, now)
    return news


def hold_on(conn: sa.Connection, change: EpisodeChange, episode_id: int, now: int) -> list[News]:
    """Told at most once in a while, and not now: an open alert says so, no new one is raised."""
    held = ledger.open_alert(conn, change.site, change.rule_name, change.subject)
    if held is None:
        return []
    _link(conn, episode_id, held.id)
    news = [] if _is_history(change) else append_to(conn, held, replace(change, loud=False), now)
    detail = {"version": change.version, "until": change.held_until, "onset": change.onset_at}
    news.append(
        ledger.append(
            conn, held.id, EventKind.HELD_BACK, now, site_at=change.noticed_at, detail=detail
        )
    )
    if change.ended_at is not None and change.settles:
        news += give_back(conn, held.id, change.ended_at, now)
    return news


def release(
    conn: sa.Connection, change: EpisodeChange, episode_id: int, alert_id: int | None, now: int
) -> list[News]:
    """What was held back still holds, and is told: by its open alert, if nobody has that, or by a
    new one.
    """
    held = ledger.open_alert(conn, change.site, change.rule_name, change.subject)
    if held is None or held.id != alert_id:
        return alert_of(conn, change, episode_id, now)
    news = ledger.append(conn, held.id, EventKind.AGAIN, now, site_at=change.noticed_at)
    if State(held.state) in FREE and held.inhibited_by is None:
        ledger.tell(conn, news, "again", now)
    return [news]


def _is_history(change: EpisodeChange) -> bool:
    """Late, over, and no call for help: it adds to an open alert and changes nothing of it."""
    return change.late and change.ended_at is not None and not change.loud


def _add_history(
    conn: sa.Connection, held: AlertRecord, change: EpisodeChange, episode_id: int, now: int
) -> list[News]:
    _link(conn, episode_id, held.id)
    ledger.update(conn, held.id, occurrences=held.occurrences + 1)
    detail = {"version": change.version, "late": True, "onset": change.onset_at}
    return [
        ledger.append(conn, held.id, EventKind.AGAIN, now, site_at=change.noticed_at, detail=detail)
    ]


def _raise(conn: sa.Connection, change: EpisodeChange, now: int) -> list[News]:
    made = conn.execute(
        sa.insert(tables.alert).values(
            site=change.site,
            home=change.home,
            resident=change.resident,
            subject=change.subject,
            technical=False,
            rule_name=change.rule_name,
            version=change.version,
            title=change.title,
            phrase=phrase_of(change),
            guidance=ledger.dump(list(change.guidance)),
            priority=change.priority.value,
            rank=change.priority.rank,
            loud=change.loud,
            state=State.UNACKNOWLEDGED.value,
            escalation=0,
            onset_at=change.onset_at,
            noticed_at=change.noticed_at,
            since=change.since,
            raised_at=now,
            occurrences=1,
            late=change.late,
            yields_to=ledger.dump(list(change.yields_to)) if change.yields_to else None,
        )
    )
    alert_id = name_code(conn, made)
    detail = {"version": change.version, "late": change.late}
    news = ledger.append(
        conn, alert_id, EventKind.RAISED, now, site_at=change.noticed_at, detail=detail
    )
    silenced = causes.hold_back(conn, alert_id, change.noticed_at, now)
    if not silenced:
        ledger.tell(conn, news, "raised", now)
    return [news, *silenced, *causes.adopt(conn, alert_id, change.noticed_at, now)]


def name_code(conn: sa.Connection, made: sa.CursorResult[Any]) -> int:
    """Give a new alert its code; returns its number."""
    assert made.inserted_primary_key is not None
    alert_id: int = made.inserted_primary_key[0]
    ledger.update(conn, alert_id, code=code_of(alert_id))
    return alert_id


def append_to(
    conn: sa.Connection, held: AlertRecord, change: EpisodeChange, now: int
) -> list[News]:
    """A new occurrence on an open alert. The alert keeps the version that raised it."""
    rises = change.priority.rank < held.rank
    loud = change.loud or rises
    before = State(held.state)
    state = moved(before, Move.RECUR_LOUD if loud else Move.RECUR, held.code)
    values: dict[str, Any] = {
        "state": state.value,
        "occurrences": held.occurrences + 1,
        "noticed_at": change.noticed_at,
        "since": change.since,
        "phrase": phrase_of(change),
        "returned_at": None,
        "unknown_since": None,
        "settled_at": None,
    }
    if rises:
        values |= {"priority": change.priority.value, "rank": change.priority.rank}
    if loud:
        values |= {
            "owner": None,
            "owner_name": None,
            "acknowledged_at": None,
            "hold_until": None,
            "escalation": 0,
        }
    ledger.update(conn, held.id, **values)
    lost = before in OWNED and state not in OWNED
    detail: dict[str, Any] = {"version": change.version, "late": change.late}
    if lost:
        detail["had"] = held.owner_name
    kind = EventKind.AGAIN_LOUD if loud else EventKind.AGAIN
    news = ledger.append(conn, held.id, kind, now, site_at=change.noticed_at, detail=detail)
    if loud:
        ledger.tell(conn, news, "again", now)
    if before in ACTIVE:
        return [news]
    return [news, *causes.adopt(conn, held.id, change.noticed_at, now)]


def give_back(
    conn: sa.Connection, alert_id: int | None, ended_at: int | None, now: int
) -> list[News]:
    alert = ledger.load(conn, alert_id) if alert_id is not None else None
    if alert is None or State(alert.state) not in ACTIVE:
        return []
    return mark_returned(conn, alert, ended_at, now)


def mark_returned(
    conn: sa.Connection, alert: AlertRecord, ended_at: int | None, now: int
) -> list[News]:
    """Back to usual; what is low and acknowledged may now close by itself."""
    state = moved(State(alert.state), Move.RETURN, alert.code)
    ledger.update(
        conn,
        alert.id,
        state=state.value,
        returned_at=ended_at,
        unknown_since=None,
        settled_at=now if state in OWNED else None,
    )
    news = [ledger.append(conn, alert.id, EventKind.RETURNED, now, site_at=ended_at)]
    news += causes.free(conn, alert.id, ended_at, now)
    if state in OWNED and policy.CLOSES_ITSELF_MS.get(Priority(alert.priority)) == 0:
        news += close_itself(conn, alert.id, now)
    return news


def close_itself(conn: sa.Connection, alert_id: int, now: int) -> list[News]:
    """For what is low, acknowledged and returned, or was explained by a broader cause."""
    alert = ledger.load(conn, alert_id)
    if alert is None or alert.closed_at is not None:
        return []
    state = moved(State(alert.state), Move.CLOSE, alert.code)
    ledger.update(conn, alert_id, state=state.value, closed_at=now, hold_until=None)
    return [ledger.append(conn, alert_id, EventKind.CLOSED_ITSELF, now)]


def _link(conn: sa.Connection, episode_id: int, alert_id: int) -> None:
    e = tables.episode
    conn.execute(sa.update(e).where(e.c.id == episode_id).values(alert_id=alert_id))


def phrase_of(change: EpisodeChange) -> str | None:
    """The sentence as it is stored."""
    return None if change.phrase is None else ledger.dump(change.phrase)
