"""`homecare demo`."""

import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.options import DEMO
from api.cli.printing import Progress, say

if TYPE_CHECKING:
    from api.cli.demo.folder import Memory
    from api.cli.demo.stage import Stage
    from api.cli.supervise import Supervisor
    from gateway.config import Settings

LOOPBACK = "127.0.0.1"
LOCK = "running.lock"  # left by a start that was refused


def demo(
    *,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew: forget the old demo.")
    ] = False,
    data: Annotated[Path, typer.Option("--data", "-d", help="The demo's folder.")] = DEMO,
    speed: Annotated[
        float, typer.Option(min=1, max=600, help="How many times as fast as life.")
    ] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed: other lives.")] = 1,
) -> None:
    """Run everything with simulated homes in six regions, on this machine alone.

    Prints sign-in links. A second demo goes on with yesterday's data and clock. Ctrl-C stops all.

    Examples:
      homecare demo

      homecare demo --fresh --seed 7

    """
    from api.cli.demo import folder
    from gateway.clock import SystemClock

    if fresh:
        _forget(data)
    clock = SystemClock()
    _refuse_other(data)
    memory = folder.read(data)
    if memory is None:
        from api.cli.demo.prepare import begin

        say("A new demo: six regions, fictional homes, days of history first.")
        memory = begin(seed, clock.now())
    else:
        say("Going on where the last demo stopped (homecare demo --fresh begins anew).")
    _run(data, memory, speed)


def _run(data: Path, memory: "Memory", speed: float) -> None:
    from api.cli.demo import prepare
    from api.cli.supervise import Supervisor, locked, until_signal
    from gateway.clock import SystemClock
    from simulators.homes.regions import sites

    clock = SystemClock()
    locked(data).close()  # before anything is changed
    settings = _settings(data)
    regions = prepare.with_manual(sites())
    say(f"Setting up databases in {data} …")
    prepare.fill(settings, memory, regions, clock)
    site, homes = regions[0]
    home = prepare.manual_home(homes)
    shown = prepare.panel(memory, site, home, LOOPBACK, settings.broker.port)
    prepare.write_panel(data, shown)
    supervisor = Supervisor(settings, clock, say, data / "gateway.log")
    until_signal(supervisor)
    try:
        say(f"Starting the broker (port {settings.broker.port}) and the gateway …")
        supervisor.start()
        if supervisor.wait(0):
            return
        stage = _stage(settings, memory, [home for _, homes in regions for home in homes], speed)
        stage.performance.stopping = supervisor.wait
        try:
            _play(stage, supervisor, settings)
        finally:
            stage.performance.close()
    finally:
        # A second Ctrl-C must not leave anything running.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        say("Stopping everything …")
        supervisor.stop()
    say("Stopped. `homecare demo` goes on from here.")


def _play(stage: "Stage", supervisor: "Supervisor", settings: "Settings") -> None:
    from api.cli import client
    from api.cli.demo import folder, story
    from api.cli.perform import Stopped

    memory = stage.memory
    try:
        if memory.at < memory.began_at:
            if not memory.plays:
                memory.plays = story.opening(stage.homes, memory.began_at, 0, memory.seed)
            folder.write(settings.data, memory)
            _history(stage, supervisor)
        elif memory.starts:
            memory.plays += story.opening(stage.homes, memory.at, memory.starts, memory.seed)
        memory.starts += 1
        folder.write(settings.data, memory)
        _invite(settings)
        stage.live(lambda: client.of(settings.data))
    except Stopped:
        folder.write(settings.data, memory)


