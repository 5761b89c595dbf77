"""The newest reading of every signal, kept at hand: pages ask for it all the time.

A scan of a year for the newest values takes a second; this takes none. It holds as many rows as
there are signals in all homes, is filled by one scan when first asked, and follows the writer.
"""

import threading
from collections.abc import Callable, Iterable

from devices.reading import Reading
from gateway.series.store import FOREVER, LatestRow, Query

Key = tuple[str, str, str, str, str | None]  # site, home, device, signal, resident
Rank = tuple[int, int, int]  # at, offset, index
Scan = Callable[[], Iterable[tuple[str, Rank, LatestRow]]]  # (site, rank, row) of each key


class Newest:
    """Thread-safe."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._lock = threading.Lock()
        self._rows: dict[Key, tuple[Rank, LatestRow]] | None = None

    def take(self, readings: Iterable[Reading]) -> None:
        """What has just been stored."""
        with self._lock:
            rows = self._rows
            if rows is None:
                return
            newer: dict[Key, tuple[Rank, Reading]] = {}
            for r in readings:
                key = (r.site, r.home, r.device, r.signal, r.resident)
                rank = (r.at, r.offset, r.index)
                held = newer.get(key) or rows.get(key)
                if held is None or held[0] < rank:
                    newer[key] = rank, r
            for key, (rank, r) in newer.items():
                rows[key] = rank, _row(r)

    def forget(self) -> None:
        """Scan again when next asked: something was erased."""
        with self._lock:
            self._rows = None

    def answers(self, query: Query) -> bool:
        """Whether `rows` can answer it: nothing but whose, and from when."""
        plain = Query(query.site, home=query.home, resident=query.resident, own=query.own,
                      signals=query.signals, start=query.start)  # fmt: skip
        return query == plain and query.end == FOREVER

    def rows(self, query: Query) -> list[LatestRow]:
        """The newest of each home, device and signal that the query finds."""
        best: dict[tuple[str, str, str], tuple[Rank, LatestRow]] = {}
        with self._lock:
            if self._rows is None:
                self._rows = {
                    (site, row.home, row.device, row.signal, row.resident): (rank, row)
                    for site, rank, row in self._scan()
                }
            for (site, home, device, signal, resident), held in self._rows.items():
                if (
                    site == query.site
                    and query.home in (None, home)
                    and query.resident in (None, resident)
                    and not (query.own and resident is not None)
                    and (not query.signals or signal in query.signals)
                    and held[1].at >= query.start
                ):
                    key = (home, device, signal)
                    if key not in best or best[key][0] < held[0]:
                        best[key] = held
        return [best[key][1] for key in sorted(best)]


def _row(r: Reading) -> LatestRow:
    return LatestRow(
        r.home, r.resident, r.device, r.place, r.signal, r.at, r.x, int(r.quality), r.offset
    )
