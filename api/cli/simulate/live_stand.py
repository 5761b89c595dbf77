"""A gateway that is started for a live simulation alone: fresh folder, registry, rules, people."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from api.cli.databases import state
from api.cli.simulate import live_homes
from api.cli.stands import invited, own_settings
from api.onboarding import bring_in
from devices.errors import Failed
from gateway.access import SYSTEM, Role
from gateway.clock import SystemClock
from gateway.config import Settings
from gateway.db import writing
from gateway.registry import Registry, importing
from simulators.homes.home import Home
from simulators.homes.regions import Site
from simulators.scenarios.staging import DAY

BEFORE_D = 60  # so long have they lived there
PEOPLE = (("carer", Role.CARER), ("technician", Role.TECHNICIAN))


def settings_of(data: Path) -> Settings:
    """Its own gateway, beside one of a replay; simulated homes alone."""
    return own_settings(data, web=8280, broker=18930)


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
        with writing(engine) as conn:
            links = [(f"a {login}", invited(conn, login, role, now)) for login, role in PEOPLE]
    return passwords, links
