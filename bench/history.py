"""How fast simulated homes can be written as history, and how many one process keeps alive live.

    python bench/history.py [--quick]

Four things, each by what ships: columns alone on all cores; columns placed and stored in DuckDB by
`homecare simulate history`'s own way; the same homes as history and live, through the real journal,
compared reading by reading; hubs performed by the live player against a real embedded broker,
which nobody reads beside it. `live_homes_realtime` is what that player says in a second by what a
home says in a second; each home also needs a connection, and memory for it. Last line: JSON.
"""

import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from api.cli.perform import Performance, Stopped  # noqa: E402  # the path above
from api.cli.simulate import live_homes  # noqa: E402
from api.cli.simulate.filling import ROWS, Filled, fill  # noqa: E402
from api.cli.simulate.live_ahead import Ahead  # noqa: E402
from api.cli.simulate.live_player import Player  # noqa: E402
from api.cli.simulate.live_source import Source  # noqa: E402
from api.cli.simulate.shelf import Here  # noqa: E402
from api.pace import AS_FAST_AS_IT_GOES  # noqa: E402
from gateway.access import SYSTEM  # noqa: E402
from gateway.clock import SystemClock  # noqa: E402
from gateway.config import load  # noqa: E402
from gateway.db import journal_metadata, migrate, open_journal, open_state, writing  # noqa: E402
from gateway.intake.broker import EmbeddedBroker  # noqa: E402
from gateway.intake.journal import Journal  # noqa: E402
from gateway.intake.keyring import Keyring  # noqa: E402
from gateway.registry import Registry, importing  # noqa: E402
from gateway.registry.credentials import driver_login  # noqa: E402
from gateway.series import open_store  # noqa: E402
from simulators.history import Piece, Plan, columns, pieces  # noqa: E402
from simulators.homes.home import Home  # noqa: E402
from tests.simulators import lives  # noqa: E402

QUICK = "--quick" in sys.argv[1:]
SEED = 11
FIRST = date(2026, 1, 5)
CORES = os.cpu_count() or 1
HOMES, DAYS = (96, 60) if QUICK else (240, 90)
STORED_HOMES, STORED_DAYS = (36, 90) if QUICK else (96, 180)
LIVE_HOMES, LIVE_S = (120, 8.0) if QUICK else (300, 40.0)


def say(text: str) -> None:
    """Progress, so that nobody wonders."""
    print(text, file=sys.stderr, flush=True)


def spoken(job: tuple[Plan, Piece]) -> int:
    """How many rows a piece has: made, and thrown away."""
    return len(columns(*job))


def generated() -> dict[str, Any]:
    """Rows a second, columns alone, a process on each core; their start is not counted."""
    homes = tuple(home for _, some in live_homes.made(HOMES, SEED) for home in some)
    plan = Plan(homes, FIRST, DAYS, SEED)
    share = HOMES * DAYS * 1_100 // (4 * CORES)
    jobs = [(plan, piece) for piece in pieces(plan, min(ROWS, share))]
    with ProcessPoolExecutor(CORES, get_context("spawn")) as pool:
        few = [(plan, Piece((n,), plan.first_day, 1)) for n in range(4 * CORES)]
        list(pool.map(spoken, few))  # everybody is there, and has read the population
        begun = time.perf_counter()
        rows = 0
        for number, made in enumerate(pool.map(spoken, jobs), 1):
            rows += made
            say(f"  columns: {number} of {len(jobs)} pieces, {rows:,} readings")
        seconds = time.perf_counter() - begun
    return {"rows": rows, "seconds": seconds, "per_s": rows / seconds}


def stored(folder: Path) -> dict[str, Any]:
    """Readings a second, from nothing to a closed store; the start of processes is counted."""
    homes, directory = lives.registered(folder, STORED_HOMES, SEED)
    plan = Plan(homes, FIRST, STORED_DAYS, SEED)
    store = open_store(load(None, data=folder))

    def told(done: Filled, of: int) -> None:
        say(f"  store: {done.home_days:,} of {of:,} home-days, {done.readings:,} readings")

    begun = time.perf_counter()
    try:
        done = fill(Here(store), plan, directory, ROWS, CORES, told)
        held = sum(store.counts().values())
    finally:
        store.close()
    seconds = time.perf_counter() - begun
    if held != done.readings:
        raise SystemExit(f"{held} readings are in the store, {done.readings} were written")
    size = (folder / "series" / "readings.duckdb").stat().st_size
    return {
        "rows": held,
        "seconds": seconds,
        "per_s": held / seconds,
        "bytes": size / held,
    }


