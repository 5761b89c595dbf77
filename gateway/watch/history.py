"""The past of one home, for priming a rule and for replaying late readings.

From the series store, and from the journal for what the store has not written yet: so it holds
everything that the host has consumed, and nothing else.
"""

from collections.abc import Callable
from typing import NamedTuple

from devices.errors import Failed
from devices.reading import Reading
from gateway.series.store import FOREVER, Query, Store
from gateway.watch.subjects import IGNORED, ORDER_BITS

TAIL_LIMIT = 50_000  # rows of the journal read for one home; beyond it the store must catch up

Reread = Callable[[int, int], list[Reading]]  # (after, upto) -> readings of these journal rows


class Seen(NamedTuple):
    """One reading of the past."""

    at: int
    order: int
    device: str
    signal: str
    place: str | None
    x: int
    resident: str | None

    @classmethod
    def of(cls, one: Reading) -> "Seen":
        """A reading, as the past will show it."""
        order = one.offset << ORDER_BITS | one.index
        return cls(one.at, order, one.device, one.signal, one.place, one.x, one.resident)


class History:
    """Reads one home's past."""

    def __init__(self, store: Store, reread: Reread) -> None:
        self._store = store
        self._reread = reread

    def home(
        self,
        site: str,
        home: str,
        start: int,
        upto: int,
        end: int = FOREVER,
        signals: tuple[str, ...] = (),
    ) -> list[Seen]:
        """Readings from `start` (site's clock) on and before `end`, of journal rows up to `upto`,
        in order; of `signals` alone, if any are named.

        Raises Failed while the store is down or too far behind: try again later.
        """
        stored = self._store.offset()
        if upto - stored > TAIL_LIMIT:
            raise Failed(
                "read the past of a home",
                f"{site}/{home}",
                f"the series store is {upto - stored} messages behind",
                "It is tried again when the store has caught up",
            )
        found = self._from_store(site, home, start, min(stored, upto), end, signals)
        if upto > stored:
            found += [
                Seen.of(one)
                for one in self._reread(stored, upto)
                if one.site == site
                and one.home == home
                and start <= one.at < end
                and (not signals or one.signal in signals)
                and not one.quality & IGNORED
            ]
        found.sort()
        return found

    def _from_store(
        self, site: str, home: str, start: int, upto: int, end: int, signals: tuple[str, ...]
    ) -> list[Seen]:
        if upto <= 0 or end <= max(0, start):
            return []
        columns = self._store.read(
            Query(
                site,
                home=home,
                signals=signals,
                start=max(0, start),
                end=end,
                without=IGNORED,
                before_offset=upto + 1,
            )
        )
        orders = (columns.offset << ORDER_BITS) | columns.index
        return [
            Seen(*one)
            for one in zip(
                columns.at.tolist(),
                orders.tolist(),
                columns.device.tolist(),
                columns.signal.tolist(),
                columns.place.tolist(),
                columns.x.tolist(),
                columns.resident.tolist(),
                strict=True,
            )
        ]
