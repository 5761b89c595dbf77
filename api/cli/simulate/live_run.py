"""A live simulation from what was asked for to its end: whose homes, where, how long."""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.perform import Performance, Stopped
from api.cli.printing import say
from api.cli.simulate import live_place
from api.cli.simulate.live_ahead import Ahead
from api.cli.simulate.live_desk import Line
from api.cli.simulate.live_place import Place
from api.cli.simulate.live_player import Player
from api.cli.simulate.live_show import Show, refuse_loss, summary
from api.cli.simulate.live_source import Play, Source
from devices.errors import Refused
from simulators.catalogue import SHIPPED, Catalogue
from simulators.scenarios.catalogue import scenario
from simulators.scenarios.staging import DAY

if TYPE_CHECKING:
    from simulators.faults import Planned

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    count: int | None = None
    sites: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    seed: int = 1
    speed: float = 1.0
    start: int | None = None
    days: float | None = None
    scenarios: tuple[str, ...] = ()
    faults: "tuple[Planned, ...]" = ()
    broker: str | None = None
    authority: Path | None = None
    gateway: str | None = None
    registry: Path | None = None
    credentials: Path | None = None
    paused: bool = False
    quiet: bool = False
    catalogue: Catalogue = SHIPPED  # what homes are made of, one's own beside what ships


def run(
    wish: Wish, config: Path | None, data: Path | None, tell: Told, *, as_json: bool = False
) -> None:
    """From the first connection to the last goodbye. Raises Refused and Failed."""
    from gateway.clock import SystemClock

    for play in plays(wish.scenarios, 0):
        scenario(play.scenario)  # a wrong name is told before anything is started
    clock = SystemClock()
    stop = threading.Event()
    began = clock.monotonic()
    with ExitStack() as stack:
        stack.enter_context(_signals(stop))
        place = stack.enter_context(live_place.found(wish, config, data, tell, stop))
        start = _start(wish, place, clock.now())
        tell(f"{len(place.cast.homes)} homes at {', '.join(place.cast.sites)}.")
        if place.cast.left_out:
            tell(f"{place.cast.left_out} devices have no hub or no known model: not simulated.")
        source = Source(
            place.cast.homes, wish.seed, start, plays(wish.scenarios, start), wish.faults
        )
        with playing(source, place, clock, stop.wait, wish) as player:
            show = Show(quiet=wish.quiet)
            line = Line(
                place.gateway, source, show, place.cast.wall, place.cast.sites, start, stop.set
            )
            player.turns += [show.turn, line.turn]
            line.start()
            try:
                stopped = _play(player)
            finally:
                show.progress.done()
                line.close()
            found = summary(player, clock.monotonic() - began)
    if as_json:
        say(json.dumps(found))
    else:
        tell(
            f"{'Stopped' if stopped else 'Played'}: {found['messages']:,} messages with "
            f"{found['readings']:,} readings in {found['seconds']:.0f} s; "
            f"{found['acknowledged']:,} taken by the broker."
        )
    refuse_loss(found)


@contextmanager
def playing(
    source: Source, place: Place, clock: Any, stopping: Callable[[float], bool], wish: Wish
) -> Iterator[Player]:
    """A player over these hubs; they say goodbye at the end."""
    cast = place.cast
    performance = Performance(
        address=place.address,
        logins={hub: (login, place.passwords[login]) for hub, login in cast.logins.items()},
        drivers={} if cast.wall else _drivers(place),
        backlog=place.backlog,
        clock=clock,
        stopping=stopping,
        patience_s=None,
        strict=False,
    )
    until = None if wish.days is None else source.at + int(wish.days * DAY)
    ahead = Ahead(source)
    player = Player(
        ahead,
        performance,
        clock,
        cast.sites,
        source.at,
        wish.speed,
        until,
        wall=cast.wall,
        paused=wish.paused,
    )
    ahead.start()
    try:
        yield player
    finally:
        ahead.close()
        performance.close()


def plays(words: tuple[str, ...], start: int) -> list[Play]:
    """Scenarios as the command line names them. Raises Refused."""
    return [_play_of(word, start) for word in words]


def _play_of(word: str, start: int) -> Play:
    from datetime import datetime

    name, _, rest = word.partition("@")
    where, _, when = rest.partition("@")
    site, _, home = where.partition("/")
    at = start
    if when:
        try:
            moment = datetime.fromisoformat(when)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise Refused("stage a scenario", word, f"{when!r} is no time with its zone", "As …Z")
        at = int(moment.timestamp() * 1000)
        if at < start:
            raise Refused("stage a scenario", word, "it lies before the start", "Give a later time")
    if not home:
        hint = "As sos@donegal/home-1, or with @2026-11-04T08:00:00Z behind it"
        raise Refused("stage a scenario", word, "it is not NAME@SITE/HOME", hint)
    return Play(name, site, home, at)


def _play(player: Player) -> bool:
    """Whether it was stopped before its end; what was said has then arrived, if it can."""
    try:
        player.play()
    except Stopped:
        player.performance.stopping = _brief(player)
        with suppress(Stopped):
            player.performance.settle()
        return True
    return False


def _brief(player: Player) -> Callable[[float], bool]:
    """A last wait of some seconds for what is on its way."""
    until = player.clock.monotonic() + 5.0
    pause = threading.Event()

    def over(seconds: float) -> bool:
        pause.wait(seconds)
        return player.clock.monotonic() > until

    return over


def _drivers(place: Place) -> dict[str, tuple[str, str]]:
    from gateway.registry.credentials import driver_login

    logins = {site: driver_login(site) for site in place.cast.sites}
    return {site: (login, place.passwords[login]) for site, login in logins.items()}


def _start(wish: Wish, place: Place, now: int) -> int:
    """Where the sites' clock begins. Raises Refused where it would have to go back."""
    if place.cast.wall:
        if wish.speed != 1 or wish.start is not None or wish.paused:
            raise Refused(
                "simulate",
                ", ".join(place.cast.sites),
                "its clock is the wall's: now, and as fast as life",
                "Leave out --speed, --start and --paused, or register it with `clock: data`",
            )
        return now
    if wish.start is not None and place.clock_at is not None and wish.start < place.clock_at:
        from api.cli.deadletters import moment

        raise Refused(
            "simulate",
            f"--start {moment(wish.start)}",
            f"the sites' clock stands at {moment(place.clock_at)} and never goes back",
            "Leave --start out to go on from there",
        )
    if wish.start is not None:
        return wish.start
    return now if place.clock_at is None else place.clock_at + 1


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM end in order; a second one changes nothing."""
    old = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
