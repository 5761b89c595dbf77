"""What needs me now? The list of alerts, live; and one line of it for the event stream."""

from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import auth
from api.auth import PageViewer
from api.pages import heard
from api.pages.demo import panel
from api.pages.page import environment, is_htmx, render
from api.pages.sites import duty_phones, emergency_numbers, my_sites
from gateway.access import Action, NotAllowed, Viewer
from gateway.alerts import worklist
from gateway.alerts.episodes import AlertRow
from gateway.db import reading

router = APIRouter()

Show = Literal["team", "mine", "held", "closed"]
PAGE = 25
FLOOD_ROWS, FLOOD_MS = 10, 600_000  # EEMUA 191: ten alarms in ten minutes are a flood


@router.get("/alerts")
def alerts(
    request: Request,
    viewer: PageViewer,
    show: Show = "team",
    site: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
) -> Response:
    """The list: by priority, unowned first, then oldest; closed ones newest first."""
    if not (viewer.may(Action.SEE_ALERTS) or viewer.may(Action.SEE_DEVICES)):
        raise NotAllowed("open", "alerts", "no role that sees alerts", "Ask a coordinator")
    gateway = auth.gateway_of(request)
    now = gateway.clock.now()
    with reading(gateway.engine) as conn:
        found = worklist.worklist(conn, viewer, site, show, after, limit)
    people = [row.site for row in found.rows if not row.technical]
    worklist.note_looks(gateway.engine, viewer, people, now)
    directory = gateway.registry.directory
    recent = [row for row in found.rows if show == "team" and now - row.raised_at < FLOOD_MS]
    context: dict[str, Any] = {
        "show": show,
        "site": site,
        "found": found,
        "limit": limit,
        "after": after,
        "can_act": viewer.may(Action.ACT_ON_ALERTS) or viewer.may(Action.MANAGE_DEVICES),
        "homes": heard.homes(gateway, viewer, site) if not found.rows else None,
        "flood": len(recent) >= FLOOD_ROWS,
        "sites": my_sites(directory, viewer),
        "duty": duty_phones(directory, viewer, site),
        "emergency": emergency_numbers(directory, viewer),
        "open_count": sum(found.counts.values()),
        "try_it": panel(request, viewer),
    }
    name = "worklist_list.html" if is_htmx(request) else "worklist.html"
    return render(request, name, viewer=viewer, **context)


def rows_as_partials(
    conn: sa.Connection, viewer: Viewer, alert_ids: list[int], csrf: str, now: int
) -> str:
    """Changed lines and the counts as htmx partials: swapped in place, nothing is reordered."""
    rows = [row for one in alert_ids if (row := worklist.row(conn, viewer, one)) is not None]
    counts = worklist.worklist(conn, viewer, limit=1).counts
    return (
        environment(viewer.language)
        .get_template("worklist_partials.html")
        .render(
            viewer=viewer,
            rows=rows,
            counts=counts,
            csrf=csrf,
            now=now,
            can_act=viewer.may(Action.ACT_ON_ALERTS) or viewer.may(Action.MANAGE_DEVICES),
        )
    )


def row_html(request: Request, viewer: Viewer, row: AlertRow) -> Response:
    """One line after an action on it."""
    return render(request, "worklist_row.html", viewer=viewer, row=row, can_act=True)
