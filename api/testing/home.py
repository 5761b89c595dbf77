"""A virtual home on a gateway without broker, threads and web: journal, rules, alerts, store.

Time is a `ManualClock` and the site's own clock; nothing waits, no socket is opened. What hubs
publish is journalled as the broker would have handed it over, and everything from there on is what
runs in a pilot.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from api.testing.life import Life
from devices.signals import CATALOGUE, from_counts
from gateway.access import SYSTEM
from gateway.alerts.tables import alert
from gateway.clock import ManualClock
from gateway.config import load
from gateway.db import journal_metadata, open_journal, open_state, reading, state_metadata, writing
from gateway.intake import topics
from gateway.intake.journal import Message
from gateway.intake.run import open_journal_of
from gateway.notify.stream import Bulletin
from gateway.registry import Registry, importing
from gateway.rulebook import install_starter
from gateway.series.duckdb import DuckDBStore
from gateway.series.projector import Projector
from gateway.series.store import Query
from gateway.watch.host import EngineHost
from rules.packs import starter_rules
from rules.rule import Rule
from simulators.actions import Drop, Publish
from simulators.homes.regions import sites
from simulators.homes.register import SiteFacts, registry_file
from simulators.scenarios.course import Course

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TICK = 5 * MINUTE
MEMORY_MIB = 64


@dataclass(frozen=True, slots=True)
class Told:
    """An alert. Times are ms UTC of the site's clock."""

    rule: str
    who: str  # the resident's id, or the home's
    priority: str
    at: int  # since when it was so
    noticed_at: int
    technical: bool
    open: bool


