"""Slowing down whoever guesses passwords, counted in the database.

An attempt is counted before the password is looked at, in its own short transaction, so that many
at once cannot slip past. The count is by login and by network address, whether or not an account
of that login exists: the answer never tells which.
"""

import hashlib

from sqlalchemy import Connection, delete, insert, select, update

from devices.errors import Refused, Spoken
from gateway.access.tables import attempt

FREE_LOGIN = 5  # failures before waiting begins
FREE_ADDRESS = 30  # a whole care centre may sit behind one address
FIRST_WAIT_MS = 15_000  # doubles with each further failure …
LONGEST_WAIT_MS = 15 * 60_000  # … up to this: nobody is locked out for good
FORGET_MS = 24 * 3_600_000


class Throttled(Refused):
    """Too many failures; `wait_ms` until the next attempt is looked at."""

    def __init__(
        self, operation: str, subject: str, problem: str, hint: str = "", wait_ms: int = 0
    ) -> None:
        self.wait_ms = wait_ms
        super().__init__(operation, subject, problem, hint)


def count(conn: Connection, login: str, address: str, now: int) -> None:
    """Count one attempt, as a failure until `forgive`. Raises Throttled, and counts nothing then.

    `now` is wall time in ms; the caller's transaction is a writing one.
    """
    conn.execute(delete(attempt).where(attempt.c.last_at < now - FORGET_MS))
    keys = _keys(login, address)
    for key, free in keys:
        wait = _wait(conn, key, free, now)
        if wait > 0:
            seconds = -(-wait // 1000)
            raise Throttled(
                "sign in",
                "this login",
                Spoken("too many attempts; wait {seconds} s", seconds=seconds),
                Spoken("Ask a coordinator for a sign-in link if you have lost the password"),
                wait_ms=wait,
            )
    for key, _ in keys:
        changed = conn.execute(
            update(attempt)
            .where(attempt.c.key == key)
            .values(failures=attempt.c.failures + 1, last_at=now)
        )
        if changed.rowcount == 0:
            conn.execute(insert(attempt).values(key=key, failures=1, last_at=now))


def forgive(conn: Connection, login: str, address: str) -> None:
    """The password was right: forget the login's failures, and this one of the address."""
    by_login, *by_address = _keys(login, address)
    conn.execute(delete(attempt).where(attempt.c.key == by_login[0]))
    for key, _ in by_address:
        conn.execute(
            update(attempt).where(attempt.c.key == key).values(failures=attempt.c.failures - 1)
        )


def _wait(conn: Connection, key: str, free: int, now: int) -> int:
    row = conn.execute(select(attempt).where(attempt.c.key == key)).first()
    if row is None or row.failures < free:
        return 0
    pause = min(FIRST_WAIT_MS << min(row.failures - free, 16), LONGEST_WAIT_MS)
    # A clock that was set back must not lock anyone out for longer than the pause.
    return int(min(row.last_at + pause - now, pause))


def _keys(login: str, address: str) -> list[tuple[str, int]]:
    keys = [(_key("login", login), FREE_LOGIN)]
    if address:
        keys.append((_key("address", address), FREE_ADDRESS))
    return keys


def _key(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode()).hexdigest()
