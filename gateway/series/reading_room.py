"""Where people and programs read readings: every look takes a Viewer, is allowed or not, and noted.

Who may not see a resident or a home is told "not found", so that nothing is learned from asking.
"""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access.audit import note_look
from gateway.access.errors import not_found
from gateway.access.roles import Action
from gateway.access.viewer import Viewer
from gateway.clock import Clock
from gateway.registry.directory import Directory
from gateway.registry.entries import HomeEntry
from gateway.registry.records import Occupancy
from gateway.registry.registry import Registry
from gateway.series.store import FOREVER, Bucket, Columns, LatestRow, Query, Store

_ASK = "read readings"


class ReadingRoom:
    """The door to a store."""

    def __init__(self, store: Store, engine: sa.Engine, registry: Registry, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._registry = registry
        self._clock = clock

    def columns(self, viewer: Viewer, query: Query) -> Columns:
        """Readings in order. Raises NotFound, or Refused for a query of no resident and no home."""
        return self._store.read(self._allowed(viewer, query))

    def buckets(self, viewer: Viewer, query: Query, width_ms: int) -> list[Bucket]:
        """Down-sampled for a chart; raises as `columns`."""
        return self._store.buckets(self._allowed(viewer, query), width_ms)

    def latest(
        self,
        viewer: Viewer,
        site: str,
        *,
        home: str | None = None,
        resident: str | None = None,
        since: int = 0,
    ) -> list[LatestRow]:
        """The newest of each signal; raises as `columns`. Of a home: what this viewer may see."""
        query = self._allowed(viewer, Query(site, home=home, resident=resident, start=since))
        return self._store.latest(query)

    def _allowed(self, viewer: Viewer, query: Query) -> Query:
        """The query, narrowed to what the viewer may see; notes the look."""
        directory = self._registry.directory
        if query.resident is not None:
            self._resident(viewer, directory, query)
            self._note(viewer, f"resident:{query.resident}", query.site, query.resident)
            return query
        if query.home is None:
            raise Refused(
                _ASK,
                query.site,
                Spoken("a look is at one resident or one home"),
                Spoken("Name one of them"),
            )
        home = directory.home(query.site, query.home)
        if home is None:
            raise not_found(_ASK, "home")
        return self._home(viewer, home, query)

    def _resident(self, viewer: Viewer, directory: Directory, query: Query) -> None:
        resident = directory.resident(query.resident or "")
        if resident is None or resident.site != query.site:
            raise not_found(_ASK, "resident")
        viewer.require_resident(Action.SEE_READINGS, query.site, query.resident, _ASK)

    def _home(self, viewer: Viewer, home: HomeEntry, query: Query) -> Query:
        """All of a home for who sees all of the site; its own signals for who lives there alone.

        A look at a home is about everybody who lived there then, so each of them finds it.
        """
        if viewer.sees_resident(query.site, None, Action.SEE_READINGS):
            living = {stay.resident for stay in home.occupancies if _meets(stay, query)}
            for resident in sorted(living):
                self._note(viewer, f"home:{home.id} of {resident}", query.site, resident)
            if not living:
                self._note(viewer, f"home:{home.id}", query.site, None)
            return query
        alone = alone_in(home, min(self._clock.now(), query.end - 1))
        if alone is None or not viewer.sees_resident(
            query.site, alone.resident, Action.SEE_READINGS
        ):
            raise not_found(_ASK, "home")
        self._note(viewer, f"home:{home.id} of {alone.resident}", query.site, alone.resident)
        start = max(query.start, alone.start)
        return replace(query, own=True, start=start, end=max(start, min(query.end, alone.end)))

    def _note(self, viewer: Viewer, object_: str, site: str, resident: str | None) -> None:
        note_look(self._engine, viewer, object_, site, resident, self._clock.now())


@dataclass(frozen=True, slots=True)
class Alone:
    """Somebody who lives in a home alone, over the time around one moment."""

    resident: str
    start: int
    end: int


def alone_in(home: HomeEntry, at: int) -> Alone | None:
    """Who lives in a home alone at that moment, and from when until when it stays so."""
    resident = home.sole_occupant(at)
    if resident is None:
        return None
    start, end = 0, FOREVER
    for stay in home.occupancies:
        if stay.covers(at):
            start = max(start, stay.from_at)
            end = min(end, FOREVER if stay.to_at is None else stay.to_at)
        elif stay.resident != resident:
            if stay.from_at > at:
                end = min(end, stay.from_at)
            elif stay.to_at is not None:
                start = max(start, stay.to_at)
    return Alone(resident, start, end)


def _meets(stay: Occupancy, query: Query) -> bool:
    return stay.from_at < query.end and (stay.to_at is None or stay.to_at > query.start)