class VirtualHome:
    """One home, its life and its gateway. `close` it; the fixture does."""

    def __init__(
        self, folder: Path, life: Life, rules: Sequence[Rule] | None = None, **settings: Any
    ) -> None:
        """rules: live ones, by default the starter set; settings: as `gateway.config.load` has."""
        folder.mkdir(parents=True, exist_ok=True)
        self.life = life
        self.home = life.home
        self.clock = ManualClock(life.now)
        self._closing: list[Callable[[], None]] = []
        chosen = load(None, data=folder, **settings)
        self.engine = self._opened(open_state(folder / "state.db"), state_metadata)
        rows = self._opened(open_journal(folder / "journal.db"), journal_metadata)
        self.registry = Registry(self.engine, self.clock)
        self._register(starter_rules() if rules is None else tuple(rules))
        self.journal, _ = open_journal_of(chosen, rows, self.clock, self.registry)
        self.store = DuckDBStore(folder / "series" / "readings.duckdb", MEMORY_MIB)
        self._closing.append(self.store.close)
        self.host = EngineHost(
            chosen,
            self.clock,
            self.engine,
            self.registry,
            self.journal,
            self.store,
            Bulletin(),
            intake=None,
        )
        self._projector = Projector(self.store, self.host.reread, self.clock)
        self.host.projector = self._projector
        self.host.prepare()
        self._tick()

    # -- what goes on

    def lives(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> None:
        """Time goes by, and what is lived in it is heard."""
        end = self.life.now + round(days * DAY + hours * HOUR + minutes * MINUTE)
        while self.life.now < end:
            stop = min(end, self.life.now // TICK * TICK + TICK)
            batch = []
            for action in self.life.until(stop):
                if isinstance(action, Publish):
                    batch.append(Message(action.topic, action.payload, action.at))
                elif isinstance(action, Drop):
                    will = topics.device(self.home.site, self.home.id, "hub", "status")
                    batch.append(Message(will, b'{"online":false}', action.at))
            if batch:
                self.journal.append(batch)
            self.clock.advance(stop - self.clock.now())
            self._tick()

    def happens(self, what: str | Course) -> None:
        """A scenario begins now: by its name, or one read with `parse_course`."""
        self.life.happens(what)

    def fails(self, fault: str, **keys: Any) -> None:
        """A fault begins now: `fails("silence", devices=["motion"])`; keys as in a fault file."""
        self.life.fails(fault, **keys)

    def says(self, device: str, signal: str, value: object = None) -> None:
        """A reading by hand: a device of the home says something now."""
        said: dict[str, object] = {"signal": signal, "time": self.life.now}
        said |= {} if value is None else {"value": value}
        channel = "urgent" if signal in {"sos", "fall"} else "reading"
        topic = topics.device(self.home.site, self.home.id, device, channel)
        self.journal.append([Message(topic, json.dumps(said).encode(), self.life.now)])
        self._tick()

    # -- what came of it

    def alerts(self, rule: str | None = None) -> list[Told]:
        """All alerts of care that were ever raised, of one rule or of all, in order of time."""
        return [one for one in self._alerts(rule) if not one.technical]

    def technical(self, rule: str | None = None) -> list[Told]:
        """What technicians were told: silent devices, a clock that is wrong."""
        return [one for one in self._alerts(rule) if one.technical]

    def alert(self, rule: str) -> Told | None:
        """The newest alert of a rule; None: nobody was told."""
        found = self._alerts(rule)
        return found[-1] if found else None

    def readings(self, signal: str, device: str | None = None) -> list[tuple[int, float]]:
        """(ms UTC, value in the signal's unit) as the series store holds them."""
        while self._projector.step() == 0.0:
            pass
        self.clock.advance(1_000)
        self._projector.step()
        query = Query(self.home.site, home=self.home.id, signals=(signal,), device=device)
        read = self.store.read(query)
        entry = CATALOGUE[signal]
        return [
            (at, float(from_counts(entry, x)))
            for at, x in zip(read.at.tolist(), read.x.tolist(), strict=True)
        ]

    def dead_letters(self) -> int:
        """Messages that were no readings."""
        from gateway.intake.tables import dead_letter

        with reading(self.engine) as conn:
            query = sa.select(sa.func.count()).select_from(dead_letter)
            return int(conn.execute(query).scalar_one())

    def close(self) -> None:
        """Store and databases, last opened first."""
        while self._closing:
            self._closing.pop()()

    # -- inside

    def _alerts(self, rule: str | None) -> list[Told]:
        query = sa.select(alert).order_by(alert.c.onset_at, alert.c.id)
        if rule is not None:
            query = query.where(alert.c.rule_name == rule)
        with reading(self.engine) as conn:
            return [
                Told(
                    row.rule_name,
                    row.resident or row.home or row.site,
                    row.priority,
                    row.onset_at,
                    row.noticed_at,
                    row.technical,
                    row.closed_at is None,
                )
                for row in conn.execute(query)
            ]

    def _tick(self) -> None:
        """The site's clock stands where life stands, and everything that can be done is done."""
        said = json.dumps({"signal": "tick", "time": self.life.now}).encode()
        self.journal.append([Message(topics.tick(self.home.site), said, self.clock.now())])
        while self.host.step():
            pass
        self.host.step()

    def _register(self, rules: Sequence[Rule]) -> None:
        site = next(one for one in sites() if one.id == self.home.site)
        facts = SiteFacts(
            site.id,
            site.name,
            site.zone,
            site.languages,
            site.emergency,
            site.fallback_phone,
            site.holidays,
        )
        now = self.clock.now()
        text = registry_file([(facts, [self.home])], "2020-01-01")
        plan = importing.plan(text, "virtual-home.yaml", self.registry.directory, now)
        assert not plan.problems, plan.lines()
        with writing(self.engine) as conn:
            importing.apply(conn, plan, SYSTEM, now)
            install_starter(conn, site.id, tuple(rules), now)
        self.registry.refresh()

    def _opened(self, engine: sa.Engine, tables: sa.MetaData) -> sa.Engine:
        """All tables at once, and no flush to the disk: no power fails in a test."""
        tables.create_all(engine)
        sa.event.listen(engine, "connect", _in_memory_of_the_kernel)
        engine.dispose()
        self._closing.append(engine.dispose)
        return engine


def _in_memory_of_the_kernel(raw: Any, _: object) -> None:
    raw.execute("PRAGMA synchronous = OFF").close()
