"""A small gateway for the pages: two sites, six homes, ten days of readings, real rules and alerts.

Everything goes through the product's own services: registry, journal, placing of bad messages,
series store, the rules engine, alerts. Only the parts that would need a broker and threads (intake,
the engine host) are stood in for, by what the pages ask of them.
"""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from devices.reading import Quality, Reading
from devices.signals import CATALOGUE, to_counts
from gateway import rulebook
from gateway.access import SYSTEM, Role, links, tokens, users
from gateway.alerts import recording, watchdogs, worklist
from gateway.alerts.episodes import Technical
from gateway.clock import ManualClock
from gateway.config import Settings
from gateway.db import journal_metadata, open_journal, reading, writing
from gateway.intake import deadletters
from gateway.intake.journal import Journal
from gateway.intake.keyring import Keyring
from gateway.intake.placing import place
from gateway.intake.rows import Message
from gateway.notify.stream import Bulletin
from gateway.series.duckdb import DuckDBStore
from gateway.series.reading_room import ReadingRoom
from gateway.watch.asking import WhyRoom
from gateway.watch.enrolments import desired
from gateway.watch.findings import finding
from gateway.watch.history import History
from gateway.watch.host import Heard
from gateway.watch.silence import Silence, Watched
from reviews import tables as review_tables
from rules.engine.live import Engine as Rules
from rules.packs import starter_rules
from tests.building import a_home, a_site, registry_with, state_engine
from tests.pages import life

assert review_tables  # every page's tables are made
NOW = 1_793_762_040_000  # 4 November 2026, 03:14 UTC
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ZONE = "Atlantic/Reykjavik"
SITE = "borgarbyggd"
PASSWORD = "correct horse battery staple"


