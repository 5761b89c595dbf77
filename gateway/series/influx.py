"""InfluxDB as a series store: at least once, and what is written again overwrites itself.

The offset is a small file beside the gateway's data, moved only after the server has answered 204,
so a crash in between writes a batch again. Lines that the server refuses are kept in a file for an
operator, one by one, so that a single bad one holds up nothing. It stores counts, times and ids;
original texts and device times stay in the journal.
"""

import datetime as dt
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from devices.errors import Failed
from devices.reading import Reading
from gateway.series import influx_ql as ql
from gateway.series.influx_lines import LAST_MS, MEASUREMENT, NOBODY, SPARE, lines
from gateway.series.influx_server import Rejected, Server
from gateway.series.sealing import publish, seal_columns
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

BATCH = 5_000  # lines in one request


class InfluxStore:
    """See `Store`."""

    name = "influxdb"

    def __init__(
        self,
        folder: Path,
        url: str,
        token: str | None = None,
        org: str = "",
        bucket: str = "homecare",
    ) -> None:
        """`folder` holds the offset and refused lines. Needs no server to be opened."""
        self._folder = folder
        self._server = Server(url, token, org, bucket)
        self._lock = threading.Lock()
        self.refused = 0  # lines since the start; they lie in `refused.lines`
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = self._offset_file.read_text() if self._offset_file.exists() else "0"
            self._offset = int(text)
        except (OSError, ValueError) as error:
            raise Failed(
                "open the series store",
                str(self._offset_file),
                str(error),
                "Delete the file to feed InfluxDB again from the journal",
            ) from error

    @property
    def _offset_file(self) -> Path:
        return self._folder / "influx.offset"

    def offset(self) -> int:
        return self._offset

    def write(self, readings: Sequence[Reading], offset: int) -> None:
        with self._lock:
            if offset <= self._offset:
                return
            fresh = lines([reading for reading in readings if reading.offset > self._offset])
            for start in range(0, len(fresh), BATCH):
                self._send(fresh[start : start + BATCH])
            self._keep(offset)

    def _send(self, batch: list[bytes]) -> None:
        """All that the server takes; halves a refused batch until the bad lines stand alone."""
        try:
            self._server.write(batch)
        except Rejected as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self._send(batch[:middle])
                self._send(batch[middle:])
            else:
                self._refuse(batch[0], str(error))

    def _refuse(self, line: bytes, reason: str) -> None:
        self.refused += 1
        path = self._folder / "refused.lines"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
            file.write(b"# " + reason.encode() + b"\n" + line + b"\n")

    def _keep(self, offset: int) -> None:
        part = self._offset_file.with_suffix(".part")
        try:
            part.write_text(str(offset))
            publish(part, self._offset_file)
        except OSError as error:
            raise Failed(
                "store readings", str(self._offset_file), str(error), "Free disk; it tries again"
            ) from error
        self._offset = offset

    def read(self, query: Query) -> Columns:
        found = self._rows(query)
        if query.limit is not None and len(found) == query.limit > 0:
            # the order inside a millisecond is only known when all of it is here
            last = found[-1][0] // SPARE
            whole = replace(query, start=last, end=last + 1, limit=None)
            found = [row for row in found if row[0] // SPARE < last] + self._rows(whole)
        return ql.to_columns(found, query.limit)

    def _rows(self, query: Query) -> list[list[Any]]:
        return ql.rows(ql.parse(self._server.query("read readings", ql.select(query))))

    def buckets(self, query: Query, width_ms: int) -> list[Bucket]:
        check_width(width_ms)
        body = self._server.query("down-sample readings", ql.bucketed(query, width_ms))
        return ql.to_buckets(ql.parse(body))

    def latest(self, query: Query) -> list[LatestRow]:
        body = self._server.query("read the latest readings", ql.newest(query))
        return ql.to_latest(ql.parse(body))

    def counts(
        self, site: str | None = None, *, start: int = 0, end: int = FOREVER
    ) -> dict[str, int]:
        body = self._server.query("count readings", ql.counts(site, start, end))
        return {series.tags["signal"]: int(series.values[0][1]) for series in ql.parse(body)}

    def erase(
        self, resident: str, start: int = 0, end: int = FOREVER, stays: Sequence[Stay] = ()
    ) -> int:
        """InfluxQL DELETE in 1.x, the delete API in 2.x; 3 Core has none, which is Failed.

        The server drops the bytes when it next compacts; ids stay in its index.
        """
        found = 0
        version = self._server.version
        for where, values in ql.gone(resident, start, end, tuple(stays)):
            body = self._server.query("erase readings", (ql.count_of(where), values))
            found += sum(int(row[1]) for row in ql.rows(ql.parse(body)))
            if version.startswith("1."):
                self._server.delete(ql.delete_of(where), values)
        if version.startswith("2."):
            self._erase_second(resident, start, end, stays)
        elif not version.startswith("1."):
            raise Failed(
                "erase readings",
                resident,
                f"InfluxDB {version or 'of unknown version'} cannot delete rows",
                "Drop its bucket and feed it again from the journal, or use the DuckDB store",
            )
        return found

    def _erase_second(self, resident: str, start: int, end: int, stays: Sequence[Stay]) -> None:
        mine = f'_measurement="{MEASUREMENT}" AND resident="{resident}"'
        self._server.delete_api(mine, _instant(start), _instant(end))
        for stay in stays:
            own = f'_measurement="{MEASUREMENT}" AND site="{stay.site}" AND home="{stay.home}"'
            own += f' AND resident="{NOBODY}"'
            self._server.delete_api(own, _instant(stay.start), _instant(stay.end))

    def seal(self, site: str, start: int, end: int, path: Path) -> str:
        homes = sorted({row.home for row in self.latest(Query(site, start=start, end=end))})
        by_home = (
            (home, self.read(Query(site, home=home, start=start, end=end))) for home in homes
        )
        return seal_columns(site, start, end, by_home, path)

    def health(self) -> Health:
        if not self._server.ping():
            return Health(
                ok=False, detail=f"{self._server.url} does not answer", offset=self._offset
            )
        refused = f"; {self.refused} lines refused, see refused.lines" if self.refused else ""
        return Health(ok=True, detail=self._server.url + refused, offset=self._offset)

    def close(self) -> None:
        self._server.close()


def _instant(at: int) -> str:
    moment = dt.datetime.fromtimestamp(max(0, min(at, LAST_MS)) / 1000, dt.UTC)
    return moment.isoformat().replace("+00:00", "Z")
