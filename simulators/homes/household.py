"""A home put together from names: who lives there, and what stands there beyond their kit."""

from collections.abc import Sequence
from dataclasses import replace

from devices.errors import Refused
from simulators.catalogue import SHIPPED, Catalogue
from simulators.homes.home import Device, Home, Person
from simulators.homes.regions import Site, kit, sites


def household(
    personas: Sequence[str],
    needs: Sequence[str] = (),
    *,
    region: Site | str = "donegal",
    name: str = "home-1",
    person: str = "",
    title: str = "",
    like: int = 0,
    catalogue: Catalogue = SHIPPED,
) -> Home:
    """People of these personas with their devices, and `needs` where nobody has one of them.

    Whoever a persona lives with lives there too. region: whose languages, zone, roads and
    habits; like: which of the region's homes it stands beside.
    person, title: what residents' ids and names begin with. Raises Refused for an unknown name.
    """
    if not personas:
        raise Refused("build a home", name, "nobody lives there", "Name at least one persona")
    site = region if isinstance(region, Site) else _site(region)
    named = [catalogue.persona(one) for one in personas]
    others = [catalogue.persona(one) for kind in named for one in kind.lives_with]
    kinds = tuple(one.there(site.id) for one in (*named, *others))
    people = tuple(
        Person(
            f"{person or f'{site.id}-{name}-'}{chr(ord('a') + index)}",
            f"{title or kind.title.capitalize()} {like + 1}",
            1940,
            site.languages[0],
            kind,
        )
        for index, kind in enumerate(kinds)
    )
    usual = kit(kinds, catalogue.models)
    have = {device.model for device in usual}
    added = tuple(
        Device(one, one, catalogue.model(one).place or "lounge", _owner(catalogue, one))
        for one in dict.fromkeys(needs)
        if one not in have
    )
    beside = site.homes[like % len(site.homes)]
    used = {device.model for device in (*usual, *added)}
    return replace(
        beside,
        id=name,
        people=people,
        devices=(*usual, *added),
        models=tuple(one for one in catalogue.models if one.name in used),
    )


def _site(name: str) -> Site:
    known = sites()
    for one in known:
        if one.id == name:
            return one
    names = ", ".join(one.id for one in known)
    raise Refused("build a home", name, "no such region", f"Known: {names}")


def _owner(catalogue: Catalogue, name: str) -> int | None:
    """What measures a body is the first person's; a plug is the house's, whoever cooks."""
    return None if catalogue.model(name).shared else 0
