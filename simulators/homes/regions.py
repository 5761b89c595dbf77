"""The six regions of the demo: sites with fictional homes. No name, house or number is real."""

from dataclasses import dataclass

from simulators.homes.home import Device, Home, Person
from simulators.homes.models import Model, model
from simulators.people.persona import Persona, persona


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


@dataclass(frozen=True, slots=True)
class _Region:
    id: str
    name: str
    zone: str
    languages: tuple[str, ...]
    emergency: tuple[str, ...]
    phone: str
    holidays: str
    homes: tuple[tuple[str, int, tuple[tuple[str, int, str], ...]], ...]
    """(area, minutes to drive, people as (name, born, persona))"""


ROOMS = ("kitchen", "hallway", "lounge", "bedroom", "bathroom")
DOORS = {"front-door": "outer", "back-door": "outer", "fridge-door": "fridge"}

_REGIONS: tuple[_Region, ...] = (
    _Region(
        "donegal", "Donegal", "Europe/Dublin", ("en", "ga"), ("112", "999"),
        "+353 20 9100 001", "IE",
        (
            ("Gaoth Dobhair", 35, (("Nóra Nic Giolla", 1939, "copd"),)),
            ("Arranmore Island", 95, (("Packie Bonnar", 1941, "heart-failure"),)),
            ("Ardara", 40, (("Bríd Mac Aoidh", 1936, "early-dementia"),)),
            ("Glencolmcille", 55, (("Hughie Byrne", 1944, "frail"), ("Rose Byrne", 1947, "well"))),
        ),
    ),
    _Region(
        "derry-strabane", "Derry & Strabane", "Europe/London", ("en", "ga"), ("999", "112"),
        "+44 1632 960001", "GB-NIR",
        (
            ("Castlederg", 30, (("Eileen Quigg", 1938, "frail"),)),
            ("Claudy", 20, (("Desmond Harkin", 1943, "copd"),)),
            ("Sion Mills", 25, (("Maureen Devine", 1940, "heart-failure"),)),
            ("Park", 35, (("Sam Olphert", 1946, "diabetes"),)),
        ),
    ),
    _Region(
        "borgarbyggd", "Borgarbyggð", "Atlantic/Reykjavik", ("is",), ("112",),
        "+354 000 0001", "IS",
        (
            ("Hvanneyri", 25, (("Guðrún Álfdís", 1937, "early-dementia"),)),
            ("Reykholt", 45, (("Þorlákur Hrafn", 1942, "heart-failure"),)),
            ("Bifröst", 40, (("Sigríður Mjöll", 1940, "copd"),)),
            ("Húsafell", 70, (("Ketill Snær", 1945, "frail"),)),
        ),
    ),
    _Region(
        "vestland", "Vestland", "Europe/Oslo", ("nn",), ("113", "112"), "+47 00 00 00 01", "NO",
        (
            ("Solund", 110, (("Torbjørg Havnes", 1939, "heart-failure"),)),
            ("Gulen", 60, (("Olav Eidsnes", 1943, "copd"),)),
            ("Aurland", 75, (("Ragnhild Fretland", 1941, "frail"),)),
            ("Kinn", 50, (("Magne Hovden", 1947, "diabetes"),)),
        ),
    ),
    _Region(
        "vasternorrland", "Västernorrland", "Europe/Stockholm", ("sv",), ("112",),
        "+46 8 46500401", "SE",
        (
            ("Ramsele", 65, (("Gunborg Edlund", 1938, "frail"),)),
            ("Junsele", 80, (("Sixten Norlin", 1940, "heart-failure"),)),
            ("Ullånger", 30, (("Ingegerd Byström", 1942, "early-dementia"),)),
            ("Ljustorp", 35, (("Alvar Sjölund", 1946, "copd"),)),
        ),
    ),
    _Region(
        "north-karelia", "North Karelia", "Europe/Helsinki", ("fi",), ("112",),
        "+358 00 000 0001", "FI",
        (
            ("Ilomantsi", 55, (("Aune Kettunen", 1939, "frail"),)),
            ("Lieksa", 90, (("Veikko Turunen", 1941, "copd"),)),
            ("Nurmes", 95, (("Helvi Piironen", 1937, "heart-failure"),)),
            ("Tohmajärvi", 45, (("Tauno Hirvonen", 1944, "diabetes"),)),
        ),
    ),
)  # fmt: skip


def sites(homes_each: int = 4) -> tuple[Site, ...]:
    """The six sites, each with its first homes."""
    return tuple(_site(region, homes_each) for region in _REGIONS)


def _site(region: _Region, homes_each: int) -> Site:
    homes = tuple(
        _home(region, number, *facts) for number, facts in enumerate(region.homes[:homes_each], 1)
    )
    return Site(
        region.id,
        region.name,
        region.zone,
        region.languages,
        region.emergency,
        region.phone,
        region.holidays,
        homes,
    )


def _home(
    region: _Region, number: int, area: str, drive: int, people: tuple[tuple[str, int, str], ...]
) -> Home:
    who = tuple(
        Person(
            f"{region.id}-{number}{'abc'[index]}", name, born, region.languages[0], persona(kind)
        )
        for index, (name, born, kind) in enumerate(people)
    )
    return Home(
        site=region.id,
        id=f"home-{number}",
        label=f"Home {number}",
        area=area,
        drive_minutes=drive,
        zone=region.zone,
        people=who,
        devices=kit(tuple(p.persona for p in who)),
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