class Host:
    """What the pages ask of the engine host."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.sites = SimpleNamespace(
            watches={SITE: SimpleNamespace(silence=Silence(SITE)), "donegal": None}
        )

    @property
    def silence(self) -> Silence:
        return self.sites.watches[SITE].silence

    def site_now(self, site: str) -> int:
        del site
        return self.clock.now()

    def heard(self, site: str) -> Heard | None:
        if site != SITE:
            return None
        heard, homes = self.silence.homes_heard()
        unheard = [(one.home, one.device, last) for one, last in self.silence.unheard()]
        now = self.clock.now()
        return Heard(homes, heard, now, now, unheard)


@dataclass
class SeededGateway:
    """As gateway.run.Gateway, as far as pages and API use it."""

    settings: Settings
    clock: ManualClock
    engine: Any
    registry: Any
    journal: Any
    journal_engine: Any
    store: Any
    reading_room: Any
    host: Host
    bulletin: Bulletin
    rules: Rules
    enrolled: dict[str, Any]
    offset: int = 0
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def health(self) -> dict[str, Any]:
        ok = all(check["ok"] for check in self.checks.values())
        return {"live": True, "ready": ok, "checks": self.checks}

    def metrics(self) -> bytes:
        return b"# HELP homecare_journal_lag Rows.\nhomecare_journal_lag 0\n"

    @property
    def why_room(self) -> WhyRoom:
        return WhyRoom(
            self.engine,
            self.registry,
            self.store,
            History(self.store, lambda _after, _upto: []),
            self.clock,
            lambda: self.offset,
            lambda _site, _home: [],
            3.0,
        )

    def close(self) -> None:
        self.bulletin.close()
        self.store.close()
        self.journal_engine.dispose()
        self.engine.dispose()

    def measure(self, home: str, who: str | None, signal: str, value: str, at: int, **more) -> None:
        """One reading, stored and fed to the rules, as the way in would."""
        self.feed([self.reading(home, who, signal, value, at, **more)])

    def reading(
        self,
        home: str,
        who: str | None,
        signal: str,
        value: str,
        at: int,
        device: str = "",
        where: str | None = None,
        quality: int = 0,
    ) -> Reading:
        entry = CATALOGUE[signal]
        self.offset += 1
        x = (
            entry.words[value]
            if value in entry.words
            else to_counts(entry, Decimal(value), None)[0]
        )
        return Reading(
            offset=self.offset,
            index=0,
            site=SITE,
            home=home,
            device=device or signal.replace("_", "-"),
            resident=who,
            place=where,
            signal=signal,
            x=x,
            at=at,
            measured_at=at,
            received_at=at,
            quality=quality,
            value=value,
            unit=None,
        )

    def feed(self, readings: list[Reading]) -> None:
        """Store, hear, judge, raise, tell."""
        ordered = sorted(readings, key=lambda one: (one.at, one.offset))
        self.store.write(sorted(readings, key=lambda one: one.offset), self.offset)
        keys = {
            (entry.home, entry.device): entry.key for entry in self.registry.directory.devices(SITE)
        }
        changes = []
        for one in ordered:
            key = keys.get((one.home, one.device))
            if key is not None:
                self.host.silence.heard(key, one.at)
            if one.quality & Quality.IMPLAUSIBLE:
                continue
            changes += self.rules.advance(one.at - 1)
            order = one.offset << 16
            subjects = [f"home:{SITE}/{one.home}"]
            home = self.registry.directory.home(SITE, one.home)
            sole = one.resident or home.sole_occupant(one.at)
            if sole:
                subjects.append(f"resident:{sole}")
            for subject in subjects:
                self.rules.feed(subject, one.signal, one.place, one.at, one.x, order)
        self.advance(changes=changes)

    def advance(self, milliseconds: int = 0, changes: list[Any] | None = None) -> None:
        """The rules' time goes on to now, and what they find is raised and told."""
        self.clock.advance(milliseconds)
        now = self.clock.now()
        found = list(changes or []) + self.rules.advance(max(now, self.rules.watermark))
        told = [
            finding(SITE, self.enrolled[one.key], one, one.noticed_at)
            for one in found
            if one.key in self.enrolled
        ]
        with writing(self.engine) as conn:
            news = recording.apply(
                conn, [one for one in told if one and not isinstance(one, Technical)], now
            )
            news += watchdogs.technical(
                conn, [one for one in told if isinstance(one, Technical)], now
            )
        self.bulletin.publish(news)

    def technical(self, *findings: Technical) -> None:
        with writing(self.engine) as conn:
            news = watchdogs.technical(conn, list(findings), self.clock.now())
        self.bulletin.publish(news)

    def reject(self, topic: str, payload: bytes) -> None:
        """A message through journal and placing: what is no reading becomes a dead letter."""
        self.journal.append([Message(topic, payload, self.clock.now())])
        row = self.journal.read(self.journal.last_offset() - 1, 1)[0]
        placed = place(row, self.registry.directory)
        with writing(self.engine) as conn:
            deadletters.record(conn, row, placed.dead)

    def link(self, login: str) -> str:
        """A one-time sign-in token of a user."""
        with writing(self.engine) as conn:
            account = users.by_login(conn, login)
            return links.issue(conn, account.id, self.clock.now(), 60)

    def password(self, login: str) -> None:
        """Give a user PASSWORD; its hash is slow on purpose, so only where a story needs it."""
        with writing(self.engine) as conn:
            account = users.by_login(conn, login)
            users.set_password(conn, account.id, PASSWORD, self.clock.now(), SYSTEM)

    def token(self, *scopes: tuple[str, Role]) -> str:
        named = [(site, Role(role)) for site, role in scopes]
        with writing(self.engine) as conn:
            return tokens.issue(conn, SYSTEM, "test", named, self.clock.now())


