"""The journal: the truth of the last days, and the one place where a message becomes durable.

One transaction a batch, `synchronous=FULL`; what `append` has returned for is on disk. Everything
after it is a projection with its own offset. Payloads lie sealed, digests are keyed.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Engine, event

from gateway.clock import Clock
from gateway.db import reading, writing
from gateway.intake import faults
from gateway.intake.batch import Batch, Maker, load_memory
from gateway.intake.digest import Digests
from gateway.intake.keyring import Keyring
from gateway.intake.rows import Flag, Message, Row

__all__ = ["Appended", "Flag", "Journal", "Message", "Row"]

DAY_MS = 86_400_000
TAIL_ROWS = 8_192
TAIL_BYTES = 16 * 1_048_576
CHECKPOINT_ROWS = 20_000  # how far the write-ahead log grows
PRUNE_ROWS = 2_000  # in one transaction, so that intake waits for milliseconds only
_COLUMNS = "offset, topic, payload, received_at, site_at, flags, first_received_at, part, key_id"
_CLAIM = "INSERT INTO claim VALUES (?,?) ON CONFLICT (name) DO UPDATE SET offset = excluded.offset"
_REDACT = (
    "UPDATE journal SET payload = NULL, key_id = NULL, flags = flags | ?"
    " WHERE offset IN (SELECT offset FROM redaction WHERE offset <= ?)"
)
_PRUNE = (
    "DELETE FROM journal WHERE offset IN (SELECT offset FROM journal"
    " WHERE offset <= ? AND received_at < ? ORDER BY offset LIMIT ?)"
)


class Appended(NamedTuple):
    """What became of a batch."""

    stored: int
    duplicates: int
    missing: tuple[tuple[str, int], ...]  # (site/home/device, sequence numbers never seen)


class Journal:
    """One gateway's journal. All methods may be called from any thread."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        keyring: Keyring,
        *,
        payload_limit: int = 65_536,
        retention_days: int = 30,
        withhold: Callable[[Message], bool] | None = None,
    ) -> None:
        """`withhold(message)`: no consent now, so that no byte of it may be kept."""
        self._engine, self._clock, self.keyring = engine, clock, keyring
        self._retention = retention_days * DAY_MS
        self._maker = Maker(keyring, Digests(keyring.digest_key), payload_limit, withhold)
        self._lock = threading.Lock()  # one writer
        self._moved = threading.Condition()
        self._idle = threading.Lock()  # guards the promise below against a batch that begins
        self._floor = 0
        self._appending = False
        self._queued: Callable[[], bool] = lambda: False
        # The newest rows, opened: a consumer that keeps up never asks the database.
        self._tail: deque[Row] = deque()
        self._tail_bytes = 0
        self._unchecked = 0
        # A checkpoint that SQLite runs by itself swallows a failed fsync; ours does not.
        event.listen(engine, "connect", _no_checkpoint)
        engine.dispose()
        with reading(engine) as conn:
            self._memory = load_memory(conn)
            claims = conn.exec_driver_sql("SELECT name, offset FROM claim").all()
        self._claims: dict[str, int] = {row[0]: row[1] for row in claims}
        self._last = self._memory.offset

    # -- writing

    def append(self, messages: Sequence[Message]) -> Appended:
        """Store a batch; on return it is on disk, duplicates dropped.

        Raises JournalFull or JournalBusy (nothing was stored: try again) and JournalBroken (the
        disk lost a write: the process must end).
        """
        with self._lock:
            with self._idle:
                self._appending = True
                memory = self._memory.child(self._floor)
            try:
                with faults.told(), writing(self._engine) as conn:
                    rows, missing = Batch(self._maker, conn, memory).store(messages)
                self._memory = memory.settled()
                self._remember(rows)
                self._checkpoint(len(rows))
            finally:
                with self._idle:
                    self._appending = False
        return Appended(len(rows), len(messages) - len(rows), missing)

    def _remember(self, rows: list[Row]) -> None:
        if not rows:
            return
        with self._moved:
            self._tail.extend(rows)
            self._tail_bytes += sum(len(row.payload) for row in rows)
            while len(self._tail) > TAIL_ROWS or self._tail_bytes > TAIL_BYTES:
                self._tail_bytes -= len(self._tail.popleft().payload)
            self._last = rows[-1].offset
            self._moved.notify_all()

    def _checkpoint(self, rows: int) -> None:
        self._unchecked += rows
        if self._unchecked >= CHECKPOINT_ROWS:
            self._unchecked = 0
            with faults.told(), self._engine.connect() as conn:
                conn.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").close()

    # -- reading

    def last_offset(self) -> int:
        """Of the newest row; 0 before the first."""
        return self._last

    def read(self, after: int, limit: int) -> list[Row]:
        """Rows in order, all with offset > `after`. Withheld and erased payloads are empty."""
        with self._moved:
            if self._tail and after >= self._tail[0].offset - 1:
                skip = self._skip(after)
                return list(islice(self._tail, skip, skip + limit))
        with reading(self._engine) as conn:
            return [
                self._open(row)
                for row in conn.exec_driver_sql(
                    f"SELECT {_COLUMNS} FROM journal WHERE offset > ? ORDER BY offset LIMIT ?",  # noqa: S608  # a constant
                    (after, limit),
                )
            ]

    def one(self, offset: int) -> Row | None:
        """One row; None where it is pruned."""
        rows = self.read(offset - 1, 1)
        return rows[0] if rows and rows[0].offset == offset else None

    def _skip(self, after: int) -> int:
        """How many rows of the tail lie at or before `after` (offsets are nearly dense)."""
        low, high = 0, min(len(self._tail), after - self._tail[0].offset + 1)
        rows = self._tail
        while high > low and rows[high - 1].offset > after:
            high -= 1
        return high

    def _open(self, row: Any) -> Row:
        offset, topic, sealed, received_at, site_at, flags, first, part, key_id = row
        payload = self.keyring.open(key_id, topic, sealed) if sealed is not None else b""
        if payload is None:
            payload, flags = b"", flags | int(Flag.WITHHELD)  # its key is destroyed
        return Row(offset, topic, payload, received_at, site_at, flags, first, part)

    def wait(self, after: int, timeout: float) -> bool:
        """Until a row beyond `after` is there; False after `timeout` seconds."""
        with self._moved:
            return self._moved.wait_for(lambda: self._last > after, timeout)

    def wake(self) -> None:
        """Let every waiting consumer look up, as for a stop."""
        with self._moved:
            self._moved.notify_all()

    # -- time

    def queued_by(self, queued: Callable[[], bool]) -> None:
        """`queued()` tells whether messages wait before the journal."""
        self._queued = queued

    def idle_at(self) -> int | None:
        """A wall time, ms, that no later row's `received_at` comes before; None while rows come.

        The promise holds by construction: the next batch begins at it.
        """
        now = self._clock.now()
        with self._idle:
            if self._appending or self._queued():
                return None
            self._floor = max(self._floor, now, self._memory.received_at)
            return self._floor

    def behind_ms(self) -> int:
        """How far the wall clock stands before the journal's last receipt; 0: it does not."""
        return max(0, self._memory.received_at - self._clock.now())

    def site_at(self, site: str) -> int | None:
        """A data site's clock, as last ticked."""
        return self._memory.clocks.get(site)

    def last_received_at(self) -> int | None:
        """Wall ms of the newest row; None before the first."""
        return self._memory.received_at or None

    # -- keeping

    def knows(self, broker: str) -> bool:
        """Whether this gateway has had a session at this broker."""
        with reading(self._engine) as conn:
            query = "SELECT 1 FROM contact WHERE broker = ?"
            return conn.exec_driver_sql(query, (broker,)).first() is not None

    def meet(self, broker: str, now: int) -> None:
        """It has one from now on: to find it gone later is a gap."""
        with writing(self._engine) as conn:
            conn.exec_driver_sql("INSERT OR IGNORE INTO contact VALUES (?,?)", (broker, now))

    def claim(self, name: str, offset: int) -> None:
        """The projection `name` has consumed up to `offset`; nothing beyond it is ever pruned.

        Kept in memory until the next `prune`: an older claim after a crash only keeps more.
        """
        self._claims[name] = offset

    def release(self, name: str) -> None:
        """The projection `name` is no more."""
        self._claims.pop(name, None)
        with writing(self._engine) as conn:
            conn.exec_driver_sql("DELETE FROM claim WHERE name = ?", (name,))

    def claims(self) -> dict[str, int]:
        """Every projection's offset: last_offset() minus it is its lag."""
        return dict(self._claims)

    def redact(self, offsets: Iterable[int]) -> None:
        """Values in these rows may not be kept: their bytes go once all projections passed them."""
        values = [(offset,) for offset in offsets]
        if values:
            with writing(self._engine) as conn:
                conn.exec_driver_sql("INSERT OR IGNORE INTO redaction VALUES (?)", values)

    def prune(self, now: int) -> int:
        """Redact what is due, delete what is older than the retention; how many rows went.

        Never a row that a projection has not consumed, never the last row (offsets go on).
        """
        with self._lock:
            claims = dict(self._claims)
            horizon = min(claims.values(), default=0)
            with faults.told(), writing(self._engine) as conn:
                if claims:
                    conn.exec_driver_sql(_CLAIM, list(claims.items()))
                redacted = conn.exec_driver_sql(_REDACT, (int(Flag.WITHHELD), horizon)).rowcount
                conn.exec_driver_sql("DELETE FROM redaction WHERE offset <= ?", (horizon,))
            if redacted:
                with self._moved:
                    self._tail.clear()
                    self._tail_bytes = 0
        gone = 0
        limit = (min(horizon, self._last - 1), now - self._retention, PRUNE_ROWS)
        while True:
            with self._lock, faults.told(), writing(self._engine) as conn:
                part = conn.exec_driver_sql(_PRUNE, limit).rowcount
            gone += part
            if part < PRUNE_ROWS:
                return gone


def _no_checkpoint(connection: Any, _: object) -> None:
    connection.execute("PRAGMA wal_autocheckpoint = 0").close()
    # Where a byte of a value was, zeros are: a redaction leaves nothing in the file.
    connection.execute("PRAGMA secure_delete = ON").close()
