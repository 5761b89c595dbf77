"""The registered rows by what a plan asks for: a file may have tens of thousands of rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from gateway.registry.records import (
    MONITORING,
    Consent,
    Device,
    Home,
    Occupancy,
    Placement,
    Records,
    Resident,
    Site,
    Slot,
)

Path = tuple[str, ...]  # ids from the site down
K = TypeVar("K")
V = TypeVar("V")


class Lookup:
    """Read-only; what is not there is None or empty."""

    def __init__(self, records: Records) -> None:
        self.sites: Mapping[str, Site] = {found.id: found for found in records.sites}
        self.homes: Mapping[Path, Home] = {(found.site, found.id): found for found in records.homes}
        self.residents: Mapping[str, Resident] = {found.id: found for found in records.residents}
        self.devices: Mapping[Path, Device] = {
            (found.site, found.home, found.id): found for found in records.devices
        }
        self.stays: Mapping[str, list[Occupancy]] = grouped(
            (found.resident, found) for found in records.occupancies
        )
        self.consents: Mapping[str, list[Consent]] = grouped(
            (found.resident, found) for found in records.consents if found.kind == MONITORING
        )
        self.placements: Mapping[Path, list[Placement]] = grouped(
            ((found.site, found.home, found.device), found) for found in records.placements
        )
        self.serials: Mapping[str, list[Placement]] = grouped(
            (found.serial, found) for found in records.placements if found.serial
        )
        self.slots: Mapping[Path, list[Slot]] = grouped(
            ((found.site, found.home, found.device), found) for found in records.slots
        )


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """Values by key, in order."""
    groups: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return dict(groups)