def _history(stage: "Stage", supervisor: "Supervisor") -> None:
    """Days before the beginning, and what their carers said of each day's alerts."""
    from api.cli.demo import carers
    from api.cli.demo.prepare import DAYS_BEFORE
    from api.cli.following import await_watermark
    from gateway.db import open_state
    from simulators.scenarios.staging import DAY

    memory, closed, progress = stage.memory, 0, Progress(every=4)
    engine = open_state(stage.settings.state_place)

    def rest() -> None:
        nonlocal closed
        await_watermark(engine, stage.sites, memory.at, stage.clock, supervisor.wait)
        staged = stage.staged(memory.at - 2 * DAY, memory.at)
        truths = [truth for one in staged for truth in one.truth]
        closed += carers.close_all(engine, truths, stage.clock)

    try:
        stage.history(
            lambda done, of: progress.show(
                f"Playing {DAYS_BEFORE} days of history: {done * 100 // of} %"
            ),
            rest,
        )
    finally:
        engine.dispose()
    progress.done(
        f"{DAYS_BEFORE} days of history are played; their carers closed {closed} alerts "
        "and said what each was."
    )


def _invite(settings: "Settings") -> None:
    """The links, the first of them on the line to look for."""
    from api.cli.demo import prepare
    from gateway.clock import SystemClock

    base = f"http://{LOOPBACK}:{settings.web.port}"
    made = prepare.links(settings, SystemClock(), base)
    say()
    say(f"Open this to sign in as a carer:  {made[0][1]}")
    say()
    for part, link in made[1:]:
        say(f"  as {part.title:26} {link}")
    say()
    say("Each link works once, for a day. Publish by hand: homecare send spo2=79")
    say(f"Pause, change the speed, stage a fall, as the technician: {base}/simulator")
    say("The homes live sixty times as fast as you. Ctrl-C stops everything.")


def _stage(settings: "Settings", memory: "Memory", homes: Any, speed: float) -> "Stage":
    from api.cli.demo.stage import Stage
    from api.cli.perform import Performance
    from gateway.clock import SystemClock
    from gateway.intake.broker import backlog
    from gateway.intake.broker_config import read_endpoint
    from gateway.registry.credentials import driver_login

    def waiting() -> int:
        held = backlog(read_endpoint(settings))
        return held.unacknowledged + held.undelivered

    def password(login: str) -> tuple[str, str]:
        return login, memory.passwords[login]

    performance = Performance(
        address=lambda user, secret: read_endpoint(settings).address(user, secret),
        logins={h.hub: password(f"{h.site}.{h.id}.hub") for h in homes},
        drivers={site: password(driver_login(site)) for site in {h.site for h in homes}},
        backlog=waiting,
        clock=SystemClock(),
        stopping=lambda _: False,
    )
    return Stage(settings, memory, homes, performance, SystemClock(), speed)


def _settings(data: Path) -> "Settings":
    """Loopback only, whatever a real site's settings file says; taken ports are stepped round."""
    from api.cli.supervise import free_port
    from gateway.config import load

    web = free_port(LOOPBACK, 8080)
    broker = free_port(LOOPBACK, 1883)
    for wanted, port, what in ((8080, web, "pages"), (1883, broker, "broker")):
        if port != wanted:
            say(f"Port {wanted} is taken: {what} on {port}.")
    return load(
        None,
        data=data,
        demo=True,
        web={"host": LOOPBACK, "port": web, "certificate": None, "key": None, "public_url": None},
        # Fictional data: the broker's fast setting, so that a slow disk makes nobody wait.
        broker={
            "url": None,
            "host": LOOPBACK,
            "port": broker,
            "durable": False,
            "certificate": None,
            "key": None,
        },
        log={"format": "text"},
    )


def _refuse_other(data: Path) -> None:
    """The demo writes fictional homes: only into a folder of its own."""
    from api.cli.demo import folder
    from devices.errors import Refused

    others = [file for file in data.iterdir() if file.name != LOCK] if data.exists() else []
    if others and not (data / folder.NAME).exists():
        raise Refused(
            "run the demo", str(data), "the folder holds no demo", "Name another one with --data"
        )


def _forget(data: Path) -> None:
    """Only a folder that is a demo's own, and none that is in use."""
    from api.cli.supervise import locked

    _refuse_other(data)
    if data.exists():
        locked(data).close()
        shutil.rmtree(data)
