"""Whose homes are simulated: made by number, or those that a registry holds."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devices.errors import Refused
from simulators.catalogue import SHIPPED, Catalogue
from simulators.homes.home import Device, Home, Person
from simulators.homes.household import household
from simulators.homes.models import MODELS, Model
from simulators.homes.regions import Site, sites
from simulators.homes.register import SiteFacts, registry_file
from simulators.people.persona import PERSONAS, Persona
from simulators.randomness import key

if TYPE_CHECKING:
    from gateway.registry import DeviceEntry, Directory

MOST = 5_000


@dataclass(frozen=True, slots=True)
class Cast:
    """Homes, each with the login of its hub, and whether their sites' clocks are ours to move."""

    homes: tuple[Home, ...]
    logins: dict[str, str]  # hub → login
    wall: bool = False
    left_out: int = 0  # devices with a credential of their own, or of no known model

    @property
    def sites(self) -> list[str]:
        """Each once."""
        return sorted({home.site for home in self.homes})


def made(
    count: int,
    seed: int,
    regions: Sequence[str] = (),
    personas: Sequence[str] = (),
    catalogue: Catalogue = SHIPPED,
) -> list[tuple[Site, tuple[Home, ...]]]:
    """So many homes round the regions, each of a drawn persona. Raises Refused."""
    if not 1 <= count <= MOST:
        hint = f"Ask for 1 to {MOST}"
        raise Refused("simulate", f"{count} homes", "no number of homes", hint)
    where = _regions(regions)
    kinds = [catalogue.persona(name) for name in personas]
    kinds = kinds or [*PERSONAS, *catalogue.personas]
    found: dict[str, list[Home]] = {site.id: [] for site in where}
    for number in range(count):
        site = where[number % len(where)]
        here = found[site.id]
        kind = kinds[key(seed, "who", site.id, len(here)) % len(kinds)]
        name = f"home-{len(here) + 1}"
        here.append(
            household([kind.name], region=site, name=name, like=len(here), catalogue=catalogue)
        )
    return [(site, tuple(found[site.id])) for site in where if found[site.id]]


def cast(homes: Iterable[Home], *, wall: bool = False) -> Cast:
    """Homes as `registry` registers them."""
    every = tuple(homes)
    return Cast(every, {home.hub: f"{home.site}.{home.id}.hub" for home in every}, wall)


def registry(found: Sequence[tuple[Site, tuple[Home, ...]]], since: str) -> str:
    """The file for `homecare import`."""
    facts = [
        (
            SiteFacts(s.id, s.name, s.zone, s.languages, s.emergency, s.fallback_phone, s.holidays),
            homes,
        )
        for s, homes in found
    ]
    return registry_file(facts, since)


def of_directory(
    directory: "Directory",
    at: int,
    wanted: Sequence[str] = (),
    count: int | None = None,
    persona: Persona | None = None,
    catalogue: Catalogue = SHIPPED,
) -> Cast:
    """The homes of a registry's simulated sites. Raises Refused for a site with real people."""
    if count is not None and count < 1:
        raise Refused("simulate", f"{count} homes", "no number of homes", "Ask for at least one")
    chosen = _sites(directory, wanted)
    clocks = {directory.sites[site].clock for site in chosen}
    if len(clocks) > 1:
        raise Refused(
            "simulate",
            ", ".join(chosen),
            "some keep a data clock and some the wall's",
            "Choose sites of one kind with --site",
        )
    homes: list[Home] = []
    logins: dict[str, str] = {}
    left = 0
    for site in chosen:
        here, out = _homes(directory, site, at, persona, catalogue)
        left += out
        for home, login in here[: None if count is None else max(0, count - len(homes))]:
            homes.append(home)
            logins[home.hub] = login
    if not homes:
        raise Refused(
            "simulate",
            ", ".join(chosen),
            "no home there has a device with a hub that is known to the simulators",
            "Register some: homecare simulate homes > homes.yaml; homecare import homes.yaml",
        )
    return Cast(tuple(homes), logins, clocks == {"wall"}, left)


