"""A replay from start to end: its gateway, the playing, what became of it."""

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.cli.deadletters import moment
from api.cli.following import await_store, await_watermark
from api.cli.gateway import local_url
from api.cli.perform import Performance, Stopped
from api.cli.printing import Progress, complain
from api.cli.recorded.outcome import Outcome, gathered
from api.cli.recorded.play import Player
from api.cli.recorded.stand import prepare, settings_of
from api.cli.supervise import Supervisor, until_signal
from devices.errors import Failed
from gateway.clock import SystemClock
from gateway.config import Settings
from gateway.db import open_state
from gateway.intake.broker import backlog
from gateway.intake.broker_config import read_endpoint
from gateway.registry.credentials import driver_login
from gateway.series import open_store
from simulators.faults import Fault
from simulators.recorded.recording import Recording


@dataclass(frozen=True, slots=True)
class Manner:
    """How a recording is played."""

    speed: float | None = None  # times as fast as life; None: as fast as it goes
    shuffle: int | None = None
    faults: tuple[Fault, ...] = ()
    seed: int = 1
    stay: bool = False
    quiet: bool = False


def run(data: Path, recording: Recording, manner: Manner, tell: Callable[[str], None]) -> Outcome:
    """All of it, on a gateway of its own in `data`. Raises Failed where it was stopped before."""
    clock = SystemClock()
    settings = settings_of(data)
    passwords, link = prepare(settings, recording)
    supervisor = Supervisor(settings, clock, complain, data / "gateway.log")
    until_signal(supervisor)
    engine = open_state(settings.state_place)
    began = clock.monotonic()
    sites = [facts.id for facts in recording.sites]
    try:
        supervisor.start()
        tell(f"Look while it plays: {local_url(settings)}{link}")
        performance = performance_of(settings, recording, passwords, supervisor.wait)
        player = Player(
            recording,
            performance,
            clock,
            manner.speed,
            manner.shuffle,
            manner.faults,
            manner.seed,
        )
        progress = _Eta(clock.monotonic, quiet=manner.quiet)
        player.play(progress.show)
        progress.line.done()
        await_watermark(engine, sites, recording.end, clock, supervisor.wait)
        await_store(settings.data, clock, supervisor.wait)
        performance.close()
        if supervisor.wait(0):
            raise Stopped  # noqa: TRY301 - the same end as in the middle of playing
        seconds = clock.monotonic() - began
        if manner.stay:
            tell(f"Played. The pages stay at {local_url(settings)} until Ctrl-C.")
            supervisor.wait()
    except Stopped:
        hint = "Begin again; half a replay is compared with nothing"
        raise Failed("replay", str(data), "it was stopped before its end", hint) from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
        engine.dispose()
    return gathered(
        settings,
        recording,
        published=player.published,
        readings=performance.counts.readings,
        stored=_stored(settings, sites),
        seconds=seconds,
    )


def _stored(settings: Settings, sites: Sequence[str]) -> int:
    """Readings in the store of a gateway that has ended."""
    store = open_store(settings)
    try:
        return sum(sum(store.counts(site).values()) for site in sites)
    finally:
        store.close()


def performance_of(
    settings: Settings,
    recording: Recording,
    passwords: dict[str, str],
    stopping: Callable[[float], bool],
) -> Performance:
    """Hubs of a recording at the embedded broker, each with its credential."""

    def waiting() -> int:
        held = backlog(read_endpoint(settings))
        return held.unacknowledged + held.undelivered

    drivers = {facts.id: driver_login(facts.id) for facts in recording.sites}
    logins = {home.hub: _login(home.site, home.id, passwords) for home in recording.homes}
    return Performance(
        address=lambda user, secret: read_endpoint(settings).address(user, secret),
        logins={hub: (login, passwords[login]) for hub, login in logins.items()},
        drivers={site: (login, passwords[login]) for site, login in drivers.items()},
        backlog=waiting,
        clock=SystemClock(),
        stopping=stopping,
    )


def _login(site: str, home: str, passwords: dict[str, str]) -> str:
    """Of the home's one connection: its hub's, where it has one."""
    hub = f"{site}.{home}.hub"
    return hub if hub in passwords else f"{site}.{home}.{home}"


class _Eta:
    """Share done, readings a second, time left."""

    def __init__(self, monotonic: Callable[[], float], *, quiet: bool) -> None:
        self.line = Progress()
        self._monotonic: Any = monotonic
        self._quiet = quiet
        self._began = monotonic()

    def show(self, done: int, of: int, at: int) -> None:
        if self._quiet:
            return
        passed = self._monotonic() - self._began
        rate = done / passed if passed > 0 else 0
        left = max(0, of - done) / rate if rate else 0
        share = min(1.0, done / max(of, 1))
        self.line.show(
            f"{share * 100:3.0f} %  {moment(at)[:16]}  {rate:7.0f} readings/s  "
            f"about {left:.0f} s left",
            share,
        )
