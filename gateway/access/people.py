"""Reading a Viewer from the database: rights as they are at this moment."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, or_, select

from gateway.access.roles import Role
from gateway.access.tables import grant, sharing, user
from gateway.access.viewer import Viewer


def viewer_of(conn: Connection, user_id: int, now: int) -> Viewer | None:
    """The viewer of an account that is not disabled."""
    row = conn.execute(select(user).where(user.c.id == user_id)).first()
    if row is None or row.disabled_at is not None:
        return None
    grants = _grants(conn, user_id)
    own = _own(conn, row, grants, now)
    return Viewer(
        user_id=row.id,
        login=row.login,
        name=row.name,
        grants=grants,
        resident_id=row.resident or (min(own) if own else None),
        language=row.language,
        residents=own,
    )


def _grants(conn: Connection, user_id: int) -> frozenset[tuple[str, Role]]:
    query = select(grant.c.site, grant.c.role).where(grant.c.user_id == user_id)
    return frozenset((site, Role(role)) for site, role in conn.execute(query))


def _own(
    conn: Connection, row: Row[tuple[object, ...]], grants: frozenset[tuple[str, Role]], now: int
) -> frozenset[str]:
    """Oneself as a resident, and whoever shares with this relative now."""
    roles = {role for _, role in grants}
    own = {row.resident} if row.resident and Role.RESIDENT in roles else set()
    if Role.FAMILY in roles:
        own.update(_sharing_with(conn, row.id, now))
    return frozenset(own)


def _sharing_with(conn: Connection, user_id: int, now: int) -> Sequence[str]:
    return (
        conn.execute(
            select(sharing.c.resident).where(
                sharing.c.user_id == user_id,
                sharing.c.from_at <= now,
                or_(sharing.c.to_at.is_(None), sharing.c.to_at > now),
            )
        )
        .scalars()
        .all()
    )
