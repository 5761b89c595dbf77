"""Setting up the demo's databases before its gateway starts: regions, people, rules, limits."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from api.cli.demo import folder
from api.cli.demo.folder import Memory
from api.pages.demo import DemoPanel, TryIt
from devices.errors import Failed
from gateway.access import SYSTEM, Role, users
from gateway.access.links import Purpose, issue
from gateway.clock import Clock
from gateway.config import Settings
from gateway.db import migrate, open_state, writing
from gateway.registry import Registry, credentials, importing
from gateway.rulebook import install_starter, set_parameter
from rules.packs import starter_rules
from simulators.homes.home import Device, Home
from simulators.homes.regions import Site
from simulators.homes.register import SiteFacts, registry_file
from simulators.scenarios.staging import DAY

LINK_MINUTES = 24 * 60
DAYS_BEFORE = 7  # history that is played before anybody looks
STARTS_AT_H = 4.5  # UTC: night in the west, morning in the east, so that every rule soon has reason
MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Part:
    """A person to sign in as."""

    title: str
    login: str
    name: str
    role: Role
    resident: str | None = None
    site: str = "*"


PARTS = (
    Part("carer", "aoife", "Aoife Doherty", Role.CARER),
    Part("nurse", "birna", "Birna Hjalti", Role.NURSE),
    Part("coordinator", "signe", "Signe Dahl", Role.COORDINATOR),
    Part("facilitator", "matti", "Matti Korhola", Role.FACILITATOR),
    Part(
        "resident's representative",
        "una",
        "Úna Nic Giolla",
        Role.RESIDENT,
        resident="donegal-1a",
        site="donegal",
    ),
    Part("decider", "conall", "Conall Sweeney", Role.DECIDER),
    Part("technician", "inga", "Inga Berg", Role.TECHNICIAN),
)


def with_manual(sites: Sequence[Site]) -> list[tuple[Site, tuple[Home, ...]]]:
    """The sites' homes; at each site one has a device that people publish to by hand.

    One without an oximeter, whose next reading would contradict the one given by hand.
    """
    return [(site, tuple(_manual(site, home) for home in site.homes)) for site in sites]


def manual_home(homes: Sequence[Home]) -> Home:
    """The one of them with that device."""
    return next(home for home in homes if home.has(MANUAL))


def begin(seed: int, now: int) -> Memory:
    """A new demo: the sites' clock stands at today's half past four UTC, whatever the hour."""
    today = now // DAY * DAY
    began_at = today + int(STARTS_AT_H * 3_600_000)
    return Memory(seed, began_at, began_at - DAYS_BEFORE * DAY)


def fill(
    settings: Settings,
    memory: Memory,
    sites: Sequence[tuple[Site, tuple[Home, ...]]],
    clock: Clock,
) -> None:
    """Registry, rulebook, accounts and limits. Safe to repeat."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.write(settings.data, memory)  # from now on it is known as a demo's folder
    engine = open_state(settings.state_place)
    try:
        migrate(engine, "state")
        _register(engine, memory, sites, clock)
        with writing(engine) as conn:
            now = clock.now()
            for site, homes in sites:
                install_starter(conn, site.id, starter_rules(), now)
                _limits(conn, site, homes, now, memory.at)
            for part in PARTS:
                if users.by_login(conn, part.login) is None:
                    grants = [(part.site, part.role)]
                    users.create(
                        conn, part.login, part.name, None, grants, now, resident=part.resident
                    )
    finally:
        engine.dispose()
    folder.write(settings.data, memory)


def links(settings: Settings, clock: Clock, base: str) -> list[tuple[Part, str]]:
    """A fresh one-time sign-in link for everybody."""
    engine = open_state(settings.state_place)
    try:
        with writing(engine) as conn:
            made = []
            for part in PARTS:
                account = users.by_login(conn, part.login)
                assert account is not None
                token = issue(conn, account.id, clock.now(), LINK_MINUTES, Purpose.SIGN_IN)
                made.append((part, f"{base}/signin/link?token={token}"))
            return made
    finally:
        engine.dispose()


