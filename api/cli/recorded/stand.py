"""The stand on which a recording is played: a fresh folder, free ports, registry, rules."""

from datetime import UTC, datetime
from pathlib import Path

from api.cli.databases import state
from api.cli.stands import invited, own_settings
from devices.errors import Refused
from gateway.access import SYSTEM, Role
from gateway.clock import SystemClock
from gateway.config import Settings
from gateway.db import writing
from gateway.registry import Registry, importing
from gateway.rulebook import install_starter
from rules.packs import starter_rules
from simulators.homes.register import registry_file
from simulators.recorded.recording import Recording

MARK = "replay.txt"
BEFORE_MS = 90 * 86_400_000  # everybody has lived there so long when it begins


def settings_of(data: Path) -> Settings:
    """Its own gateway, keeping everything."""
    return own_settings(data, web=8180, broker=18830, journal={"retention_days": 3650})


def prepare(settings: Settings, recording: Recording) -> tuple[dict[str, str], str]:
    """Registry, rules and a carer; the passwords of hubs and driver, and a sign-in link."""
    since = datetime.fromtimestamp(max(0, recording.start - BEFORE_MS) / 1000, UTC).date()
    by_site = [
        (facts, [home for home in recording.homes if home.site == facts.id])
        for facts in recording.sites
    ]
    file = registry_file(by_site, since.isoformat(), recording.intervals)
    clock = SystemClock()
    with state(settings, create=True) as engine:
        now = clock.now()
        plan = importing.plan(file, "replay.yaml", Registry(engine, clock).directory, now)
        if plan.problems:
            told = "; ".join(plan.lines()[:3])
            raise Refused("replay", "the recording", told, "Names are a-z, 0-9 and -")
        with writing(engine) as conn:
            made = importing.apply(conn, plan, SYSTEM, now)
            for facts in recording.sites:
                install_starter(conn, facts.id, starter_rules(), now)
            link = invited(conn, "carer", Role.CARER, now)
    return {one.login: one.password for one in made}, link
