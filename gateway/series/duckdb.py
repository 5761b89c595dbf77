"""The embedded series store: one DuckDB file, one process, offset and rows in one transaction.

No primary key: exactly-once comes from the offset, and an index would cost more than the data. One
connection; every call takes a cursor of its own, so that a long chart never blocks the writer.
Erasing rewrites the file, because a DELETE leaves the bytes in it.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from devices.errors import Failed
from devices.reading import Reading
from gateway.series import duckdb_sql as sql
from gateway.series.gate import Gate
from gateway.series.newest import Newest
from gateway.series.sealing import Group, Rows, Sealer, publish
from gateway.series.store import (
    FOREVER,
    Bucket,
    Columns,
    Health,
    LatestRow,
    Query,
    Stay,
    check_width,
)

WAL_LIMIT = "64MB"
SEALED_AT_ONCE = 2_000_000  # rows in memory, unless one home has more


class DuckDBStore:
    """See `Store`."""

    name = "duckdb"

    def __init__(self, path: Path, memory_mib: int = 1024) -> None:
        """Open or create the file. Raises Failed where another process holds it."""
        self._path = path
        self._config: dict[str, Any] = {
            "threads": "1",
            "memory_limit": f"{memory_mib}MiB",
            "checkpoint_threshold": WAL_LIMIT,
            "temp_directory": str(path.with_suffix(".tmp")),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        self._gate = Gate()  # calls go through together, erasing alone
        self._writer = threading.Lock()
        self._newest = Newest(self._scan_newest)
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._offset = 0
        self._open()

    def _open(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._rewritten.unlink(missing_ok=True)  # an erasure that was killed half-way
            connection = duckdb.connect(str(self._path), config=self._config)
            self._path.chmod(0o600)
            connection.execute(sql.CREATE)
            # all of it: a result that is not read to its end is an open transaction, and while one
            # is open no checkpoint happens, so that memory and the log grow without end
            rows = connection.execute(sql.OFFSET).fetchall()
        except (duckdb.Error, OSError) as error:
            raise Failed(
                "open the series store",
                str(self._path),
                str(error),
                "One process at a time opens it: is another gateway running?",
            ) from error
        self._connection = connection
        self._offset = int(rows[0][0])

    @contextmanager
    def _cursor(self, operation: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one call; DuckDB's errors become Failed."""
        with self._gate.shared():
            connection = self._connection
            if connection is None:
                raise Failed(operation, str(self._path), "the store is closed", "Open it again")
            try:
                with connection.cursor() as cursor:
                    yield cursor
            except duckdb.Error as error:
                raise Failed(
                    operation, str(self._path), str(error), "See the gateway's health page"
                ) from error

    def offset(self) -> int:
        return self._offset

    def write(self, readings: Sequence[Reading], offset: int) -> None:
        with self._writer:
            stored = self._offset
            if offset <= stored:
                return
            fresh = readings
            if readings and readings[0].offset <= stored:
                fresh = [reading for reading in readings if reading.offset > stored]
            try:
                with self._cursor("store readings") as cursor:
                    _write(cursor, fresh, offset)
            except Failed as error:
                if isinstance(error.__cause__, duckdb.FatalException | duckdb.IOException):
                    self._reopen()  # DuckDB refuses everything after a failed write until then
                raise
            self._offset = offset
            self._newest.take(fresh)

    @contextmanager
    def transaction(self, operation: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """All or nothing, beside the projector's writes: for what no journal holds (`past.py`)."""
        with self._writer, self._cursor(operation) as cursor, _transaction(cursor):
            yield cursor
        self._newest.forget()

    def _reopen(self) -> None:
        with self._gate.alone():
            self._close()
            self._open()
            self._newest.forget()  # whether the failed write is in it, only the file knows

    def read(self, query: Query) -> Columns:
        text, values = sql.select(query)
        with self._cursor("read readings") as cursor:
            return sql.to_columns(cursor.execute(text, values).fetchnumpy())

    def buckets(self, query: Query, width_ms: int) -> list[Bucket]:
        check_width(width_ms)
        text, values = sql.bucketed(query, width_ms)
        with self._cursor("down-sample readings") as cursor:
            rows = cursor.execute(text, values).fetchall()
        return [Bucket(*row) for row in rows]

    def latest(self, query: Query) -> list[LatestRow]:
        if self._newest.answers(query):
            with self._cursor("read the latest readings"):  # not while the store is closed
                return self._newest.rows(query)
        text, values = sql.newest(query)
        with self._cursor("read the latest readings") as cursor:
            rows = cursor.execute(text, values).fetchall()
        return [LatestRow(*row) for row in rows]

    def _scan_newest(self) -> Iterator[tuple[str, tuple[int, int, int], LatestRow]]:
        assert self._connection is not None
        with self._connection.cursor() as cursor:
            for row in cursor.execute(sql.NEWEST).fetchall():
                yield row[0], row[1:4], LatestRow(*row[4:])

    def counts(
        self, site: str | None = None, *, start: int = 0, end: int = FOREVER
    ) -> dict[str, int]:
        with self._cursor("count readings") as cursor:
            rows = cursor.execute(sql.COUNTS, [site, site, start, end]).fetchall()
        return dict(rows)

    def erase(
        self, resident: str, start: int = 0, end: int = FOREVER, stays: Sequence[Stay] = ()
    ) -> int:
        """Copies what remains into a new file that takes the old one's place.

        Needs free disk of the size of the file. Reads and writes wait meanwhile.
        """
        count, keep, values = sql.erasing(resident, start, end, stays)
        with self._writer, self._gate.alone():
            if self._connection is None:
                self._open()
            assert self._connection is not None
            try:
                ((found,),) = self._connection.execute(count, values).fetchall()
                if found:
                    self._rewrite(self._connection, keep, values)
                    self._newest.forget()
            except (duckdb.Error, OSError) as error:
                self._close()
                self._open()
                raise Failed(
                    "erase readings",
                    resident,
                    str(error),
                    "Nothing was erased: free disk and try again",
                ) from error
        return int(found)

    @property
    def _rewritten(self) -> Path:
        return self._path.with_suffix(".rewritten")

    def _rewrite(self, connection: duckdb.DuckDBPyConnection, keep: str, values: list[Any]) -> None:
        new = self._rewritten
        new.unlink(missing_ok=True)
        connection.execute(sql.attach(new))
        connection.execute(sql.CREATE_REWRITTEN)
        connection.execute(sql.KEEP_REST)
        connection.execute(keep, values)
        connection.execute("CHECKPOINT rewritten")
        connection.execute("DETACH rewritten")
        self._close()  # checkpoints, so that no write-ahead log of the old file remains
        publish(new, self._path)
        self._path.with_name(self._path.name + ".wal").unlink(missing_ok=True)
        self._open()

    def seal(self, site: str, start: int, end: int, path: Path) -> str:
        """Some homes at a time, so that memory is bounded; of one moment, whatever is written
        meanwhile.
        """
        with self._cursor("seal a snapshot") as cursor:
            cursor.begin()
            try:
                with Sealer(path, site, start, end) as sealer:
                    for groups, rows in _by_homes(cursor, site, start, end):
                        sealer.add(groups, rows)
                    return sealer.finish()
            except OSError as error:
                raise Failed(
                    "seal a snapshot", str(path), str(error), "Free disk, try again"
                ) from error
            finally:
                cursor.rollback()

    def health(self) -> Health:
        try:
            with self._cursor("check the series store") as cursor:
                cursor.execute("SELECT 1").fetchall()
            size = os.stat(self._path).st_size  # noqa: PTH116  # one call
        except (Failed, OSError) as error:
            return Health(ok=False, detail=str(error), offset=self._offset)
        return Health(ok=True, detail=f"{size / 2**20:.0f} MiB", offset=self._offset)

    def close(self) -> None:
        with self._writer, self._gate.alone():
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def _transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    cursor.begin()
    try:
        yield
        cursor.commit()
    except BaseException:
        with suppress(duckdb.Error):  # the first error is the one to report
            cursor.rollback()
        raise


def _write(cursor: duckdb.DuckDBPyConnection, readings: Sequence[Reading], offset: int) -> None:
    with _transaction(cursor):
        if readings:
            cursor.register("batch", sql.batch(readings))
            cursor.execute(sql.INSERT)
            cursor.unregister("batch")
        cursor.execute(sql.MOVE, [offset])


def _by_homes(
    cursor: duckdb.DuckDBPyConnection, site: str, start: int, end: int
) -> Iterator[tuple[list[Group], Rows]]:
    """All rows, some whole homes at a time, in order of homes."""
    text, values = sql.groups(site, start, end)
    known: dict[str, list[tuple[int, Group, int]]] = {}
    for code, *rest, count in cursor.execute(text, values).fetchall():
        group = Group(*rest)
        known.setdefault(group.home, []).append((code, group, count))
    if len({code for own in known.values() for code, _, _ in own}) < sum(map(len, known.values())):
        problem = "two groups of readings have the same hash"  # 2^-64 for each pair
        raise Failed("seal a snapshot", site, problem, "Seal another interval")
    for homes in _batches({home: sum(n for _, _, n in own) for home, own in known.items()}):
        own = sorted((code, group) for home in homes for code, group, _ in known[home])
        text, values = sql.sealed(site, start, end, homes)
        found = cursor.execute(text, values).fetchnumpy()
        codes = np.array([code for code, _ in own], np.uint64)
        yield (
            [group for _, group in own],
            Rows(
                np.searchsorted(codes, np.asarray(found["code"], np.uint64)),
                *(np.asarray(found[name], np.int64) for name in ("at", "x", "order", "quality")),
            ),
        )


def _batches(counts: dict[str, int]) -> Iterator[list[str]]:
    batch: list[str] = []
    rows = 0
    for home in sorted(counts):
        if batch and rows + counts[home] > SEALED_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append(home)
        rows += counts[home]
    if batch:
        yield batch
