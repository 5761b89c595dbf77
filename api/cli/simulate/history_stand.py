"""Where history goes: the installation that is here, or a data folder made for it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from api.cli import client, runtime
from api.cli.databases import state
from api.cli.following import watermarks
from api.cli.options import near
from api.cli.simulate import live_homes
from api.cli.simulate.filling import Filled, check, fill
from api.cli.simulate.shelf import Here, Running, Shelf
from devices.errors import Refused
from gateway.access import SYSTEM, Role
from gateway.clock import SystemClock
from gateway.config import Settings, load
from gateway.db import writing
from gateway.registry import Directory, Registry, importing
from gateway.series import open_store
from simulators.catalogue import SHIPPED, Catalogue
from simulators.history import Plan
from simulators.homes.home import Home

MARK = "simulated.txt"
HOMES = 20


@dataclass(frozen=True, slots=True)
class Ask:
    """Which homes, and when."""

    count: int | None
    sites: tuple[str, ...]
    homes: tuple[str, ...]
    personas: tuple[str, ...]
    seed: int
    first: date
    days: int
    catalogue: Catalogue = SHIPPED  # what homes are made of, one's own beside what ships

    @property
    def noon(self) -> int:
        """Of the last day, ms UTC."""
        last = self.first + timedelta(days=self.days - 1)
        return int(datetime(*last.timetuple()[:3], 12, tzinfo=UTC).timestamp()) * 1000


@dataclass(frozen=True, slots=True)
class Stand:
    """An open installation."""

    place: Path
    directory: Directory
    shelf: Shelf
    clocks: dict[str, int]  # of sites that have one
    now: int

    def homes(self, ask: Ask) -> tuple[Home, ...]:
        """As the registry has them. Raises Refused."""
        for name in ask.personas:
            ask.catalogue.persona(name)
        count = None if ask.personas or ask.homes else ask.count
        every = self._registered(ask, count)
        if ask.personas:
            every = tuple(
                one for one in every if any(who.persona.name in ask.personas for who in one.people)
            )
        found = every if not ask.homes else tuple(one for one in every if one.hub in ask.homes)
        unknown = sorted(set(ask.homes) - {one.hub for one in found})
        if unknown or not found:
            problem = "no such home, or none of such people, stands in a simulated site"
            hint = "Here: " + (", ".join(one.hub for one in every[:8]) or "none")
            raise Refused("write history", ", ".join(unknown or ask.personas), problem, hint)
        return found[: ask.count]

    def _registered(self, ask: Ask, count: int | None) -> tuple[Home, ...]:
        try:
            return live_homes.of_directory(
                self.directory, ask.noon, ask.sites, count, catalogue=ask.catalogue
            ).homes
        except Refused:
            # Those of today; `check` then says that they did not stand there yet.
            return live_homes.of_directory(
                self.directory, self.now, ask.sites, count, catalogue=ask.catalogue
            ).homes

    def fill(
        self, wanted: Plan, rows: int, workers: int, told: Callable[[Filled, int], None]
    ) -> Filled:
        """All that is not there yet. Raises Refused."""
        check(wanted, self.directory, lambda site: self.clocks.get(site, self.now))
        return fill(self.shelf, wanted, self.directory, rows, workers, told)

    def export(self, sites: Sequence[str], folder: Path) -> list[tuple[Path, int]]:
        """A Parquet file of each site's simulated past."""
        folder.mkdir(parents=True, exist_ok=True)
        return [
            (file, self.shelf.export(site, file))
            for site, file in ((site, folder / f"{site}.parquet") for site in sites)
        ]

    def remove(self, site: str) -> int:
        """A site's simulated past. Raises Refused."""
        if site not in self.directory.sites:
            known = ", ".join(self.directory.sites) or "none"
            raise Refused("remove history", site[:64], "no such site here", f"Known: {known}")
        return self.shelf.remove(site)


@contextmanager
def here(config: Path | None, data: Path | None) -> Iterator[Stand]:
    """The installation that is here, whether a gateway runs on it or not."""
    settings = near(config, data)
    if runtime.read(settings.data) is None:
        with _open(settings) as stand:
            yield stand
        return
    caller = client.speaking(settings.data, "write history", Role.TECHNICIAN)
    yield _stand(settings, Running(caller, settings.data))


@contextmanager
def folder(out: Path, ask: Ask) -> Iterator[Stand]:
    """A data folder of its own, with the homes registered. Raises Refused."""
    if ask.homes:
        hint = "Its homes are made by --homes, --site and --persona"
        raise Refused("write history", "--home", "does not go with --out", hint)
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise Refused("write history", str(out), "the folder holds something else", "Name another")
    if runtime.read(out) is not None:
        raise Refused("write history", str(out), "a gateway runs there", "Stop it first")
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    (out / MARK).write_text("Made by `homecare simulate history --out`: nobody lives here.\n")
    settings, clock = load(None, data=out), SystemClock()
    made = live_homes.made(ask.count or HOMES, ask.seed, ask.sites, ask.personas, ask.catalogue)
    with state(settings, create=True) as engine:
        now = clock.now()
        text = live_homes.registry(made, ask.first.isoformat())
        planned = importing.plan(text, "homes.yaml", Registry(engine, clock).directory, now)
        if planned.problems:
            raise Refused(
                "write history", str(out), str(planned.problems[0]), "Name another folder"
            )
        with writing(engine) as conn:
            importing.apply(conn, planned, SYSTEM, now)
    with _open(settings) as stand:
        yield stand


@contextmanager
def _open(settings: Settings) -> Iterator[Stand]:
    with state(settings):
        pass  # refused before a store is made where nothing is set up
    store = open_store(settings)
    try:
        yield _stand(settings, Here(store))
    finally:
        store.close()


def _stand(settings: Settings, shelf: Shelf) -> Stand:
    clock = SystemClock()
    with state(settings) as engine:
        directory, clocks = Registry(engine, clock).directory, watermarks(engine)
    return Stand(settings.data, directory, shelf, clocks, clock.now())
