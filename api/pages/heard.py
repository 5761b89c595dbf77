"""Which homes and devices are heard: never calm from stale data. No value of a person here."""

from dataclasses import dataclass
from typing import Any

from api.pages.clocks import site_now
from api.pages.sites import my_sites
from gateway.access import Viewer
from gateway.series.store import Query


@dataclass(frozen=True, slots=True)
class Heard:
    """When one device was heard, on its site's clock."""

    site: str
    site_name: str
    zone: str
    site_at: int
    home: str
    home_name: str
    device: str
    place: str | None
    interval_ms: int | None
    at: int | None
    battery: int | None
    quiet: bool  # longer silent than three of its expected intervals


@dataclass(frozen=True, slots=True)
class Homes:
    """How many homes of a viewer are heard, and when anything last was, on the site's clock."""

    all: int
    heard: int
    last_at: int | None
    zone: str
    site_at: int
    silent_since: int | None


def devices(gateway: Any, place: Any, home: str | None, at: int) -> list[Heard]:
    """Every device that is placed somewhere now, of a site or of one of its homes."""
    directory = gateway.registry.directory
    watch = gateway.host.sites.watches.get(place.id)
    battery = {
        (row.home, row.device): row.x
        for row in gateway.store.latest(Query(place.id, home=home, signals=("battery",)))
    }
    found = []
    for entry in directory.devices(place.id, home):
        holding = entry.holding(at)
        if holding is None:
            continue
        known = directory.home(place.id, entry.home)
        last = watch.silence.last(entry.key) if watch else None
        found.append(
            Heard(
                site=place.id,
                site_name=place.name,
                zone=place.zone,
                site_at=at,
                home=entry.home,
                home_name=known.label if known else entry.home,
                device=entry.device,
                place=holding.place,
                interval_ms=entry.interval_ms,
                at=last,
                battery=battery.get((entry.home, entry.device)),
                quiet=_quiet(entry.interval_ms, last, at, gateway.settings.watch.silence_factor),
            )
        )
    return found


def homes(gateway: Any, viewer: Viewer, site: str | None) -> Homes | None:
    """For the empty worklist: no alert is only calm where the homes are heard."""
    places = [one for one in my_sites(gateway.registry.directory, viewer) if site in (None, one.id)]
    total = heard = 0
    last: list[int] = []
    silent: list[int] = []
    for place in places:
        total += len(gateway.registry.directory.homes(place.id))
        told = gateway.host.heard(place.id)
        if told is None:
            continue
        heard += told.homes_heard
        last += [told.last_at] if told.last_at else []
        silent += [when for _, _, when in told.unheard if when]
    if not places:
        return None
    first = places[0]
    return Homes(
        total,
        min(heard, total),
        max(last, default=None),
        first.zone,
        site_now(gateway, first.id),
        min(silent, default=None),
    )


def _quiet(interval_ms: int | None, last: int | None, at: int, factor: float) -> bool:
    if interval_ms is None:
        return False
    return last is None or at - last > interval_ms * factor
