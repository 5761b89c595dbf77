"""What a viewer may see of alerts: the list, one line of it, the events after an id."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access import Viewer
from gateway.access.audit import note_look
from gateway.alerts import tables
from gateway.alerts.codes import normal
from gateway.alerts.detail import detail
from gateway.alerts.episodes import AlertRow, EventKind, News, Priority, Worklist
from gateway.alerts.lines import EXPLAINED, LINES, line, row, visible

__all__ = [
    "detail",
    "events_after",
    "find_code",
    "note_looks",
    "of_resident",
    "row",
    "visible",
    "worklist",
]

Show = Literal["team", "mine", "held", "closed"]
LARGEST_PAGE = 200

_a = tables.alert.c
_SHOWN: Mapping[str, Callable[[Viewer], sa.ColumnElement[bool]]] = {
    "team": lambda _: sa.not_(EXPLAINED),
    "mine": lambda viewer: _a.owner == viewer.user_id,
    "held": lambda _: EXPLAINED,
}


def worklist(
    conn: sa.Connection,
    viewer: Viewer,
    site: str | None = None,
    show: Show = "team",
    after: str | None = None,
    limit: int = 25,
) -> Worklist:
    """Open alerts by priority, unowned first, then oldest; closed ones newest first.

    `team` leaves out what a broader cause explains while that is open, `held` is only that; `mine`
    leaves out what others have.
    What is left out is counted in `hidden`. `after` is the `next` of the page before.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    where = [visible(viewer)]
    if site is not None:
        where.append(_a.site == site)
    if show == "closed":
        order = [sa.desc(_a.closed_at), sa.desc(_a.id)]
        wanted = [*where, _a.closed_at.is_not(None)]
    else:
        order = [_a.rank, sa.case((_a.owner.is_(None), 0), else_=1), _a.raised_at, _a.id]
        wanted = [*where, _a.closed_at.is_(None)]
        wanted.append(_SHOWN[show](viewer))
    start = _offset(after)
    found = conn.execute(LINES.where(*wanted).order_by(*order).offset(start).limit(limit + 1)).all()
    counts = _counts(conn, where)
    shown = sa.select(sa.func.count()).select_from(LINES.where(*wanted).subquery())
    hidden = 0 if show == "closed" else sum(counts.values()) - conn.execute(shown).scalar_one()
    return Worklist(
        tuple(line(viewer, one) for one in found[:limit]),
        counts,
        hidden,
        str(start + limit) if len(found) > limit else None,
        _last_event(conn),
    )


def note_looks(engine: sa.Engine, viewer: Viewer, sites: Iterable[str], now: int) -> None:
    """For the audit: lines about people of these sites were shown. One entry per site and time."""
    for site in sorted(set(sites)):
        note_look(engine, viewer, f"alerts:{site}", site, None, now)


def of_resident(conn: sa.Connection, viewer: Viewer, resident: str) -> tuple[AlertRow, ...]:
    """The open alerts of one resident, the most urgent first."""
    found = conn.execute(
        LINES.where(_a.resident == resident, _a.closed_at.is_(None), visible(viewer)).order_by(
            _a.rank, _a.raised_at
        )
    )
    return tuple(line(viewer, one) for one in found)


def find_code(conn: sa.Connection, viewer: Viewer, code: str) -> int | None:
    """The id of the alert that people call `code`; None where the viewer may not see it."""
    query = sa.select(_a.id).where(_a.code == normal(code), visible(viewer))
    return conn.execute(query).scalar_one_or_none()


def events_after(
    conn: sa.Connection, viewer: Viewer, event_id: int, limit: int = 500
) -> list[News]:
    """News the viewer may see with ids above `event_id`, oldest first (Last-Event-ID)."""
    e = tables.alert_event.c
    rows = conn.execute(
        sa.select(
            e.id, e.alert_id, _a.code, _a.site, _a.home, _a.resident, e.kind, _a.priority, e.at
        )
        .join(tables.alert, _a.id == e.alert_id)
        .where(e.id > event_id, visible(viewer))
        .order_by(e.id)
        .limit(limit)
    )
    return [
        News(
            one.id,
            one.alert_id,
            one.code,
            one.site,
            one.home,
            one.resident,
            EventKind(one.kind),
            Priority(one.priority),
            one.at,
        )
        for one in rows
    ]


def _counts(conn: sa.Connection, where: list[sa.ColumnElement[bool]]) -> Mapping[Priority, int]:
    query = (
        sa.select(_a.priority, sa.func.count())
        .where(*where, _a.closed_at.is_(None))
        .group_by(_a.priority)
    )
    found = {Priority(priority): number for priority, number in conn.execute(query)}
    return {priority: found.get(priority, 0) for priority in Priority}


def _last_event(conn: sa.Connection) -> int:
    return conn.execute(sa.select(sa.func.max(tables.alert_event.c.id))).scalar() or 0


def _offset(after: str | None) -> int:
    if after is None:
        return 0
    if not after.isdecimal() or len(after) > 9:
        raise Refused(
            "list alerts",
            f"after={after[:20]!r}",
            Spoken("not a place in the list"),
            Spoken("Leave it out"),
        )
    return int(after)
