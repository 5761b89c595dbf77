"""A gateway that is started for a live simulation alone: fresh folder, registry, rules, people."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from api.cli.databases import state
from api.cli.simulate import live_homes
from api.cli.supervise import free_port
from api.onboarding import bring_in
from devices.errors import Failed
from gateway.access import SYSTEM, Role, users
from gateway.access.links import Purpose, issue
from gateway.clock import SystemClock
from gateway.config import Settings, load
from gateway.db import writing
from gateway.registry import Registry, importing
from simulators.homes.home import Home
from simulators.homes.regions import Site
from simulators.scenarios.staging import DAY

LOOPBACK = "127.0.0.1"
LINK_MINUTES = 24 * 60
BEFORE_D = 60  # so long have they lived there
PEOPLE = (("a carer", "carer", Role.CARER), ("a technician", "technician", Role.TECHNICIAN))


def settings_of(data: Path) -> Settings:
    """Loopback only, on free ports; simulated homes alone."""
    return load(
        None,
        data=data,
        demo=True,
        web={"host": LOOPBACK, "port": free_port(LOOPBACK, 8280)},
        broker={
            "url": None,
            "host": LOOPBACK,
            "port": free_port(LOOPBACK, 18930),
            "durable": False,  # what a power cut would lose is simulated again
        },
        log={"format": "text"},
    )


def prepare(
    settings: Settings, made: Sequence[tuple[Site, tuple[Home, ...]]], start: int | None
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Passwords by login, and who can sign in by which link."""
    clock = SystemClock()
    now = clock.now()
    since = datetime.fromtimestamp(((start or now) - BEFORE_D * DAY) / 1000, UTC).date()
    text = live_homes.registry(made, since.isoformat())
    with state(settings, create=True) as engine:
        plan = importing.plan(text, "homes.yaml", Registry(engine, clock).directory, now)
        if plan.problems:
            raise Failed("simulate", "homes.yaml", str(plan.problems[0]), "Report it")
        passwords = {one.login: one.password for one in bring_in(engine, plan, SYSTEM, now)}
        links = []
        with writing(engine) as conn:
            for title, login, role in PEOPLE:
                made_id = users.create(conn, login, title.capitalize(), None, [("*", role)], now)
                token = issue(conn, made_id, now, LINK_MINUTES, Purpose.SIGN_IN)
                links.append((title, f"/signin/link?token={token}"))
    return passwords, links
