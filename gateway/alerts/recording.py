"""From what rules found to episodes, and from these to alerts (`raising`).

Called by the engine host inside the one transaction that also carries its journal offset. Doing a
change twice changes nothing the second time: an episode is known by rule, subject and onset, and
one open alert per rule and subject is held by a unique index.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from gateway.alerts import causes, ledger, tables
from gateway.alerts.episodes import ChangeKind, EpisodeChange, EventKind, Mode, News
from gateway.alerts.ledger import AlertRecord
from gateway.alerts.raising import (
    alert_of,
    append_to,
    give_back,
    hold_on,
    phrase_of,
    release,
)
from gateway.alerts.states import ACTIVE, Move, State, moved


def apply(conn: sa.Connection, changes: Sequence[EpisodeChange], now: int) -> list[News]:
    """Record `changes` in their order. `now` is wall time."""
    news: list[News] = []
    for change in changes:
        news += _APPLY[change.kind](conn, change, now)
    return news


def _onset(conn: sa.Connection, change: EpisodeChange, now: int) -> list[News]:
    held = _open_episode(conn, change)
    over = change.late and change.ended_at is not None  # it was over before what is open now began
    if held is not None and not over:
        if not change.loud or change.onset_at <= held.onset_at:
            return []  # it holds already: a rule that begins anew tells nobody twice
        # Nobody may miss one more press, whatever became of the first.
        _update_episode(conn, held.id, ended_at=change.onset_at, ending="again")
    if _known(conn, change):
        return []
    episode_id = _record(conn, change, now)
    if change.mode is Mode.SHADOW or not _worth_telling(change):
        return []
    if change.held_until is not None:
        return hold_on(conn, change, episode_id, now)
    return alert_of(conn, change, episode_id, now)


def _told(conn: sa.Connection, change: EpisodeChange, now: int) -> list[News]:
    """The brake of `at_most` is over and the episode still holds."""
    held = _open_episode(conn, change)
    if held is None or held.told_at is not None:
        return []
    # When its rule spoke, not when we came to know: the next `at_most` counts from there.
    spoke_at = change.noticed_at if change.since is None else change.since
    _update_episode(conn, held.id, told_at=spoke_at)
    if change.mode is Mode.SHADOW:
        return []
    known = replace(
        change,
        onset_at=held.onset_at,
        since=held.since,
        phrase=json.loads(held.phrase) if held.phrase else None,
    )
    return release(conn, known, held.id, held.alert_id, now)


def _end(conn: sa.Connection, change: EpisodeChange, now: int) -> list[News]:
    held = _open_episode(conn, change)
    if held is None:
        return []
    _update_episode(conn, held.id, ended_at=change.ended_at, ending="end", unknown_since=None)
    if not change.settles:
        return []
    return give_back(conn, held.alert_id, change.ended_at, now)


def _unknown(conn: sa.Connection, change: EpisodeChange, now: int) -> list[News]:
    """Held, not closed: "not measured since"."""
    held = _open_episode(conn, change)
    if held is None or held.unknown_since is not None:
        return []
    return _mark_unknown(conn, held, change.since, EventKind.UNKNOWN, now)


def _measured(conn: sa.Connection, change: EpisodeChange, now: int) -> list[News]:
    held = _open_episode(conn, change)
    if held is None or held.unknown_since is None:
        return []
    return _mark_unknown(conn, held, None, EventKind.KNOWN, now)


def _mark_unknown(
    conn: sa.Connection, held: sa.Row[Any], since: int | None, kind: EventKind, now: int
) -> list[News]:
    _update_episode(conn, held.id, unknown_since=since)
    alert = ledger.load(conn, held.alert_id) if held.alert_id else None
    if alert is None or alert.closed_at is not None:
        return []
    ledger.update(conn, alert.id, unknown_since=since)
    return [ledger.append(conn, alert.id, kind, now, site_at=since)]


def _revised(conn: sa.Connection, change: EpisodeChange, now: int) -> list[News]:
    """Late readings showed another course: the episode is revised, never re-keyed.

    A sent alert is never unsent. What is over after all returns its alert and closes nothing; what
    is still open after all is active again, or raised again where it was closed.
    """
    held = _episode(conn, change, change.revises)
    if held is None or (change.onset_at != held.onset_at and _known(conn, change)):
        return []
    seen: dict[str, Any] = {}
    if change.phrase is None:  # its onset was not seen again
        known = json.loads(held.phrase) if held.phrase else None
        change = replace(change, since=held.since, phrase=known)
    else:
        seen = {"evidence": _evidence(change), "phrase": phrase_of(change)}
    _update_episode(
        conn,
        held.id,
        onset_at=change.onset_at,
        since=change.since,
        ended_at=change.ended_at,
        ending=None if change.ended_at is None else "end",
        late=True,
        **seen,
    )
    alert = ledger.load(conn, held.alert_id) if held.alert_id else None
    opened_again = held.ended_at is not None and change.ended_at is None
    if alert is None or alert.closed_at is not None:
        again = opened_again and change.mode is not Mode.SHADOW
        return alert_of(conn, change, held.id, now) if again else []
    news: list[News] = []
    if change.onset_at != held.onset_at:
        news.append(_say_moved(conn, alert, held.onset_at, change, now))
    if opened_again and State(alert.state) not in ACTIVE:
        news += append_to(conn, alert, replace(change, loud=False), now)
    elif held.ended_at is None and change.ended_at is not None and change.settles:
        news += give_back(conn, alert.id, change.ended_at, now)
    return news


def _say_moved(
    conn: sa.Connection, alert: AlertRecord, before: int, change: EpisodeChange, now: int
) -> News:
    if alert.onset_at == before:
        ledger.update(conn, alert.id, onset_at=change.onset_at, late=True)
    detail = {"from": before, "to": change.onset_at}
    return ledger.append(
        conn, alert.id, EventKind.MOVED, now, site_at=change.noticed_at, detail=detail
    )


def _unfounded(conn: sa.Connection, change: EpisodeChange, now: int) -> list[News]:
    """With what came late the rule would not have spoken: said on the alert, which stays."""
    held = _episode(conn, change, change.revises)
    if held is None:
        return []
    if held.ended_at is None:
        _update_episode(conn, held.id, ended_at=change.noticed_at, ending="unfounded", late=True)
    alert = ledger.load(conn, held.alert_id) if held.alert_id else None
    if alert is None or alert.closed_at is not None:
        return []
    news = ledger.append(conn, alert.id, EventKind.UNFOUNDED, now, site_at=change.noticed_at)
    return [news, *give_back(conn, alert.id, change.noticed_at, now)]


def _withdrawn(conn: sa.Connection, change: EpisodeChange, now: int) -> list[News]:
    """Nothing is watched any more: the alert says so, and closes unless a person must see it."""
    held = _open_episode(conn, change)
    if held is None:
        return []
    ended_at = change.ended_at if change.ended_at is not None else change.noticed_at
    _update_episode(conn, held.id, ended_at=ended_at, ending="withdrawn")
    alert = ledger.load(conn, held.alert_id) if held.alert_id else None
    if alert is None or alert.closed_at is not None:
        return []
    news = [ledger.append(conn, alert.id, EventKind.WITHDRAWN, now, site_at=ended_at)]
    if alert.loud or not change.settles:
        return news
    state = moved(State(alert.state), Move.CLOSE, alert.code)
    ledger.update(conn, alert.id, state=state.value, closed_at=now, returned_at=ended_at)
    return news + causes.free(conn, alert.id, ended_at, now)


_APPLY = {
    ChangeKind.ONSET: _onset,
    ChangeKind.END: _end,
    ChangeKind.UNKNOWN: _unknown,
    ChangeKind.KNOWN: _measured,
    ChangeKind.REVISED: _revised,
    ChangeKind.UNFOUNDED: _unfounded,
    ChangeKind.WITHDRAWN: _withdrawn,
    ChangeKind.TOLD: _told,
}


def _worth_telling(change: EpisodeChange) -> bool:
    """Live, still open, or young enough: a fall of 03:10 known at 07:00 may still lie there."""
    open_still = change.ended_at is None and change.settles  # an event is never still open
    if not change.late or open_still:
        return True
    return change.noticed_at - change.onset_at <= change.tell_late_ms


def _of(change: EpisodeChange) -> list[sa.ColumnElement[bool]]:
    e = tables.episode.c
    return [
        e.site == change.site,
        e.rule_name == change.rule_name,
        e.subject == change.subject,
        e.mode == change.mode.value,
    ]


def _open_episode(conn: sa.Connection, change: EpisodeChange) -> sa.Row[Any] | None:
    query = sa.select(tables.episode).where(*_of(change), tables.episode.c.ended_at.is_(None))
    return conn.execute(query).one_or_none()


def _episode(conn: sa.Connection, change: EpisodeChange, onset_at: int | None) -> Any:
    query = sa.select(tables.episode).where(*_of(change), tables.episode.c.onset_at == onset_at)
    return conn.execute(query).one_or_none()


def _known(conn: sa.Connection, change: EpisodeChange) -> bool:
    query = sa.select(tables.episode.c.id).where(
        *_of(change), tables.episode.c.onset_at == change.onset_at
    )
    return conn.execute(query).first() is not None


def _record(conn: sa.Connection, change: EpisodeChange, now: int) -> int:
    made = conn.execute(
        sa.insert(tables.episode).values(
            site=change.site,
            home=change.home,
            resident=change.resident,
            subject=change.subject,
            rule_name=change.rule_name,
            version=change.version,
            mode=change.mode.value,
            onset_at=change.onset_at,
            noticed_at=change.noticed_at,
            since=change.since,
            ended_at=change.ended_at,
            ending=None if change.ended_at is None else "end",
            told_at=(change.told_at or change.onset_at) if change.held_until is None else None,
            held_until=change.held_until,
            late=change.late,
            evidence=_evidence(change),
            phrase=phrase_of(change),
            recorded_at=now,
        )
    )
    assert made.inserted_primary_key is not None
    number: int = made.inserted_primary_key[0]
    return number


def _update_episode(conn: sa.Connection, episode_id: int, **values: Any) -> None:
    conn.execute(
        sa.update(tables.episode).where(tables.episode.c.id == episode_id).values(**values)
    )


def _evidence(change: EpisodeChange) -> str:
    return ledger.dump([asdict(point) for point in change.evidence])
