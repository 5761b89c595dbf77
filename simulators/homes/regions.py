"""The six regions of the demo: sites with fictional homes. No name, house or number is real.

Each is a file in `sites/`; `site_form.py` says what may stand there.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from simulators.homes.home import Device, Home, Person
from simulators.homes.models import Model, model
from simulators.homes.site_form import HomeForm, SiteForm, parse_site
from simulators.people.persona import REGIONS, Persona, persona


@dataclass(frozen=True, slots=True)
class Site:
    """A pilot region."""

    id: str
    name: str
    zone: str
    languages: tuple[str, ...]
    emergency: tuple[str, ...]
    fallback_phone: str  # invented, in each country's unassigned range
    holidays: str  # code of the calendar of its public holidays
    homes: tuple[Home, ...]


ROOMS = ("kitchen", "hallway", "lounge", "bedroom", "bathroom")
DOORS = {"front-door": "outer", "back-door": "outer", "fridge-door": "fridge"}


def sites(homes_each: int = 4) -> tuple[Site, ...]:
    """The six sites, each with its first homes."""
    return tuple(site_of(form, homes_each) for form in _forms())


def site_of(form: SiteForm, homes_each: int | None = None) -> Site:
    """A site from its file, with its first homes, or with all of them."""
    return Site(
        form.site,
        form.name,
        form.zone,
        form.languages,
        form.emergency,
        form.fallback_phone,
        form.holidays,
        tuple(_home(form, number, one) for number, one in enumerate(form.homes[:homes_each], 1)),
    )


@lru_cache(maxsize=1)
def _forms() -> tuple[SiteForm, ...]:
    folder = files("simulators.homes").joinpath("sites")
    names = [f"{region}.yaml" for region in REGIONS]
    return tuple(
        parse_site(folder.joinpath(name).read_text(encoding="utf-8"), name) for name in names
    )


def _home(form: SiteForm, number: int, facts: HomeForm) -> Home:
    who = tuple(
        Person(
            f"{form.site}-{number}{'abcd'[index]}",
            one.name,
            one.born,
            one.language or form.languages[0],
            persona(one.persona).there(form.site),
        )
        for index, one in enumerate(facts.people)
    )
    return Home(
        site=form.site,
        id=f"home-{number}",
        label=f"Home {number}",
        area=facts.area,
        drive_minutes=facts.drive // 60_000,
        zone=form.zone,
        people=who,
        devices=kit(tuple(p.persona for p in who)),
        where=(form.where.north, form.where.east),
    )


def kit(personas: tuple[Persona, ...], own: tuple[Model, ...] = ()) -> tuple[Device, ...]:
    """Devices of a home: what every home has, and what its people's conditions ask for.

    own: models beyond those that ship.
    """
    devices = [Device("hub", "hub", "hallway")]
    devices += [Device(f"motion-{room}", "motion", room) for room in ROOMS]
    devices += [Device(name, "door", place) for name, place in DOORS.items()]
    devices += [Device("climate", "climate", "lounge"), Device("smoke", "smoke", "kitchen")]
    for index, kind in enumerate(personas):
        suffix = "" if index == 0 else f"-{index + 1}"
        devices.append(Device(f"button{suffix}", "button", "lounge", index))
        for name in kind.kit:
            place = model(name, own).place or "lounge"
            devices.append(Device(f"{name}{suffix}", name, place, index))
    return tuple(devices)
