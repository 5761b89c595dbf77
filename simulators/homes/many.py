"""Any number of homes of a region: its own first, then households of the personas in turn."""

from collections.abc import Sequence
from dataclasses import replace

from devices.errors import Refused
from simulators.catalogue import SHIPPED, Catalogue
from simulators.homes.home import Home
from simulators.homes.household import household
from simulators.homes.regions import Site, sites
from simulators.people.persona import PERSONAS

MOST = 10_000


def region(name: str) -> Site:
    """The region of that id. Raises Refused."""
    for one in sites():
        if one.id == name:
            return one
    known = ", ".join(one.id for one in sites())
    raise Refused("choose homes", name, "no such region", f"Known: {known}")


def homes(
    site: Site,
    count: int | None = None,
    personas: Sequence[str] = (),
    catalogue: Catalogue = SHIPPED,
) -> tuple[Home, ...]:
    """The first `count` homes of a region (None: its own alone) in which such people live.

    The same home whatever the count: home-7 of a hundred is home-7 of a thousand. Raises Refused
    for an unknown persona and a count out of range.
    """
    for name in personas:
        catalogue.persona(name)
    if count is not None and not 0 < count <= MOST:
        raise Refused("choose homes", str(count), "no such number", f"From 1 to {MOST}")
    found: list[Home] = []
    number = 0
    while count is None or len(found) < count:
        if count is None and number >= len(site.homes):
            break
        one = site.homes[number] if number < len(site.homes) else _made(site, number, catalogue)
        number += 1
        if not personas or any(who.persona.name in personas for who in one.people):
            found.append(one)
    return tuple(found)


def _made(site: Site, number: int, catalogue: Catalogue) -> Home:
    """Alone, in turn of all personas."""
    kinds = (*(one.name for one in PERSONAS), *(one.name for one in catalogue.personas))
    kind = kinds[number % len(kinds)]
    made = household(
        (kind,), region=site, name=f"home-{number + 1}", like=number, catalogue=catalogue
    )
    return replace(made, label=f"Home {number + 1}")
