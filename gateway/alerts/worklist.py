"""What a viewer may see of alerts: the list, one alert, the events after an id."""

from typing import Literal

import sqlalchemy as sa

from gateway.access.viewer import Viewer
from gateway.alerts.episodes import AlertDetail, AlertRow, News, Worklist

Show = Literal["team", "mine", "closed"]


def worklist(
    conn: sa.Connection,
    viewer: Viewer,
    site: str | None = None,
    show: Show = "team",
    after: str | None = None,
    limit: int = 25,
) -> Worklist:
    """Open alerts by priority, unowned first, then oldest (closed: newest first)."""
    raise NotImplementedError


def row(conn: sa.Connection, viewer: Viewer, alert_id: int) -> AlertRow | None:
    """One line of the list, for a live update; None where the viewer may not see it."""
    raise NotImplementedError


def of_resident(conn: sa.Connection, viewer: Viewer, resident: str) -> tuple[AlertRow, ...]:
    """The open alerts of one resident."""
    raise NotImplementedError


def detail(conn: sa.Connection, viewer: Viewer, alert_id: int, now: int) -> AlertDetail:
    """One alert with all its history; audited. Raises NotFound where the viewer may not see it."""
    raise NotImplementedError


def find_code(conn: sa.Connection, viewer: Viewer, code: str) -> int | None:
    """The id of the alert that people call `code`."""
    raise NotImplementedError


def events_after(
    conn: sa.Connection, viewer: Viewer, event_id: int, limit: int = 500
) -> list[News]:
    """News the viewer may see with ids above `event_id`, oldest first (Last-Event-ID)."""
    raise NotImplementedError
