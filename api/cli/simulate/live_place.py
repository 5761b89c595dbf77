"""Where a live simulation plays: a gateway here, one of its own, or a broker elsewhere."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import runtime
from api.cli.options import DEMO_FILE, near
from api.cli.simulate import live_homes
from api.cli.simulate.live_homes import Cast
from devices.errors import Refused

if TYPE_CHECKING:
    import sqlalchemy as sa

    from api.cli.client import Client
    from api.cli.simulate.live_run import Wish
    from gateway.config import Settings
    from gateway.mqtt import Address
    from simulators.people.persona import Persona

OWN = Path("data/simulated")
MARK = "simulated-live.txt"
HOMES = 20
SETTLE_S = 0.3  # a gateway elsewhere cannot be asked what it has taken

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Homes, and how to reach the broker for them."""

    cast: Cast
    passwords: dict[str, str]  # by login, of hubs and clocks
    address: "Callable[[str, str], Address]"
    backlog: Callable[[], int]
    clock_at: int | None = None  # where the sites' clock stands, if it ever moved
    gateway: "Callable[[], Client | None]" = lambda: None  # whose page shows it; none: no page


@contextmanager
def found(
    wish: "Wish", config: Path | None, data: Path | None, tell: Told, stop: threading.Event
) -> Iterator[Place]:
    """The place that the wish means. Raises Refused and Failed."""
    if wish.broker is not None:
        yield _elsewhere(wish)
        return
    settings = near(config, data)
    if runtime.read(settings.data) is not None:
        if (settings.data / DEMO_FILE).exists():
            raise Refused(
                "simulate",
                str(settings.data),
                "the demo that runs there plays its homes itself",
                "Use its page Simulator, or name another folder with --data",
            )
        yield _beside(wish, settings, tell)
        return
    if wish.sites:
        raise Refused(
            "simulate",
            ", ".join(wish.sites),
            "no gateway runs here, and one of its own makes its homes by --homes and --region",
            "Start it (homecare serve), or leave --site out",
        )
    with _own(wish, data or OWN, tell, stop) as place:
        yield place


def _beside(wish: "Wish", settings: "Settings", tell: Told) -> Place:
    """The gateway that runs on this data folder."""
    from api.cli.databases import state
    from gateway.clock import SystemClock
    from gateway.registry import Registry

    clock = SystemClock()
    with state(settings) as engine:
        directory = Registry(engine, clock).directory
        cast = live_homes.of_directory(
            directory, clock.now(), wish.sites, wish.count, _persona(wish), wish.catalogue
        )
        needed = _needed(cast)
        if wish.credentials is not None:
            passwords = _known(live_homes.credentials(wish.credentials), needed, wish.credentials)
        else:
            passwords = _renewed(engine, needed, clock.now())
            tell(f"New passwords for the {len(needed)} hubs and clocks of these simulated sites.")
        clock_at = None if cast.wall else _clock_at(engine, cast.sites)
    return _local(cast, passwords, settings, clock_at)


def _local(
    cast: Cast, passwords: dict[str, str], settings: "Settings", clock_at: int | None
) -> Place:
    from api.cli import client
    from api.cli.sending import address
    from gateway.intake.broker import backlog
    from gateway.intake.broker_config import read_endpoint

    def waiting() -> int:
        held = backlog(read_endpoint(settings))
        return held.unacknowledged + held.undelivered

    own = settings.broker.url is None
    return Place(
        cast,
        passwords,
        lambda user, secret: address(settings, user, secret),
        waiting if own else _Settling(),
        clock_at,
        lambda: client.of(settings.data),
    )


def _elsewhere(wish: "Wish") -> Place:
    """A broker by its address; its homes by the file that was imported there."""
    from gateway.mqtt import Address

    assert wish.broker is not None
    assert wish.registry is not None
    assert wish.credentials is not None
    broker = wish.broker
    Address.of(broker)  # what is no address is refused before anything is read

    def address(user: str, secret: str) -> Address:
        return Address.of(broker, username=user, password=secret, authority=wish.authority)

    cast = _of_file(wish, wish.registry)
    passwords = _known(live_homes.credentials(wish.credentials), _needed(cast), wish.credentials)
    return Place(cast, passwords, address, _Settling(), None, _gateway(wish))


