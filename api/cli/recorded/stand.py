"""The stand on which a recording is played: a fresh folder, free ports, registry, rules."""

from datetime import UTC, datetime
from pathlib import Path

from api.cli.databases import state
from api.cli.supervise import free_port
from devices.errors import Refused
from gateway.access import SYSTEM, Role, users
from gateway.access.links import Purpose, issue
from gateway.clock import SystemClock
from gateway.config import Settings, load
from gateway.db import writing
from gateway.registry import Registry, importing
from gateway.rulebook import install_starter
from rules.packs import starter_rules
from simulators.homes.register import registry_file
from simulators.recorded.recording import Recording

MARK = "replay.txt"
LOOPBACK = "127.0.0.1"
LINK_MINUTES = 24 * 60
BEFORE_MS = 90 * 86_400_000  # everybody has lived there so long when it begins


def settings_of(data: Path) -> Settings:
    """Loopback only, on free ports, keeping everything."""
    return load(
        None,
        data=data,
        demo=True,
        web={"host": LOOPBACK, "port": free_port(LOOPBACK, 8180)},
        broker={
            "url": None,
            "host": LOOPBACK,
            "port": free_port(LOOPBACK, 18830),
            "durable": False,  # what a power cut would lose is played again
        },
        journal={"retention_days": 3650},
        log={"format": "text"},
    )


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
            carer = users.create(conn, "carer", "Carer", None, [("*", Role.CARER)], now)
            token = issue(conn, carer, now, LINK_MINUTES, Purpose.SIGN_IN)
    return {one.login: one.password for one in made}, f"/signin/link?token={token}"
