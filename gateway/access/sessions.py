"""Sessions: opened at sign-in, kept on the server, ended by their owner at any time."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, desc, insert, or_, select, update

from gateway.access import opaque
from gateway.access.audit import Verb, audit
from gateway.access.errors import not_found
from gateway.access.people import viewer_of
from gateway.access.tables import session
from gateway.access.viewer import Viewer

HOUR_MS = 3_600_000
KEEP_ENDED_MS = 30 * 24 * HOUR_MS  # "where was I signed in" looks back this far


@dataclass(frozen=True, slots=True)
class Session:
    """One place where somebody is signed in."""

    id: int
    opened_at: int
    expires_at: int
    agent: str


def open(  # noqa: A001 - sessions.open reads as what it does
    conn: Connection, user_id: int, now: int, hours: float, agent: str = ""
) -> str:
    """A new session; the token for the cookie, which is stored nowhere."""
    token = opaque.fresh()
    conn.execute(
        delete(session).where(
            or_(
                session.c.expires_at < now - KEEP_ENDED_MS,
                session.c.revoked_at < now - KEEP_ENDED_MS,
            )
        )
    )
    conn.execute(
        insert(session).values(
            user_id=user_id,
            token_hash=opaque.digest(token),
            opened_at=now,
            expires_at=now + int(hours * HOUR_MS),
            agent=agent[:200],
        )
    )
    return token


def viewer(conn: Connection, token: str, now: int) -> tuple[Viewer, str] | None:
    """Who holds the token, with today's rights, and the session's CSRF token; None: signed out."""
    found = conn.execute(
        select(session.c.user_id).where(
            session.c.token_hash == opaque.digest(token),
            session.c.expires_at > now,
            session.c.revoked_at.is_(None),
        )
    ).first()
    if found is None:
        return None
    who = viewer_of(conn, found.user_id, now)
    return None if who is None else (who, csrf(token))


def csrf(token: str) -> str:
    """The token that every form of this session carries."""
    return opaque.derived(token, "csrf")


def revoke(conn: Connection, token: str, now: int) -> None:
    """Sign out. A token that is unknown or ended already is no error."""
    ended = viewer(conn, token, now)
    conn.execute(
        update(session)
        .where(session.c.token_hash == opaque.digest(token), session.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if ended is not None:
        audit(conn, ended[0], Verb.SIGNED_OUT, f"user:{ended[0].user_id}", None, now)


def revoke_one(conn: Connection, who: Viewer, session_id: int, now: int) -> None:
    """End one of one's own sessions, as on a lost phone. Raises NotFound."""
    ended = conn.execute(
        update(session)
        .where(
            session.c.id == session_id,
            session.c.user_id == who.user_id,
            session.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    if ended.rowcount == 0:
        raise not_found("end session", "session")
    audit(conn, who, Verb.SIGNED_OUT, f"user:{who.user_id}", None, now, "another session")


def listing(conn: Connection, who: Viewer, now: int) -> list[Session]:
    """Where the viewer is signed in now, newest first."""
    query = (
        select(session)
        .where(
            session.c.user_id == who.user_id,
            session.c.revoked_at.is_(None),
            session.c.expires_at > now,
        )
        .order_by(desc(session.c.opened_at))
    )
    return [
        Session(row.id, row.opened_at, row.expires_at, row.agent) for row in conn.execute(query)
    ]
