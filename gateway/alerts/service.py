"""What people do with an alert: take it, keep it, pass it, note, close, undo.

Every action runs inside the caller's transaction (`gateway.db.writing`), carries an idempotency key
(the same key twice does nothing twice) and returns an Outcome whose `news` the caller publishes
on the bulletin after the commit. `done_at` is an offline action's own time: kept beside `now`,
it never dates anything back.
"""

import sqlalchemy as sa

from gateway.access.viewer import Viewer
from gateway.alerts.episodes import Disposition, Outcome, Response


def acknowledge(
    conn: sa.Connection, viewer: Viewer, alert_id: int, done_at: int | None, key: str, now: int
) -> Outcome:
    """ "I have it": a free alert gets this owner; the owner's own again is "still on it".

    Who reaches the server first owns it: for the second, result "someone-else" says who has it.
    """
    raise NotImplementedError


def take_over(
    conn: sa.Connection, viewer: Viewer, alert_id: int, done_at: int | None, key: str, now: int
) -> Outcome:
    """An alert that somebody has gets this owner; a free one is acknowledged."""
    raise NotImplementedError


def note(
    conn: sa.Connection,
    viewer: Viewer,
    alert_id: int,
    text: str,
    done_at: int | None,
    key: str,
    now: int,
) -> Outcome:
    """A sentence on the timeline."""
    raise NotImplementedError


def close(
    conn: sa.Connection,
    viewer: Viewer,
    alert_id: int,
    disposition: Disposition,
    response: Response,
    minutes: int | None,
    note: str,
    done_at: int | None,
    key: str,
    now: int,
) -> Outcome:
    """End the care process, saying what it was and what was done. Words are optional."""
    raise NotImplementedError


def undo(conn: sa.Connection, viewer: Viewer, alert_id: int, key: str, now: int) -> Outcome:
    """Take back this viewer's own newest action within ten minutes; history only grows."""
    raise NotImplementedError
