"""A gateway with simulated homes in this process: broker, intake, rules, store, pages."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from fastapi.testclient import TestClient

from api.app import build_app
from api.cli.client import Client
from api.cli.simulate import live_homes, live_stand
from api.cli.simulate.live_desk import Line
from api.cli.simulate.live_place import Place
from api.cli.simulate.live_player import Player
from api.cli.simulate.live_run import Wish, playing
from api.cli.simulate.live_show import Show
from api.cli.simulate.live_source import Source
from devices.errors import Failed, Refused
from gateway.access import SYSTEM, Role, tokens
from gateway.clock import SystemClock
from gateway.config import load
from gateway.db import open_state, writing
from gateway.intake.broker import EmbeddedBroker, backlog
from gateway.mqtt import Address
from gateway.registry import Registry
from gateway.run import build
from gateway.series.store import Query
from simulators.columns import SIGNALS, Columns
from simulators.homes.day import between

START = int(datetime(2026, 6, 9, 2, tzinfo=UTC).timestamp()) * 1000
HOUR = 3_600_000


class Asking(Client):
    """The API, without a network."""

    def __init__(self, app, token: str) -> None:
        super().__init__("http://here", token)
        self.http = TestClient(app, raise_server_exceptions=False)
        self.http.headers["authorization"] = f"Bearer {token}"

    def _call(self, method, path, body):
        answer = self.http.request(method, path, json=body)
        if answer.status_code >= 500:
            raise Failed(method, path, answer.text, "")
        if answer.status_code >= 400:
            raise Refused(method, path, answer.text, "")
        return answer.json()


class Living:
    """Everything that a live simulation needs, in a folder."""

    def __init__(self, folder: Path, count: int, seed: int = 1) -> None:
        self.clock, self.seed = SystemClock(), seed
        self.settings = load(data=folder, demo=True, broker={"port": 0, "durable": False})
        made = live_homes.made(count, seed)
        self.passwords, _ = live_stand.prepare(self.settings, made, START)
        self.homes = tuple(home for _, homes in made for home in homes)
        self.cast = live_homes.cast(self.homes)
        self._engine = open_state(self.settings.state_place)
        self._registry = Registry(self._engine, self.clock)
        self.broker = self._broker()
        self.broker.start()
        self.gateway = build(self.settings)
        self.gateway.start()
        with writing(self._engine) as conn:
            token = tokens.issue(
                conn, SYSTEM, "test", [("*", Role.TECHNICIAN)], self.clock.now(), days=1
            )
        self.api = Asking(build_app(self.gateway), token)
        self.pause = threading.Event()

    def _broker(self) -> EmbeddedBroker:
        return EmbeddedBroker(self.settings, self._registry.credentials, self.clock)

    def restart_broker(self) -> None:
        """Killed and started anew, as by a power cut of a second."""
        self.broker.stop()
        self.broker = self._broker()
        self.broker.start()

    @property
    def place(self) -> Place:
        return Place(
            self.cast,
            dict(self.passwords),
            self._address,
            self._waiting,
            gateway=lambda: self.api,
        )

    def _address(self, login: str, password: str) -> Address:
        return self.broker.endpoint.address(login, password)  # of the broker that runs now

    def _waiting(self) -> int:
        held = backlog(self.broker.endpoint)
        return held.unacknowledged + held.undelivered

    def stop(self) -> None:
        self.gateway.stop()
        self.broker.stop()
        self._engine.dispose()

    def stored(self, start: int, end: int) -> list[tuple]:
        """What the store holds: (home, device, signal, at, x), sorted."""
        until(lambda: self.gateway.projector.status().lag == 0)
        rows = []
        for site in self.cast.sites:
            found = self.gateway.store.read(Query(site, start=start, end=end))
            names = (found.home, found.device, found.signal, found.at, found.x)
            rows += [(site, *row) for row in zip(*(list(one) for one in names), strict=True)]
        return sorted(tuple(_plain(cell) for cell in row) for row in rows)

    def written(self, start: int, end: int) -> list[tuple]:
        """What history has of the same homes and seed."""
        return sorted(self._rows(between(self.homes, start, end, self.seed)))

    def _rows(self, columns: Columns) -> Iterator[tuple]:
        for home, device, signal, at, x in zip(
            *(one.tolist() for one in (columns.home, columns.device)),
            *(one.tolist() for one in (columns.signal, columns.at, columns.x)),
            strict=True,
        ):
            at_home = self.homes[home]
            name = SIGNALS[signal].name
            yield (at_home.site, at_home.id, at_home.devices[device].id, name, at, x)


def _plain(cell):
    return cell.item() if hasattr(cell, "item") else cell


@contextmanager
def running(
    living: Living, *, speed: float, until_at: int | None = None, plays=(), place=None, paused=False
) -> Iterator[tuple[Player, Line]]:
    """A player in a thread of its own, with its line to the page."""
    stop = threading.Event()
    source = Source(living.homes, living.seed, START, plays)
    days = None if until_at is None else (until_at - START) / 86_400_000
    wish = Wish(speed=speed, days=days, paused=paused, seed=living.seed)
    where = place or living.place
    with playing(source, where, living.clock, stop.wait, wish) as player:
        show = Show(quiet=True)
        line = Line(where.gateway, source, show, False, living.cast.sites, START, stop.set)
        player.turns += [show.turn, line.turn]
        thread = threading.Thread(target=player.play_until_stopped)
        line.start()
        thread.start()
        player.thread = thread
        try:
            yield player, line
        finally:
            stop.set()
            thread.join(30)
            line.close()


def until(condition: Callable[[], object], seconds: float = 90.0) -> None:
    """Wait for something that other threads bring about."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come about")