def credentials(file: Path) -> dict[str, str]:
    """Passwords by login, from lines `user password` or `user,password`. Raises Refused."""
    found: dict[str, str] = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        hint = "Name the file that `homecare import --credentials` wrote"
        raise Refused("read credentials", str(file), str(error), hint) from error
    for number, line in enumerate(lines, 1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith(("#", "-")) or words == ["user", "password"]:
            continue
        if len(words) != 2:
            raise Refused(
                "read credentials",
                f"{file}, line {number}",
                "it is not `user,password`",
                "One login and its password a line",
            )
        found[words[0]] = words[1]
    if not found:
        raise Refused("read credentials", str(file), "no credential stands there", "user,password")
    return found


def _regions(names: Sequence[str]) -> list[Site]:
    known = {site.id: site for site in sites()}
    for name in names:
        if name not in known:
            raise Refused("simulate", name, "no such region", f"Known: {', '.join(known)}")
    return [site for site in known.values() if not names or site.id in names]


def _sites(directory: "Directory", wanted: Sequence[str]) -> list[str]:
    simulated = [site.id for site in directory.sites.values() if site.demo]
    for name in wanted:
        if name not in directory.sites:
            raise Refused(
                "simulate", name, "no such site", f"Simulated: {', '.join(simulated) or 'none'}"
            )
        if name not in simulated:
            raise Refused(
                "simulate",
                name,
                "real people are registered there",
                "Simulate on a site that is registered with `demo: yes`",
            )
    chosen = sorted(wanted or simulated)
    if not chosen:
        raise Refused(
            "simulate",
            "no site",
            "the registry has no simulated site",
            "Register one: homecare simulate homes > homes.yaml; homecare import homes.yaml",
        )
    return chosen


def _homes(
    directory: "Directory", site: str, at: int, persona: Persona | None, catalogue: Catalogue
) -> tuple[list[tuple[Home, str]], int]:
    found, left = [], 0
    zone = directory.sites[site].zone
    for entry in directory.homes(site):
        entries = [one for one in directory.devices(site, entry.id) if one.holding(at) is not None]
        models = {one.device: _model(one, catalogue) for one in entries}
        logins = Counter(one.login for one in entries if one.hub and models[one.device])
        if not logins:
            left += len(entries)
            continue
        login = logins.most_common(1)[0][0]
        own = [one for one in entries if one.login == login and models[one.device]]
        left += len(entries) - len(own)
        people = _people(directory, entry.occupants(at), own, models, at, persona, catalogue)
        ids = [one.id for one in people]
        fitted = []
        for one in own:
            holding, known = one.holding(at), models[one.device]
            assert holding is not None
            assert known is not None
            owner = ids.index(holding.resident) if holding.resident in ids else None
            fitted.append(Device(one.device, known.name, holding.place or "lounge", owner))
        used = {one.model for one in fitted}
        home = Home(
            site,
            entry.id,
            entry.label,
            entry.area,
            entry.drive_minutes or 0,
            zone,
            people,
            tuple(fitted),
            tuple(one for one in catalogue.models if one.name in used),
        )
        found.append((home, login))
    return found, left


def _model(entry: "DeviceEntry", catalogue: Catalogue) -> Model | None:
    """By the model's title, as a registry file of ours writes it, or else by what it measures."""
    every = (*catalogue.models, *MODELS)
    for one in every:
        if entry.model in {one.title, one.name}:
            return one
    if entry.device == "hub":
        return next(one for one in MODELS if one.name == "hub")
    for one in every:
        if entry.signals and set(entry.signals) == set(one.signals):
            return one
    return None


def _people(
    directory: "Directory",
    residents: Sequence[str],
    entries: Sequence["DeviceEntry"],
    models: dict[str, Model | None],
    at: int,
    persona: Persona | None,
    catalogue: Catalogue,
) -> tuple[Person, ...]:
    people = []
    for name in residents:
        known = directory.resident(name)
        if known is None:
            continue
        kit = set()
        for one in entries:
            holding, kind = one.holding(at), models[one.device]
            if holding is not None and holding.resident == name and kind is not None:
                kit.add(kind.name)
        kind_of = persona or _like(kit, catalogue)
        people.append(Person(name, known.name, known.born or 1940, known.language, kind_of))
    # A home in which nobody is registered still has somebody who moves in it.
    anybody = persona or _like(set(), catalogue)
    return tuple(people) or (Person("nobody", "Nobody", 1940, "en", anybody),)


def _like(kit: set[str], catalogue: Catalogue) -> Persona:
    """The persona whose own devices are most like these."""
    every = (*PERSONAS, *catalogue.personas)
    return max(every, key=lambda one: len(kit & set(one.kit)) - len(set(one.kit) - kit))
