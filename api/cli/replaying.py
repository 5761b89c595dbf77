"""`homecare replay`: recorded homes through the real broker, journal, rules and store."""

import gzip
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from api.cli.options import AsJson
from api.cli.printing import Progress, complain, say
from devices.errors import Failed, Refused

if TYPE_CHECKING:
    from api.cli.perform import Performance
    from api.cli.recorded.outcome import Outcome
    from api.cli.supervise import Supervisor
    from gateway.config import Settings
    from simulators.recorded.tihm import Recording

REPLAY = Path("data/replay")


def replay(
    folder: Annotated[Path, typer.Argument(help="The data set's folder, as ../shared/data/tihm.")],
    *,
    data: Annotated[
        Path, typer.Option("--data", "-d", help="Where its gateway keeps everything; begun anew.")
    ] = REPLAY,
    speed: Annotated[
        str, typer.Option(help="Times as fast as life, or max.", metavar="N|max")
    ] = "max",
    homes: Annotated[
        int | None, typer.Option(min=1, help="Only so many, the busiest first.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Only so many days.")] = None,
    shuffle: Annotated[
        int | None, typer.Option(help="Seed: homes take turns in an order of chance.")
    ] = None,
    stay: Annotated[
        bool, typer.Option("--stay", help="Leave the pages open afterwards, until Ctrl-C.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Play a recorded data set (TIHM) and compare the alerts with its labels.

    A gateway of its own is started on free ports. The outcome is the same at any speed.

    Examples:
      homecare replay ../shared/data/tihm

      homecare replay ../shared/data/tihm --homes 4 --days 10 --json

      homecare replay ../shared/data/tihm --speed 1000 --shuffle 7

    """
    import json

    from api.cli.recorded.outcome import as_json as told
    from api.cli.recorded.outcome import show
    from api.cli.recorded.stand import begin_anew

    tell = complain if as_json else say
    fast = _speed(speed)
    recording = read_recording(folder, homes, days)
    tell(
        f"{len(recording.homes)} homes, {len(recording.columns)} readings, "
        f"{len(recording.labels)} labels."
    )
    begin_anew(data)
    outcome = _run(data, recording, fast, shuffle, tell, stay=stay, quiet=as_json)
    if as_json:
        say(json.dumps(told(outcome)))
    else:
        show(outcome)


def _run(
    data: Path,
    recording: "Recording",
    speed: float | None,
    shuffle: int | None,
    tell: Any,
    *,
    stay: bool,
    quiet: bool,
) -> "Outcome":
    from api.cli.following import await_store, await_watermark
    from api.cli.gateway import local_url
    from api.cli.perform import Stopped
    from api.cli.recorded.play import Player
    from api.cli.recorded.stand import prepare, settings_of
    from api.cli.supervise import Supervisor, until_signal
    from gateway.clock import SystemClock
    from gateway.db import open_state
    from simulators.recorded.tihm import SITE

    clock = SystemClock()
    settings = settings_of(data)
    passwords, link = prepare(settings, recording)
    supervisor = Supervisor(settings, clock, complain, data / "gateway.log")
    until_signal(supervisor)
    engine = open_state(settings.state_place)
    began = clock.monotonic()
    try:
        supervisor.start()
        tell(f"Look while it plays: {local_url(settings)}{link}")
        performance = _performance(settings, recording, passwords, supervisor)
        player = Player(recording, performance, clock, speed, shuffle)
        progress = _Eta(clock.monotonic, quiet=quiet)
        player.play(progress.show)
        progress.line.done()
        await_watermark(engine, [SITE], recording.end, clock, supervisor.wait)
        await_store(settings.data, clock, supervisor.wait)
        performance.close()
        if supervisor.wait(0):
            raise Stopped  # noqa: TRY301 - the same end as in the middle of playing
        seconds = clock.monotonic() - began
        if stay:
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
    return _gather(settings, recording, performance, seconds)


def _gather(
    settings: "Settings", recording: "Recording", performance: "Performance", seconds: float
) -> "Outcome":
    from api.cli.recorded.outcome import gathered
    from gateway.series import open_store
    from simulators.recorded.tihm import SITE

    store = open_store(settings)
    try:
        stored = sum(store.counts(SITE).values())
    finally:
        store.close()
    return gathered(
        settings,
        recording.labels,
        published=performance.counts.messages,
        readings=performance.counts.readings,
        stored=stored,
        seconds=seconds,
        dropped=dict(recording.dropped),
    )


def _performance(
    settings: "Settings",
    recording: "Recording",
    passwords: dict[str, str],
    supervisor: "Supervisor",
) -> "Performance":
    from api.cli.perform import Performance
    from gateway.clock import SystemClock
    from gateway.intake.broker import backlog
    from gateway.intake.broker_config import read_endpoint
    from gateway.registry.credentials import driver_login
    from simulators.recorded.tihm import SITE

    def waiting() -> int:
        held = backlog(read_endpoint(settings))
        return held.unacknowledged + held.undelivered

    driver = driver_login(SITE)
    logins = {home.hub: f"{home.site}.{home.id}.{home.id}" for home in recording.homes}
    return Performance(
        address=lambda user, secret: read_endpoint(settings).address(user, secret),
        logins={hub: (login, passwords[login]) for hub, login in logins.items()},
        drivers={SITE: (driver, passwords[driver])},
        backlog=waiting,
        clock=SystemClock(),
        stopping=supervisor.wait,
    )


class _Eta:
    """Share done, readings a second, time left."""

    def __init__(self, monotonic: Any, *, quiet: bool) -> None:
        self.line = Progress(every=100)
        self._monotonic, self._quiet = monotonic, quiet
        self._began = monotonic()

    def show(self, done: int, of: int, at: int) -> None:
        from api.cli.deadletters import moment

        if self._quiet:
            return
        passed = self._monotonic() - self._began
        rate = done / passed if passed > 0 else 0
        left = (of - done) / rate if rate else 0
        self.line.show(
            f"{done * 100 // max(of, 1):3} %  {moment(at)[:16]}  {rate:7.0f} readings/s  "
            f"about {left:.0f} s left"
        )


def read_recording(folder: Path, homes: int | None, days: int | None) -> "Recording":
    from simulators.recorded.tihm import recording

    with ExitStack() as stack:
        files = [
            stack.enter_context(_opened(folder, name))
            for name in ("Activity", "Physiology", "Labels")
        ]
        return recording(*files, homes=homes, days=days)


def _opened(folder: Path, name: str) -> IO[str]:
    packed, plain = folder / f"{name}.csv.gz", folder / f"{name}.csv"
    if packed.exists():
        return gzip.open(packed, "rt", encoding="utf-8")
    if plain.exists():
        return plain.open(encoding="utf-8")
    raise Refused(
        "replay",
        str(folder),
        f"there is no {name}.csv.gz",
        "Give the folder of TIHM (Zenodo 7622128)",
    )


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 0 < speed < float("inf"):
        raise Refused("replay", f"--speed {text}", "no speed", "Give a number such as 1000, or max")
    return speed
