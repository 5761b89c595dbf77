"""Changes that people make to the registry between imports: pause, consent.

Each checks the viewer, adds to the audit and counts the revision up; after the commit call
`Registry.reload`. `at` is in the site's own time, `now` is wall time.
"""

from sqlalchemy import Connection, insert, or_, select, update

from devices.errors import Refused
from gateway.access import Action, Viewer, not_found
from gateway.access.audit import Verb, audit
from gateway.registry import tables as t
from gateway.registry.records import MONITORING, bump


def pause(
    conn: Connection,
    viewer: Viewer,
    resident: str,
    at: int,
    until: int | None,
    now: int,
    *,
    reason: str = "",
    covers_alarms: bool = False,
) -> None:
    """Pause a resident's monitoring from `at` until `until` (None: until resumed).

    SOS, falls, smoke and water still alert, unless `covers_alarms`, for which the page asks apart.
    Raises NotFound, Refused.
    """
    site = _site(conn, viewer, resident, Action.PAUSE_MONITORING, "pause")
    if covers_alarms:
        viewer.require_resident(Action.PAUSE_ALARMS, site, resident, "pause alarms")
    if until is not None and until <= at:
        raise Refused("pause", resident, "it ends before it begins", "Choose a later end")
    _end_pauses(conn, resident, at)
    conn.execute(
        insert(t.pause).values(
            resident=resident,
            covers_alarms=covers_alarms,
            reason=reason[:200],
            from_at=at,
            to_at=until,
        )
    )
    bump(conn)
    what = "monitoring and alarms" if covers_alarms else "monitoring"
    audit(conn, viewer, Verb.PAUSED, f"resident:{resident}", site, now, what)


def resume(conn: Connection, viewer: Viewer, resident: str, at: int, now: int) -> None:
    """End every pause. Raises NotFound."""
    site = _site(conn, viewer, resident, Action.PAUSE_MONITORING, "resume")
    if _end_pauses(conn, resident, at):
        bump(conn)
        audit(conn, viewer, Verb.RESUMED, f"resident:{resident}", site, now)


def record_consent(conn: Connection, viewer: Viewer, resident: str, at: int, now: int) -> None:
    """The resident agrees to monitoring from `at` on. Raises NotFound, Refused."""
    site = _site(conn, viewer, resident, Action.RECORD_CONSENT, "record consent")
    overlapping = conn.execute(
        select(t.consent.c.id).where(
            t.consent.c.resident == resident,
            t.consent.c.kind == MONITORING,
            or_(t.consent.c.to_at.is_(None), t.consent.c.to_at > at),
        )
    ).first()
    if overlapping is not None:
        raise Refused(
            "record consent", resident, "consent is recorded for that time", "Look at its dates"
        )
    conn.execute(insert(t.consent).values(resident=resident, kind=MONITORING, from_at=at))
    bump(conn)
    audit(conn, viewer, Verb.RECORDED_CONSENT, f"resident:{resident}", site, now)


def withdraw_consent(conn: Connection, viewer: Viewer, resident: str, at: int, now: int) -> None:
    """No value measured from `at` on is kept any more; alerts that are open stay open.

    By the resident, or by a coordinator who records what they said. Raises NotFound, Refused.
    """
    site = _site(conn, viewer, resident, Action.WITHDRAW_CONSENT, "withdraw consent")
    ended = conn.execute(
        update(t.consent)
        .where(
            t.consent.c.resident == resident,
            t.consent.c.kind == MONITORING,
            t.consent.c.from_at <= at,
            or_(t.consent.c.to_at.is_(None), t.consent.c.to_at > at),
        )
        .values(to_at=at)
    )
    if ended.rowcount == 0:
        raise Refused("withdraw consent", resident, "none is in force then", "Look at its dates")
    bump(conn)
    audit(conn, viewer, Verb.WITHDREW_CONSENT, f"resident:{resident}", site, now)


def _site(conn: Connection, viewer: Viewer, resident: str, action: Action, operation: str) -> str:
    site: str | None = conn.execute(
        select(t.resident.c.site).where(t.resident.c.id == resident)
    ).scalar()
    if site is None or not viewer.sees_resident(site, resident, action):
        raise not_found(operation, "resident")
    return site


def _end_pauses(conn: Connection, resident: str, at: int) -> int:
    """Ends what runs at `at`, and drops what was to begin later."""
    open_after = or_(t.pause.c.to_at.is_(None), t.pause.c.to_at > at)
    running = conn.execute(
        update(t.pause)
        .where(t.pause.c.resident == resident, t.pause.c.from_at <= at, open_after)
        .values(to_at=at)
    )
    planned = conn.execute(
        update(t.pause)
        .where(t.pause.c.resident == resident, t.pause.c.from_at > at, open_after)
        .values(to_at=t.pause.c.from_at)
    )
    return running.rowcount + planned.rowcount
