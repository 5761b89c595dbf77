"""The stand on which a recording is played: a fresh folder, free ports, registry, rules."""

import shutil
from pathlib import Path

from api.cli import runtime
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
from simulators.homes.register import SiteFacts, registry_file
from simulators.recorded.tihm import SITE, ZONE, Recording

MARK = "replay.txt"
LOOPBACK = "127.0.0.1"
SINCE = "2019-01-01"
LINK_MINUTES = 24 * 60
# TIHM's sensors send no heartbeat; gaps of half a day are really in it.
INTERVALS = {"motion": "4h", "door": None, "cuff": None, "scale": None, "thermometer": None}


def begin_anew(data: Path) -> None:
    if runtime.read(data) is not None:
        raise Refused(
            "replay", str(data), "a gateway runs there", "Stop it, or name another --data"
        )
    if data.exists():
        if any(data.iterdir()) and not (data / MARK).exists():
            raise Refused(
                "replay", str(data), "the folder holds something else", "Name another --data"
            )
        shutil.rmtree(data)
    data.mkdir(parents=True, mode=0o700)
    (data / MARK).write_text("Made by `homecare replay`, which deletes it when it begins anew.\n")


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
    facts = SiteFacts(SITE, "TIHM, recorded", ZONE, ("en",), ("999",), "+44 1632 960000", "GB-ENG")
    file = registry_file([(facts, recording.homes)], SINCE, INTERVALS)
    clock = SystemClock()
    with state(settings, create=True) as engine:
        now = clock.now()
        plan = importing.plan(file, "tihm.yaml", Registry(engine, clock).directory, now)
        with writing(engine) as conn:
            made = importing.apply(conn, plan, SYSTEM, now)
            install_starter(conn, SITE, starter_rules(), now)
            carer = users.create(conn, "carer", "Carer", None, [(SITE, Role.CARER)], now)
            token = issue(conn, carer, now, LINK_MINUTES, Purpose.SIGN_IN)
    return {one.login: one.password for one in made}, f"/signin/link?token={token}"
