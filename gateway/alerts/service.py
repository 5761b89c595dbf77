"""What people do with an alert: take it, keep it, pass it, note, close, undo.

Every action runs inside the caller's transaction (`gateway.db.writing`), carries an idempotency key
(the same key twice does nothing twice) and returns an Outcome whose `news` the caller publishes
on the bulletin after the commit. `done_at` is an offline action's own time: kept beside `now`,
it never dates anything back.

`apply`, `technical` and `judge` are the gateway's own side: see `recording`, `watchdogs`, `missed`.
"""

from typing import Any

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access import Viewer
from gateway.access.audit import Verb
from gateway.alerts import causes, ledger, policy, tables
from gateway.alerts.acting import (
    begin,
    checked_minutes,
    checked_text,
    not_ahead,
    own_key,
    record,
)
from gateway.alerts.episodes import (
    Disposition,
    EventKind,
    News,
    Outcome,
    Priority,
    Response,
)
from gateway.alerts.ledger import AlertRecord
from gateway.alerts.missed import judge
from gateway.alerts.raising import close_itself
from gateway.alerts.recording import apply
from gateway.alerts.states import FREE, OWNED, Move, State, moved
from gateway.alerts.undoing import find_undoable, take_back
from gateway.alerts.watchdogs import technical

__all__ = [
    "acknowledge",
    "apply",
    "close",
    "judge",
    "note",
    "take_over",
    "technical",
    "undo",
]


def acknowledge(
    conn: sa.Connection, viewer: Viewer, alert_id: int, done_at: int | None, key: str, now: int
) -> Outcome:
    """Say "I have it": a free alert gets this owner; the owner's own again is "still on it".

    Who reaches the server first owns it: for the second, result "someone-else" says who has it.
    """
    alert, repeated = begin(conn, viewer, alert_id, key, "acknowledge")
    if repeated:
        return _outcome(conn, alert_id, "already")
    state = State(alert.state)
    if state in OWNED and alert.owner != viewer.user_id:
        kept = {"wanted": "acknowledge", "has": alert.owner_name}
        news = _tell(conn, viewer, alert_id, EventKind.KEPT_NOTE, kept, done_at, key, now)
        return _outcome(conn, alert_id, "someone-else", news)
    if state in OWNED:
        kind = EventKind.STILL_ON_IT
    else:
        state = moved(state, Move.ACKNOWLEDGE, alert.code)
        kind = EventKind.ACKNOWLEDGED
    return _own(conn, viewer, alert, state, kind, done_at, key, now)


def take_over(
    conn: sa.Connection, viewer: Viewer, alert_id: int, done_at: int | None, key: str, now: int
) -> Outcome:
    """An alert that somebody has gets this owner; a free one is acknowledged."""
    alert, repeated = begin(conn, viewer, alert_id, key, "take over")
    if repeated:
        return _outcome(conn, alert_id, "already")
    if State(alert.state) in FREE or alert.owner == viewer.user_id:
        return acknowledge(conn, viewer, alert_id, done_at, key, now)
    state = moved(State(alert.state), Move.TAKE_OVER, alert.code)
    return _own(conn, viewer, alert, state, EventKind.TAKEN_OVER, done_at, key, now)


def note(
    conn: sa.Connection,
    viewer: Viewer,
    alert_id: int,
    text: str,
    done_at: int | None,
    key: str,
    now: int,
) -> Outcome:
    """A sentence on the timeline, of at most 2,000 characters; a closed alert can have one too."""
    alert, repeated = begin(conn, viewer, alert_id, key, "note")
    if repeated:
        return _outcome(conn, alert_id, "already")
    text = checked_text(text, alert.code)
    if not text:
        raise Refused(
            "note",
            f"alert {alert.code}",
            Spoken("there are no words"),
            Spoken("Write what you saw"),
        )
    news = _tell(conn, viewer, alert_id, EventKind.NOTE, {"text": text}, done_at, key, now)
    record(conn, viewer, Verb.NOTED, alert, now)
    return _outcome(conn, alert_id, "done", news)


def close(
    conn: sa.Connection,
    viewer: Viewer,
    alert_id: int,
    disposition: Disposition,
    response: Response,
    minutes: int | None,
    note: str,
    done_at: int | None,
    key: str,
    now: int,
) -> Outcome:
    """End the care process, saying what it was and what was done. Words are optional.

    A free alert can be closed too; one that another has cannot: take it over first.
    """
    alert, repeated = begin(conn, viewer, alert_id, key, "close")
    if repeated:
        return _outcome(conn, alert_id, "already")
    if State(alert.state) in OWNED and alert.owner != viewer.user_id:
        kept = {"wanted": "close", "has": alert.owner_name, "text": note.strip()}
        news = _tell(conn, viewer, alert_id, EventKind.KEPT_NOTE, kept, done_at, key, now)
        return _outcome(conn, alert_id, "someone-else", news)
    state = moved(State(alert.state), Move.CLOSE, alert.code)
    text = checked_text(note, alert.code)
    said: dict[str, Any] = {
        "disposition": Disposition(disposition).value,
        "response": Response(response).value,
        "minutes": checked_minutes(minutes, alert.code),
    }
    ledger.update(
        conn,
        alert_id,
        state=state.value,
        closed_at=now,
        closed_by=viewer.user_id,
        note=text or None,
        hold_until=None,
        **said,
    )
    was = {"was": alert.state, "owner": alert.owner, "owner_name": alert.owner_name}
    detail = {**was, **said, "text": text}
    news = _tell(conn, viewer, alert_id, EventKind.CLOSED, detail, done_at, key, now)
    record(conn, viewer, Verb.CLOSED, alert, now, Disposition(disposition).value)
    return _outcome(conn, alert_id, "done", news, *_close_explained(conn, alert_id, now))