def _of_file(wish: "Wish", file: Path) -> Cast:
    """A registry file, read as an import would read it: into a registry of a moment."""
    import tempfile

    from gateway.access import SYSTEM
    from gateway.clock import SystemClock
    from gateway.db import migrate, open_state, writing
    from gateway.registry import Registry, importing

    clock = SystemClock()
    text = importing.read(file)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_state(Path(folder) / "state.db")
        try:
            migrate(engine, "state")
            registry = Registry(engine, clock)
            plan = importing.plan(text, file.name, registry.directory, clock.now())
            if plan.problems:
                raise Refused("simulate", str(file), str(plan.problems[0]), "Mend the file")
            with writing(engine) as conn:
                importing.apply(conn, plan, SYSTEM, clock.now())
            registry.reload()
            return live_homes.of_directory(
                registry.directory,
                clock.now(),
                wish.sites,
                wish.count,
                _persona(wish),
                wish.catalogue,
            )
        finally:
            engine.dispose()


@contextmanager
def _own(wish: "Wish", data: Path, tell: Told, stop: threading.Event) -> Iterator[Place]:
    """A gateway started for this alone, on free ports of this machine."""
    from api.cli.gateway import local_url
    from api.cli.simulate import live_stand
    from api.cli.stands import begin_anew
    from api.cli.supervise import Supervisor
    from gateway.clock import SystemClock

    made = live_homes.made(
        HOMES if wish.count is None else wish.count,
        wish.seed,
        wish.regions,
        wish.personas,
        wish.catalogue,
    )
    begin_anew("simulate live", data, MARK)
    settings = live_stand.settings_of(data)
    tell(f"A gateway of its own on {data} …")
    passwords, links = live_stand.prepare(settings, made, wish.start)
    supervisor = Supervisor(settings, SystemClock(), tell, data / "gateway.log")
    supervisor.start()
    try:
        base = local_url(supervisor.settings)
        for title, link in links:
            tell(f"Sign in as {title}: {base}{link}")
        cast = live_homes.cast(home for _, homes in made for home in homes)
        if supervisor.wait(0):
            stop.set()
        yield _local(cast, passwords, supervisor.settings, None)
    finally:
        tell("Stopping the gateway …")
        supervisor.stop()


def _gateway(wish: "Wish") -> "Callable[[], Client | None]":
    """The pages of a gateway elsewhere, where they were named. Raises Refused without a token."""
    from api.cli.client import TOKEN, Client

    if wish.gateway is None:
        return lambda: None
    token = os.environ.get(TOKEN, "")
    if not token:
        raise Refused(
            "simulate",
            wish.gateway,
            f"{TOKEN} is not set",
            'Make a token there: homecare token "simulator" --role technician@SITE',
        )
    known = Client(wish.gateway, token)
    return lambda: known


class _Settling:
    """In place of asking what was taken: a pause that is long enough for a healthy gateway."""

    def __init__(self) -> None:
        self._pause = threading.Event()

    def __call__(self) -> int:
        self._pause.wait(SETTLE_S)
        return 0


def _needed(cast: Cast) -> dict[str, str]:
    """Login → site, of hubs and of clocks that are ours to move."""
    from gateway.registry.credentials import driver_login

    needed = {login: hub.split("/")[0] for hub, login in cast.logins.items()}
    if not cast.wall:
        needed |= {driver_login(site): site for site in cast.sites}
    return needed


def _known(given: dict[str, str], needed: dict[str, str], file: Path) -> dict[str, str]:
    missing = sorted(set(needed) - set(given))
    if missing:
        raise Refused(
            "simulate",
            str(file),
            f"the credential of {missing[0]} is not in it ({len(missing)} missing)",
            "Add it: homecare credential LOGIN prints a new one",
        )
    return {login: given[login] for login in needed}


def _renewed(engine: "sa.Engine", needed: dict[str, str], now: int) -> dict[str, str]:
    from gateway.access import SYSTEM
    from gateway.db import writing
    from gateway.registry import rotate

    with writing(engine) as conn:
        made = [rotate(conn, SYSTEM, login, now) for login in sorted(needed)]
    return {one.login: one.password for one in made}


def _clock_at(engine: "sa.Engine", sites: Sequence[str]) -> int | None:
    from api.cli.following import watermarks

    known = watermarks(engine)
    return max((known[site] for site in sites if known.get(site, 0) > 0), default=None)


def _persona(wish: "Wish") -> "Persona | None":
    return wish.catalogue.persona(wish.personas[0]) if wish.personas else None
