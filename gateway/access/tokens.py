"""Bearer tokens for programs: a label, scopes of (site, role), an end, and never more rights than
whoever issued them has at the moment of use.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, desc, insert, or_, select, update

from devices.errors import Refused
from gateway.access import opaque
from gateway.access.audit import Verb, audit
from gateway.access.errors import not_found
from gateway.access.people import viewer_of
from gateway.access.roles import OWN_ONLY, Action, Role
from gateway.access.tables import token, token_scope
from gateway.access.viewer import EVERYWHERE, SYSTEM, Viewer

PREFIX = "hc_"  # so that a leaked one is recognised by scanners
DAY_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Token:
    """One program's token, without the token."""

    id: int
    label: str
    scopes: frozenset[tuple[str, Role]]
    issued_by: int
    issued_at: int
    expires_at: int | None


def issue(
    conn: Connection,
    by: Viewer,
    label: str,
    scopes: Iterable[tuple[str, Role]],
    now: int,
    days: float | None = 365,
) -> str:
    """The bearer token, shown once. Raises Refused for a scope that the issuer does not have.

    `by` is SYSTEM where the operator asks at the machine itself (`homecare token`).
    """
    wanted = frozenset(scopes)
    if not wanted:
        raise Refused("issue token", label, "no scope", "Name a site and a role it may act in")
    by.require(Action.ISSUE_TOKENS)
    for site, role in wanted:
        if role in OWN_ONLY:
            raise Refused(
                "issue token", label, f"role {role} is a person's", "Programs get staff roles"
            )
        if not (by.system or _has(by, site, role)):
            raise Refused(
                "issue token",
                label,
                f"{by.login} is not {role} at {site}",
                "A token never has more rights than who issues it",
            )
    secret = opaque.fresh(PREFIX)
    made = conn.execute(
        insert(token).values(
            label=label[:100],
            token_hash=opaque.digest(secret),
            issued_by=by.user_id,
            issued_at=now,
            expires_at=None if days is None else now + int(days * DAY_MS),
        )
    )
    assert made.inserted_primary_key is not None
    token_id = int(made.inserted_primary_key[0])
    conn.execute(
        insert(token_scope),
        [{"token_id": token_id, "site": site, "role": role.value} for site, role in wanted],
    )
    detail = ", ".join(sorted(f"{role} at {site}" for site, role in wanted))
    audit(conn, by, Verb.ISSUED_TOKEN, f"program:{token_id}", None, now, f"{label}: {detail}"[:500])
    return secret


def lookup(conn: Connection, secret: str, now: int) -> Viewer | None:
    """The program as a viewer, or None. Its issuer's rights of today are its limit."""
    row = conn.execute(
        select(token).where(
            token.c.token_hash == opaque.digest(secret),
            token.c.revoked_at.is_(None),
            or_(token.c.expires_at.is_(None), token.c.expires_at > now),
        )
    ).first()
    if row is None:
        return None
    scopes = _scopes(conn, row.id)
    if row.issued_by != SYSTEM.user_id:
        issuer = viewer_of(conn, row.issued_by, now)
        if issuer is None:
            return None
        scopes = frozenset((site, role) for site, role in scopes if _has(issuer, site, role))
    return Viewer(
        user_id=row.issued_by, login=f"program:{row.label}", name=row.label, grants=scopes
    )


def revoke(conn: Connection, by: Viewer, token_id: int, now: int) -> None:
    """Raises NotFound for a token that is unknown, ended, or another's."""
    if token_id not in {found.id for found in listing(conn, by, now)}:
        raise not_found("revoke token", "token")
    conn.execute(update(token).where(token.c.id == token_id).values(revoked_at=now))
    audit(conn, by, Verb.REVOKED_TOKEN, f"program:{token_id}", None, now)


def listing(conn: Connection, by: Viewer, now: int) -> list[Token]:
    """Tokens in force: one's own, or all for who manages users everywhere."""
    query = (
        select(token)
        .where(
            token.c.revoked_at.is_(None),
            or_(token.c.expires_at.is_(None), token.c.expires_at > now),
        )
        .order_by(desc(token.c.id))
    )
    if EVERYWHERE not in by.sites(Action.MANAGE_USERS):
        query = query.where(token.c.issued_by == by.user_id)
    return [
        Token(
            id=row.id,
            label=row.label,
            scopes=_scopes(conn, row.id),
            issued_by=row.issued_by,
            issued_at=row.issued_at,
            expires_at=row.expires_at,
        )
        for row in conn.execute(query).all()
    ]


def _scopes(conn: Connection, token_id: int) -> frozenset[tuple[str, Role]]:
    query = select(token_scope.c.site, token_scope.c.role).where(token_scope.c.token_id == token_id)
    return frozenset((site, Role(role)) for site, role in conn.execute(query))


def _has(viewer: Viewer, site: str, role: Role) -> bool:
    return (site, role) in viewer.grants or (EVERYWHERE, role) in viewer.grants
