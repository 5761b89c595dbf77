"""One-time links: the first sign-in, an invitation, a lost password.

Redeem on the button's POST, never on the GET: mail and chat programs open links to preview them.
"""

from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update

from gateway.access import opaque
from gateway.access.audit import Verb, audit
from gateway.access.people import viewer_of
from gateway.access.tables import link
from gateway.access.viewer import SYSTEM, Viewer

MINUTE_MS = 60_000
KEEP_MS = 30 * 24 * 60 * MINUTE_MS


class Purpose(StrEnum):
    """What a link is for."""

    SIGN_IN = "sign-in"
    INVITE = "invite"  # leads on to choosing a password
    RESET = "reset"


def issue(
    conn: Connection,
    user_id: int,
    now: int,
    minutes: float,
    purpose: Purpose = Purpose.SIGN_IN,
    by: Viewer = SYSTEM,
) -> str:
    """The token to put in a link; only its hash is stored."""
    token = opaque.fresh()
    conn.execute(delete(link).where(link.c.expires_at < now - KEEP_MS))
    conn.execute(
        insert(link).values(
            user_id=user_id,
            token_hash=opaque.digest(token),
            purpose=Purpose(purpose).value,
            issued_at=now,
            expires_at=now + int(minutes * MINUTE_MS),
        )
    )
    audit(conn, by, Verb.ISSUED_LINK, f"user:{user_id}", None, now, Purpose(purpose).value)
    return token


def redeem(conn: Connection, token: str, now: int) -> int | None:
    """Use it up: whose it is, or None when it is unknown, used, expired, or of no one any more."""
    hashed = opaque.digest(token)
    used = conn.execute(
        update(link)
        .where(link.c.token_hash == hashed, link.c.used_at.is_(None), link.c.expires_at > now)
        .values(used_at=now)
    )
    if used.rowcount != 1:
        return None
    user_id: int = conn.execute(
        select(link.c.user_id).where(link.c.token_hash == hashed)
    ).scalar_one()
    who = viewer_of(conn, user_id, now)
    if who is None:
        return None
    audit(conn, who, Verb.SIGNED_IN, f"user:{user_id}", None, now, "with a link")
    return user_id