def build(folder: Path, now: int = NOW) -> SeededGateway:
    """The gateway with its registry, users and rulebook; no readings yet."""
    clock = ManualClock(now)
    engine = state_engine(folder)
    registry = registry_with(
        engine,
        a_site(
            SITE,
            homes=[life.home(*person) for person in life.PEOPLE],
            name="Borgarbyggð",
            zone=ZONE,
            languages=("is", "en"),
            emergency=("112",),
            fallback_phone="+354 433 7100",
            demo=True,
        ),
        a_site("donegal", homes=[a_home("gweedore-1", residents=["nuala"])], name="Donegal"),
        clock=clock,
    )
    journal_engine = open_journal(folder / "journal.db")
    journal_metadata.create_all(journal_engine)
    journal = Journal(journal_engine, clock, Keyring(folder / "keys"))
    store = DuckDBStore(folder / "series.duckdb", 256)
    settings = Settings(data=folder, demo=True)
    with writing(engine) as conn:
        rulebook.install_starter(conn, SITE, starter_rules(), clock.now())
        _users(conn, clock.now())
    with reading(engine) as conn:
        running = rulebook.running(rulebook.entries(conn, SITE), now)
    enrolled, broken = desired(running, {}, registry.directory, SITE, now - 11 * DAY)
    assert not broken
    start = now - 11 * DAY
    rules = Rules(ZONE, start)
    for key, one in enrolled.items():
        rules.enrol(key, one.home, one.subject, one.plan, start + 1)
    host = Host(clock)
    host.silence.watch(
        Watched(one.key, one.device, one.home, one.hub, one.interval_ms, one.interval_ms * 3)
        for one in registry.directory.devices(SITE)
        if one.interval_ms
    )
    return SeededGateway(
        settings,
        clock,
        engine,
        registry,
        journal,
        journal_engine,
        store,
        ReadingRoom(store, engine, registry, clock),
        host,
        Bulletin(),
        rules,
        enrolled,
        checks=_checks(now),
    )


def _users(conn, now: int) -> None:
    for login, name, roles, resident in (
        ("aoife", "Aoife", [(SITE, Role.CARER)], None),
        ("bjarni", "Bjarni", [(SITE, Role.NURSE)], None),
        ("katrin", "Katrín", [(SITE, Role.COORDINATOR)], None),
        ("tomas", "Tómas", [(SITE, Role.TECHNICIAN)], None),
        ("freyja", "Freyja", [(SITE, Role.FACILITATOR)], None),
        ("dagur", "Dagur", [(SITE, Role.DECIDER)], None),
        ("anna", "Anna", [(SITE, Role.RESIDENT)], "anna"),
        ("admin", "Admin", [("*", Role.ADMIN)], None),
        ("sean", "Seán", [("donegal", Role.CARER)], None),
        ("both", "Róisín", [(SITE, Role.CARER), ("donegal", Role.CARER)], None),
    ):
        users.create(conn, login, name, None, roles, now, resident=resident)


def _checks(now: int) -> dict[str, dict[str, Any]]:
    return {
        "broker": {"ok": True, "value": "connected", "since": now - DAY, "hint": ""},
        "journal": {"ok": True, "value": 0, "since": now - DAY, "hint": ""},
        "store": {"ok": True, "value": 12, "since": now - DAY, "hint": ""},
        "disk": {
            "ok": False,
            "value": "2.1 GB free",
            "since": now - HOUR,
            "hint": "Free 3 GB in the data folder, or move it",
        },
    }


def codes(gateway: SeededGateway) -> dict[str, str]:
    """Codes of the open alerts, by rule or technical kind."""
    with reading(gateway.engine) as conn:
        rows = worklist.worklist(conn, SYSTEM, limit=100).rows
    return {row.rule_name: row.code for row in rows}


def fill(gateway: SeededGateway, days: int = 8) -> None:
    """Days of ordinary life, and a night that needs somebody."""
    found: list[Reading] = []
    now = gateway.clock.now()
    for number, (who, *_rest) in enumerate(life.PEOPLE):
        found += life.days_of(gateway, f"home-{who}", who, now, days, random.Random(number))
    found += life.night(gateway, now)
    gateway.feed([one for one in found if one.at <= now])
    gateway.technical(
        Technical(
            "home-silent",
            SITE,
            "home-sigrid/hub-1",
            now,
            home="home-sigrid",
            since=now - 4 * HOUR,
            detail={"hub": "hub-1"},
        )
    )
    scale = f"homecare/v1/{SITE}/home-anna/body-weight/reading"
    gateway.reject(scale, b'{"signal": "body_weight", "value": 71.4, "unit": "mm[Hg]"}')
    gateway.reject(scale, b"not json at all")
    fridge = f"homecare/v1/{SITE}/home-anna/fridge/reading"
    gateway.reject(fridge, b'{"signal": "door", "value": "open"}')
