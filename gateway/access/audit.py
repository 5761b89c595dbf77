"""The audit: who did what, and who looked at whom. Entries are only ever added.

Objects are "kind:id". A detail names what was done, never a value that was measured.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, Engine, desc, insert, select

from gateway.access.errors import not_found
from gateway.access.roles import Action
from gateway.access.tables import audit_entry
from gateway.access.viewer import Viewer
from gateway.db import reading, writing

LOOK_AGAIN_MS = 10 * 60_000  # looks of one person at one thing within this time are one entry


class Verb(StrEnum):
    """All that is ever recorded."""

    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    LOOKED = "looked at"
    OPENED_PAYLOAD = "opened the payload of"
    EXPORTED = "exported"
    ACKNOWLEDGED = "acknowledged"
    TOOK_OVER = "took over"
    NOTED = "noted on"
    CLOSED = "closed"
    UNDID = "undid"
    SPOKE = "spoke of"
    REPLAYED = "replayed"
    IMPORTED = "imported"
    CHANGED_CREDENTIAL = "changed the credential of"
    RECORDED_CONSENT = "recorded the consent of"
    WITHDREW_CONSENT = "withdrew the consent of"
    PAUSED = "paused"
    RESUMED = "resumed"
    SHARED = "shared"
    ENDED_SHARING = "ended the sharing of"
    CREATED_USER = "created"
    CHANGED_USER = "changed"
    DISABLED_USER = "disabled"
    GRANTED = "granted a role to"
    TOOK_GRANT = "took a role from"
    ISSUED_LINK = "issued a sign-in link to"
    ISSUED_TOKEN = "issued a token to"  # noqa: S105 - a verb, no secret
    REVOKED_TOKEN = "revoked the token of"  # noqa: S105 - a verb, no secret
    SET_PARAMETER = "set a limit of"
    ADOPTED_RULE = "adopted"
    STOPPED_RULE = "stopped"
    OFFERED_RULE = "took in"
    OPENED_REVIEW = "opened the review"
    PROPOSED = "proposed in"
    TOOK_POSITION = "took a position in"
    DECIDED = "decided"
    ERASED = "erased"
    SIMULATED = "told the simulator of"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit."""

    id: int
    at: int
    user_id: int
    login: str
    roles: str
    verb: Verb
    object: str
    site: str | None
    resident: str | None
    detail: str


def audit(
    conn: Connection,
    viewer: Viewer,
    verb: Verb,
    object: str,  # noqa: A002 - the grammar's word: subject, verb, object
    site: str | None,
    at: int,
    detail: str = "",
    resident: str | None = None,
) -> None:
    """Add one entry, in the transaction of what it records. `at` is wall time.

    `resident` says whom it is about; "resident:anna" as the object says so by itself.
    """
    if resident is None and object.startswith("resident:"):
        resident = object.removeprefix("resident:")
    conn.execute(
        insert(audit_entry),  # its values apart: SQLAlchemy then compiles it once, ever
        {
            "at": at,
            "user_id": viewer.user_id,
            "login": viewer.login,
            "roles": " ".join(sorted(viewer.roles(site))),
            "verb": verb.value,
            "object": object,
            "site": site,
            "resident": resident,
            "detail": detail,
        },
    )


def looked(
    conn: Connection,
    viewer: Viewer,
    object: str,  # noqa: A002 - as above
    site: str,
    resident: str | None,
    at: int,
) -> None:
    """Record a look, unless the same person's look at the same thing stands there already.

    Ask `looked_lately` on a reading connection first, so that a page that refreshes itself does
    not take the write lock each time.
    """
    if not looked_lately(conn, viewer, object, at):
        audit(conn, viewer, Verb.LOOKED, object, site, at, resident=resident)


def note_look(
    engine: Engine,
    viewer: Viewer,
    object: str,  # noqa: A002 - as above
    site: str,
    resident: str | None,
    at: int,
) -> None:
    """Record a look in its own short transaction; none where it stands there already.

    Of a list of people the object is the list ("residents:donegal") and `resident` is None.
    """
    if viewer.system:
        return
    with reading(engine) as conn:
        if looked_lately(conn, viewer, object, at):
            return
    with writing(engine) as conn:
        looked(conn, viewer, object, site, resident, at)


def looked_lately(conn: Connection, viewer: Viewer, object: str, at: int) -> bool:  # noqa: A002
    """Whether this look is recorded already, within LOOK_AGAIN_MS."""
    found = conn.execute(
        select(audit_entry.c.id)
        .where(
            audit_entry.c.user_id == viewer.user_id,
            audit_entry.c.login == viewer.login,
            audit_entry.c.object == object,
            audit_entry.c.verb == Verb.LOOKED.value,
            audit_entry.c.at > at - LOOK_AGAIN_MS,
        )
        .limit(1)
    ).first()
    return found is not None


def read_audit(
    conn: Connection,
    viewer: Viewer,
    resident: str,
    site: str,
    before: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Who looked at this resident and what was done, newest first. Raises NotFound.

    `before`: the id of the last entry seen, for the next page.
    """
    if not viewer.sees_resident(site, resident, Action.SEE_AUDIT):
        raise not_found("read who looked", "resident")
    query = (
        select(audit_entry)
        .where(audit_entry.c.resident == resident, audit_entry.c.site == site)
        .order_by(desc(audit_entry.c.id))
        .limit(limit)
    )
    if before is not None:
        query = query.where(audit_entry.c.id < before)
    return [
        Entry(
            id=row.id,
            at=row.at,
            user_id=row.user_id,
            login=row.login,
            roles=row.roles,
            verb=Verb(row.verb),
            object=row.object,
            site=row.site,
            resident=row.resident,
            detail=row.detail,
        )
        for row in conn.execute(query)
    ]
