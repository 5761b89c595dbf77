"""The directory: an immutable snapshot of the registry, made for the way of every reading.

`device` is one look in a dictionary and `holding` one comparison in the common case, below a
microsecond each. A changed registry is a new directory; who holds the old one is not disturbed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from gateway.registry.entries import DeviceEntry, HomeEntry, ResidentEntry, SiteEntry
from gateway.registry.history import history
from gateway.registry.records import MONITORING, Placement, Records, Slot

Address = tuple[str, str, str]  # site, home, device

K = TypeVar("K")
V = TypeVar("V")


class Directory:
    """Sites, homes, residents and devices, as of one revision of the registry."""

    __slots__ = (
        "_devices",
        "_devices_of",
        "_homes",
        "_homes_of",
        "_residents",
        "_residents_of",
        "records",
        "sites",
    )

    def __init__(self, records: Records) -> None:
        self.records = records
        self.sites: Mapping[str, SiteEntry] = MappingProxyType(
            {site.id: site for site in records.sites}
        )
        self._residents = _residents(records)
        self._homes = _homes(records)
        self._devices = _devices(records, self._homes, self._residents)
        self._homes_of = _grouped((home.site, home) for home in self._homes.values())
        self._residents_of = _grouped((who.site, who) for who in self._residents.values())
        self._devices_of = _grouped(
            ((entry.site, entry.home), entry) for entry in self._devices.values()
        )

    @property
    def revision(self) -> int:
        """Of which count of changes it is."""
        return self.records.revision

    def device(self, site: str, home: str, device: str) -> DeviceEntry | None:
        """The device at a topic's address, placed there now or once."""
        return self._devices.get((site, home, device))

    def home(self, site: str, home: str) -> HomeEntry | None:
        """A home; its id is unique within its site."""
        return self._homes.get((site, home))

    def resident(self, resident: str) -> ResidentEntry | None:
        """A resident; ids are unique over all sites."""
        return self._residents.get(resident)

    def homes(self, site: str) -> tuple[HomeEntry, ...]:
        """All homes of a site, by id."""
        return self._homes_of.get(site, ())

    def residents(self, site: str) -> tuple[ResidentEntry, ...]:
        """All residents of a site, by id, also those who have moved out."""
        return self._residents_of.get(site, ())

    def devices(self, site: str, home: str | None = None) -> tuple[DeviceEntry, ...]:
        """Devices of one home, or of all homes of a site; also those that were moved away."""
        if home is not None:
            return self._devices_of.get((site, home), ())
        return tuple(entry for found in self.homes(site) for entry in self.devices(site, found.id))


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    groups: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}


def _residents(records: Records) -> dict[str, ResidentEntry]:
    occupancies = _grouped((stay.resident, stay) for stay in records.occupancies)
    consents = _grouped(
        (agreed.resident, agreed) for agreed in records.consents if agreed.kind == MONITORING
    )
    pauses = _grouped((pause.resident, pause) for pause in records.pauses)
    return {
        record.id: ResidentEntry.of(
            record,
            occupancies.get(record.id, ()),
            consents.get(record.id, ()),
            pauses.get(record.id, ()),
        )
        for record in records.residents
    }


def _homes(records: Records) -> dict[tuple[str, str], HomeEntry]:
    occupancies = _grouped(((stay.site, stay.home), stay) for stay in records.occupancies)
    return {
        (home.site, home.id): HomeEntry(
            home.site,
            home.id,
            home.label,
            home.area,
            home.drive_minutes,
            occupancies.get((home.site, home.id), ()),
        )
        for home in records.homes
    }


def _devices(
    records: Records,
    homes: Mapping[tuple[str, str], HomeEntry],
    residents: Mapping[str, ResidentEntry],
) -> dict[Address, DeviceEntry]:
    placements: dict[Address, tuple[Placement, ...]] = _grouped(
        ((placed.site, placed.home, placed.device), placed) for placed in records.placements
    )
    slots: dict[Address, tuple[Slot, ...]] = _grouped(
        ((slot.site, slot.home, slot.device), slot) for slot in records.slots
    )
    found = {}
    for record in records.devices:
        address = (record.site, record.home, record.id)
        found[address] = DeviceEntry(
            key=record.key,
            site=record.site,
            home=record.home,
            device=record.id,
            dialect=record.dialect,
            hub=record.hub,
            model=record.model,
            interval_ms=record.interval_ms,
            signals=record.signals,
            login=record.login,
            history=history(
                homes[record.site, record.home],
                placements.get(address, ()),
                slots.get(address, ()),
                residents,
            ),
        )
    return found