def identical(folder: Path) -> dict[str, Any]:
    """History against what a gateway keeps of what live publishes; scenarios and faults over it."""
    homes, directory = lives.registered(folder, 6, SEED)
    staged, wrong = lives.plays(), lives.faults()
    wanted = lives.planned(homes, lives.SPRING, 4, SEED, staged, wrong)
    told = Counter(lives.written(wanted, directory))
    engine = open_journal(folder / "journal.db")
    journal_metadata.create_all(engine)
    journal = Journal(engine, SystemClock(), Keyring(folder / "keys"), retention_days=3_650)
    live = Counter(lives.journalled(lives.said_live(wanted, staged, wrong), journal, directory))
    engine.dispose()
    for row in [*(told - live), *(live - told)][:5]:
        say(f"  differs: {row}")
    return {"rows": told.total(), "same": told == live and told.total() > 0}


def alive(folder: Path) -> dict[str, Any]:
    """What one process says to a broker as fast as it goes, hubs and all."""
    settings = load(None, data=folder, broker={"port": 0, "durable": False})
    clock = SystemClock()
    found = live_homes.made(LIVE_HOMES, SEED)
    engine = open_state(settings.state_place)
    migrate(engine, "state")
    registry = Registry(engine, clock)
    text = live_homes.registry(found, lives.SINCE)
    plan = importing.plan(text, "homes.yaml", registry.directory, clock.now())
    with writing(engine) as conn:
        made = importing.apply(conn, plan, SYSTEM, clock.now())
    registry.reload()
    broker = EmbeddedBroker(settings, registry.credentials, clock)
    broker.start()
    try:
        return _performed(
            live_homes.cast(home for _, some in found for home in some),
            {one.login: one.password for one in made},
            broker.endpoint.address,
        )
    finally:
        broker.stop()
        engine.dispose()


def _performed(cast: live_homes.Cast, passwords: dict[str, str], address: Any) -> dict[str, Any]:
    clock, stop = SystemClock(), threading.Event()
    source = Source(cast.homes, SEED, lives.NOW)
    performance = Performance(
        address=address,
        logins={hub: (login, passwords[login]) for hub, login in cast.logins.items()},
        drivers={
            site: (login, passwords[login])
            for site in cast.sites
            for login in (driver_login(site),)
        },
        backlog=lambda: 0,
        clock=clock,
        stopping=stop.wait,
        patience_s=None,
        strict=False,
    )
    ahead = Ahead(source)
    player = Player(ahead, performance, clock, cast.sites, source.at, AS_FAST_AS_IT_GOES)
    ahead.start()

    def play() -> None:
        with suppress(Stopped):
            player.play()

    thread = threading.Thread(target=play, name="player")
    thread.start()
    try:
        start = player.at
        while player.at < start + 3_600_000 and thread.is_alive():
            time.sleep(0.05)  # all hubs are connected, the first day is made
        first, said, begun = player.at, performance.counts.messages, time.perf_counter()
        say(f"  live: {len(cast.homes)} hubs connected")
        time.sleep(LIVE_S)
        seconds, passed = time.perf_counter() - begun, player.at - first
        messages = performance.counts.messages - said
    finally:
        stop.set()
        thread.join(60)
        ahead.close()
        performance.close()
    return {
        "homes": len(cast.homes),
        "speed": passed / 1000 / seconds,
        "messages_per_s": messages / seconds,
        "realtime": int(messages / seconds / a_second(cast.homes)),
    }


def a_second(homes: Sequence[Home]) -> float:
    """Messages of one home in a second, the mean of a week: nights are quieter than days."""
    plan = Plan(tuple(homes), FIRST, 7, SEED)
    told = columns(plan, Piece(tuple(range(len(homes))), plan.first_day, 7)).ordered()
    group = (told.sent_at, told.home, told.device, told.message)
    turns = np.logical_or.reduce([one[1:] != one[:-1] for one in group])
    return float((np.count_nonzero(turns) + 1) / (len(homes) * 7 * 86_400))


def main() -> None:
    """All four, a table, one line of JSON."""
    with tempfile.TemporaryDirectory(prefix="homecare-history-") as name:
        folder = Path(name)
        for part in ("stored", "identical", "alive"):
            (folder / part).mkdir()
        say("columns alone")
        alone = generated()
        say("into the store")
        whole = stored(folder / "stored")
        say("history against live")
        same = identical(folder / "identical")
        say("live")
        live = alive(folder / "alive")
    verdict = "the same" if same["same"] else "DIFFER"
    lines = {
        "columns alone": f"{alone['rows']:,} readings, {alone['per_s']:,.0f}/s on {CORES} cores",
        "into the store": f"{whole['rows']:,} readings, {whole['per_s']:,.0f}/s, "
        f"{whole['bytes']:.1f} bytes each",
        "history = live": f"{same['rows']:,} readings: {verdict}",
        "live": f"{live['homes']} homes {live['speed']:,.0f} times as fast as life, "
        f"{live['messages_per_s']:,.0f} messages/s: {live['realtime']:,} at real time",
    }
    for what, text in lines.items():
        print(f"{what:16}{text}")
    print(
        json.dumps(
            {
                "readings_per_s": round(whole["per_s"]),
                "generated_per_s": round(alone["per_s"]),
                "live_homes_realtime": live["realtime"],
                "identical_live_history": same["same"],
            }
        )
    )


if __name__ == "__main__":
    main()