def panel(memory: Memory, site: Site, home: Home, host: str, port: int) -> DemoPanel:
    """The lines to paste, all to the home's device for readings by hand."""
    login = f"{site.id}.{home.id}.{MANUAL}"
    who = home.people[0].name

    def line(title: str, payload: object, expect: str, *, urgent: bool = False) -> TryIt:
        return TryIt(
            title,
            site.id,
            home.id,
            MANUAL,
            host,
            port,
            login,
            memory.passwords[login],
            json.dumps(payload),
            expect,
            urgent,
        )

    low = {"signal": "spo2", "value": 79}
    high = [{"signal": "systolic", "value": 204}, {"signal": "diastolic", "value": 118}]
    wrong = {"signal": "spo2", "value": 91, "unit": "kg"}
    return DemoPanel(
        (
            line(
                f"Oxygen of {who} falls",
                low,
                "An alert NOW when it has been low for five minutes of the site's clock.",
            ),
            line(f"{who}'s pressure is far too high", high, "An alert SOON, within seconds."),
            line(f"{who} presses the SOS button", {"signal": "sos"}, "NOW, at once.", urgent=True),
            line(
                "A reading in a unit that does not fit",
                wrong,
                "No alert: a dead letter that says why.",
            ),
        ),
        note="The sites' clocks run sixty times as fast as yours. In the first minute after a "
        "restart a message without a time may have waited: it is stored, but no rule trusts it.",
    )


def write_panel(data: Path, shown: DemoPanel) -> None:
    """For the gateway's process, which shows it."""
    folder.private(data / folder.PANEL, json.dumps(asdict(shown)))


def read_panel(data: Path) -> DemoPanel | None:
    """What `write_panel` left, or None."""
    try:
        table = json.loads((data / folder.PANEL).read_text(encoding="utf-8"))
        return DemoPanel(tuple(TryIt(**line) for line in table["lines"]), table["note"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _manual(site: Site, home: Home) -> Home:
    if home is not next(one for one in site.homes if not one.has("oximeter")):
        return home
    return replace(home, devices=(*home.devices, Device(MANUAL, "manual", "lounge", 0)))


def _register(
    engine: sa.Engine,
    memory: Memory,
    sites: Sequence[tuple[Site, tuple[Home, ...]]],
    clock: Clock,
) -> None:
    since = datetime.fromtimestamp((memory.began_at - 60 * DAY) / 1000, UTC).date().isoformat()
    facts = [
        (
            SiteFacts(s.id, s.name, s.zone, s.languages, s.emergency, s.fallback_phone, s.holidays),
            homes,
        )
        for s, homes in sites
    ]
    text = registry_file(facts, since)
    directory = Registry(engine, clock).directory
    plan = importing.plan(text, "demo.yaml", directory, clock.now())
    if plan.problems:
        raise Failed("set up the demo", "demo.yaml", "; ".join(plan.lines()[:3]), "Begin anew")
    with writing(engine) as conn:
        now = clock.now()
        for made in importing.apply(conn, plan, SYSTEM, now):
            memory.passwords[made.login] = made.password
        # A start that was cut short may have kept no password: they get new ones.
        for one in credentials.credentials(conn, now):
            if one.login not in memory.passwords:
                again = credentials.rotate(conn, SYSTEM, one.login, now)
                memory.passwords[one.login] = again.password


def _limits(conn: sa.Connection, site: Site, homes: Sequence[Home], now: int, site_at: int) -> None:
    """People with a chronic lung disease have a limit of their own, as their doctor would set."""
    for home in homes:
        for person in home.people:
            if person.persona.name == "copd":
                set_parameter(
                    conn,
                    SYSTEM,
                    site.id,
                    person.id,
                    "spo2-low",
                    "limit",
                    Decimal(88),
                    "88 to 92 % is prescribed",
                    now,
                    site_at,
                )