def undo(conn: sa.Connection, viewer: Viewer, alert_id: int, key: str, now: int) -> Outcome:
    """Take back this viewer's own newest action within ten minutes; history only grows."""
    alert, repeated = begin(conn, viewer, alert_id, key, "undo", closed_too=True)
    if repeated:
        return _outcome(conn, alert_id, "already")
    event = find_undoable(conn, viewer, alert_id, now)
    if event is None:
        raise Refused(
            "undo",
            f"alert {alert.code}",
            Spoken("there is nothing of yours from the last ten minutes that can be taken back"),
            Spoken("Open it again to see where it stands; a note can say what was meant"),
        )
    take_back(conn, alert, event, now)
    news = ledger.append(
        conn,
        alert_id,
        EventKind.UNDONE,
        now,
        by=viewer,
        detail={"event": event.id, "kind": event.kind},
        key=own_key(viewer, key),
    )
    after = ledger.load(conn, alert_id)
    if after is not None and State(after.state) in FREE and State(alert.state) not in FREE:
        ledger.tell(conn, news, "again", now)  # nobody has it any more
    record(conn, viewer, Verb.UNDID, alert, now, str(event.kind))
    return _outcome(conn, alert_id, "done", news)


def _tell(
    conn: sa.Connection,
    viewer: Viewer,
    alert_id: int,
    kind: EventKind,
    detail: dict[str, Any],
    done_at: int | None,
    key: str,
    now: int,
) -> News:
    """What somebody did, onto the timeline, at `now`; `done_at`: when by their own clock."""
    return ledger.append(
        conn,
        alert_id,
        kind,
        now,
        by=viewer,
        done_at=not_ahead(done_at, now),
        detail=detail,
        key=own_key(viewer, key),
    )


def _own(
    conn: sa.Connection,
    viewer: Viewer,
    alert: AlertRecord,
    state: State,
    kind: EventKind,
    done_at: int | None,
    key: str,
    now: int,
) -> Outcome:
    hold_until = now + policy.HOLD_MS[Priority(alert.priority)]
    values: dict[str, Any] = {"state": state.value, "hold_until": hold_until}
    if kind is not EventKind.STILL_ON_IT:
        values |= {
            "owner": viewer.user_id,
            "owner_name": viewer.name,
            "acknowledged_at": now,
            "settled_at": now if state is State.ACKNOWLEDGED_RETURNED else None,
        }
    ledger.update(conn, alert.id, **values)
    detail = {"until": hold_until, "had": alert.owner, "had_name": alert.owner_name}
    news = _tell(conn, viewer, alert.id, kind, detail, done_at, key, now)
    verb = Verb.TOOK_OVER if kind is EventKind.TAKEN_OVER else Verb.ACKNOWLEDGED
    record(conn, viewer, verb, alert, now)
    closed: list[News] = []
    if (
        state is State.ACKNOWLEDGED_RETURNED
        and policy.CLOSES_ITSELF_MS.get(Priority(alert.priority)) == 0
    ):
        closed = close_itself(conn, alert.id, now)
    return _outcome(conn, alert.id, "done", news, *closed)


def _close_explained(conn: sa.Connection, cause_id: int, now: int) -> list[News]:
    """What a broader cause explained is closed with it, but no care alert that still holds."""
    a = tables.alert.c
    over = [State.UNACKNOWLEDGED_RETURNED.value, State.ACKNOWLEDGED_RETURNED.value]
    query = sa.select(a.id).where(
        a.inhibited_by == cause_id,
        a.closed_at.is_(None),
        sa.or_(a.technical, a.state.in_(over)),
    )
    news: list[News] = []
    for (alert_id,) in conn.execute(query).all():
        news += close_itself(conn, alert_id, now)
    return news + causes.free(conn, cause_id, None, now)


def _outcome(conn: sa.Connection, alert_id: int, result: str, *news: News) -> Outcome:
    alert = ledger.load(conn, alert_id)
    assert alert is not None
    return Outcome(
        alert_id,
        alert.code,
        result,
        alert.state,
        alert.owner,
        alert.owner_name,
        alert.hold_until,
        alert.acknowledged_at,
        news[0].id if news else None,
        tuple(news),
    )
