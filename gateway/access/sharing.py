"""Sharing with relatives: a resident's decision, recorded, in force at once, revocable at once."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, or_, select, update

from devices.errors import Refused
from gateway.access.audit import Verb, audit
from gateway.access.people import viewer_of
from gateway.access.roles import Action, Role
from gateway.access.tables import sharing, user
from gateway.access.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Shared:
    """One relative who may see a resident."""

    user_id: int
    name: str
    from_at: int


def share(
    conn: Connection, viewer: Viewer, site: str, resident: str, user_id: int, now: int
) -> None:
    """From now on this relative sees this resident. Raises NotFound, Refused.

    By the resident, or by a coordinator who records what the resident said.
    """
    viewer.require_resident(Action.SHARE, site, resident, "share")
    relative = viewer_of(conn, user_id, now)
    if relative is None or Role.FAMILY not in relative.roles(site):
        raise Refused(
            "share", "this account", "it is no relative's at this site", "Give it the role family"
        )
    if resident in relative.residents:
        return
    conn.execute(
        insert(sharing).values(
            resident=resident, user_id=user_id, from_at=now, agreed_by=viewer.user_id
        )
    )
    audit(conn, viewer, Verb.SHARED, f"resident:{resident}", site, now, f"with user:{user_id}")


def end(conn: Connection, viewer: Viewer, site: str, resident: str, user_id: int, now: int) -> None:
    """The relative sees nothing more from this moment on."""
    viewer.require_resident(Action.SHARE, site, resident, "end sharing")
    ended = conn.execute(
        update(sharing)
        .where(
            sharing.c.resident == resident,
            sharing.c.user_id == user_id,
            or_(sharing.c.to_at.is_(None), sharing.c.to_at > now),
        )
        .values(to_at=now)
    )
    if ended.rowcount:
        what = f"with user:{user_id}"
        audit(conn, viewer, Verb.ENDED_SHARING, f"resident:{resident}", site, now, what)


def listing(conn: Connection, viewer: Viewer, site: str, resident: str, now: int) -> list[Shared]:
    """With whom a resident shares now. Raises NotFound."""
    viewer.require_resident(Action.SHARE, site, resident, "list sharing")
    query = (
        select(sharing.c.user_id, user.c.name, sharing.c.from_at)
        .join(user, user.c.id == sharing.c.user_id)
        .where(
            sharing.c.resident == resident,
            sharing.c.from_at <= now,
            or_(sharing.c.to_at.is_(None), sharing.c.to_at > now),
        )
        .order_by(user.c.name)
    )
    return [Shared(row.user_id, row.name, row.from_at) for row in conn.execute(query)]
