"""Which sites a viewer works at, and whom to call there."""

from dataclasses import dataclass
from typing import Any

from gateway.access import EVERYWHERE, Action, Viewer


@dataclass(frozen=True, slots=True)
class Duty:
    """Whom to call at a site when there is too much, or when nothing works."""

    site: str
    phone: str


def my_sites(directory: Any, viewer: Viewer, action: Action | None = None) -> list[Any]:
    """The registry's entries of the sites where this viewer has a role (that gives `action`)."""
    wanted = viewer.sites(action)
    return [
        entry
        for name, entry in sorted(directory.sites.items())
        if EVERYWHERE in wanted or name in wanted
    ]


def duty_phones(directory: Any, viewer: Viewer, site: str | None) -> list[Duty]:
    """The fallback phone of each site in view."""
    return [
        Duty(entry.name, entry.fallback_phone)
        for entry in my_sites(directory, viewer)
        if entry.fallback_phone and site in (None, entry.id)
    ]


def emergency_numbers(directory: Any, viewer: Viewer) -> str:
    """What to dial where this viewer works, as each site's registry entry says it."""
    numbers: list[str] = []
    for entry in my_sites(directory, viewer):
        numbers += [number for number in entry.emergency if number not in numbers]
    return ", ".join(numbers[:3])


def home_zone(gateway: Any, viewer: Viewer) -> str:
    """The zone of the viewer's first site; UTC where there is none."""
    places = my_sites(gateway.registry.directory, viewer)
    return str(places[0].zone) if places else "UTC"
