"""What a failing disk means for intake, told apart by SQLite's own code."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from devices.errors import Failed

EXIT_CODE = 3  # of a process whose disk lost a write; the supervisor starts it anew
_FULL, _BUSY, _LOCKED = 13, 5, 6


class JournalFull(Failed):
    """No space: nothing was stored or acknowledged; try again when there is."""


class JournalBusy(Failed):
    """Another program holds the journal: nothing was stored; try again."""


class JournalBroken(Failed):
    """A write or an fsync failed: what the kernel then keeps of it is unknown. End the process."""


def of(error: DBAPIError) -> Failed:
    """The journal's own error for what the driver raised."""
    cause = error.orig
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF if isinstance(cause, sqlite3.Error) else 0
    problem = str(cause)
    if code == _FULL:
        return JournalFull(
            "journal", "messages", problem, "Nothing is acknowledged until the disk has space again"
        )
    if code in {_BUSY, _LOCKED}:
        return JournalBusy(
            "journal", "messages", problem, "Close the program that holds journal.db"
        )
    return JournalBroken(
        "journal",
        "messages",
        problem,
        "The disk failed a write; the gateway ends and starts anew from what is safely on disk",
    )


@contextmanager
def told() -> Iterator[None]:
    """Raise the driver's errors as the journal's own."""
    try:
        yield
    except DBAPIError as error:
        raise of(error) from error
