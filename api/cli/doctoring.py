"""`homecare doctor`: looks at everything, says what is wrong and what to do."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from api.cli.options import AsJson, Config, Data, near
from api.cli.printing import say
from devices.errors import HomecareError

if TYPE_CHECKING:
    from gateway.config import Settings

MIB = 1 << 20
LITTLE_DISK = 500 * MIB
CLOCK_YEAR_MS = 1_767_225_600_000  # 2026-01-01: a clock before this was never set
KEY_MODE = 0o077


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    what: str
    do: str = ""


Check = Callable[["Settings"], Iterator[Finding]]


def doctor(config: Config = None, data: Data = None, *, as_json: AsJson = False) -> None:
    """Check settings, disk, clock, keys, databases, broker and the running gateway.

    Says what to do about each finding. Exit code 1 where something needs doing.

    Examples:
      homecare doctor

      homecare doctor --json

    """
    import json
    from dataclasses import asdict

    settings = near(config, data)
    found = [one for check in CHECKS for one in _looked(check, settings)]
    if as_json:
        say(json.dumps([asdict(one) for one in found]))
    else:
        width = max(len(one.name) for one in found)
        for one in found:
            say(f"{'ok ' if one.ok else 'ACT'}  {one.name.ljust(width)}  {one.what}")
            if not one.ok and one.do:
                say(f"     {' ' * width}  → {one.do}")
    if not all(one.ok for one in found):
        raise typer.Exit(1)


def _looked(check: Check, settings: "Settings") -> list[Finding]:
    """What a check found; one that cannot look says why."""
    try:
        return list(check(settings))
    except HomecareError as error:
        return [Finding(check.__name__.strip("_"), ok=False, what=str(error), do=error.hint)]


def _settings(settings: "Settings") -> Iterator[Finding]:
    kind = "the demo's" if settings.demo else "a site's"
    yield Finding("settings", ok=True, what=f"read; data in {settings.data} ({kind})")
    if settings.web.host not in {"127.0.0.1", "::1"} and settings.web.certificate is None:
        yield Finding(
            "settings",
            ok=settings.web.public_url is not None,
            what=f"pages listen on {settings.web.host} without TLS",
            do="Set web.certificate and web.key, or stand behind Caddy and set web.public_url",
        )


def _disk(settings: "Settings") -> Iterator[Finding]:
    folder = _existing(settings.data)
    free = shutil.disk_usage(folder).free
    yield Finding(
        "disk",
        ok=free > LITTLE_DISK,
        what=f"{free // MIB} MiB free in {folder}",
        do="Free some: readings are no longer acknowledged once it is full",
    )


def _clock(settings: "Settings") -> Iterator[Finding]:
    from gateway.clock import SystemClock

    now = SystemClock().now()
    yield Finding(
        "clock",
        ok=now > CLOCK_YEAR_MS,
        what="set" if now > CLOCK_YEAR_MS else "before 2026: it was never set",
        do="Set the machine's clock: systemctl enable --now systemd-timesyncd",
    )
    if settings.journal_file.exists():
        with sqlite3.connect(f"file:{settings.journal_file}?mode=ro", uri=True) as conn:
            last = conn.execute("SELECT max(received_at) FROM journal").fetchone()[0] or 0
        conn.close()
        yield Finding(
            "clock",
            ok=last <= now,
            what="not before the journal's last receipt"
            if last <= now
            else f"{(last - now) // 1000} s before the journal's last receipt",
            do="Set the clock right: until then times are marked as doubtful",
        )


def _keys(settings: "Settings") -> Iterator[Finding]:
    folder = settings.key_folder
    if not folder.exists():
        yield Finding("keys", ok=True, what=f"none yet; they will lie in {folder}")
        return
    files = [file for file in folder.rglob("*") if file.is_file()]
    open_to_others = [file for file in files if file.stat().st_mode & KEY_MODE]
    yield Finding(
        "keys",
        ok=not open_to_others,
        what=f"{len(files)} in {folder}, readable by their owner only"
        if not open_to_others
        else f"{len(open_to_others)} of {len(files)} in {folder} can be read by others",
        do=f"chmod -R go= {folder}",
    )
    if settings.keys is None and not settings.demo:
        yield Finding(
            "keys",
            ok=True,
            what="they lie inside the data folder: back them up apart (docs/operators/install.md)",
        )


def _databases(settings: "Settings") -> Iterator[Finding]:
    from gateway.db import is_current, open_journal, open_state

    place = settings.state_place
    if isinstance(place, Path) and not place.exists():
        yield Finding(
            "databases",
            ok=False,
            what="nothing was set up here",
            do="homecare init, or homecare demo",
        )
        return
    for name, engine, branch in (
        ("state", open_state(place), "state"),
        ("journal", open_journal(settings.journal_file), "journal"),
    ):
        try:
            fresh = is_current(engine, branch)  # type: ignore[arg-type]
            yield Finding(
                name,
                ok=fresh,
                what="schema is current" if fresh else "schema is of another version",
                do="homecare serve brings it up to date; make a backup before",
            )
        finally:
            engine.dispose()


def _registry(settings: "Settings") -> Iterator[Finding]:
    from api.cli.databases import state
    from gateway.clock import SystemClock
    from gateway.registry import Registry

    if isinstance(settings.state_place, Path) and not settings.state_place.exists():
        return
    with state(settings) as engine:
        directory = Registry(engine, SystemClock()).directory
    homes = sum(len(directory.homes(site)) for site in directory.sites)
    yield Finding(
        "registry",
        ok=bool(directory.sites),
        what=f"{len(directory.sites)} sites, {homes} homes",
        do="homecare init, then homecare import",
    )
    for site in directory.sites.values():
        if not site.fallback_phone:
            yield Finding(
                "registry", ok=False, what=f"{site.id} has no fallback phone", do="Import one"
            )


def _ports(settings: "Settings") -> Iterator[Finding]:
    from api.cli import runtime
    from api.cli.supervise import is_free

    if runtime.read(settings.data) is not None:
        return
    ports = [("web.port", settings.web.host, settings.web.port)]
    if settings.broker.url is None:
        ports.append(("broker.port", settings.broker.host, settings.broker.port))
    for key, host, port in ports:
        free = is_free(host, port)
        yield Finding(
            "ports",
            ok=free,
            what=f"{key} {port} is {'free' if free else 'taken by another program'}",
            do=f"End that program, or set {key}",
        )


def _broker(settings: "Settings") -> Iterator[Finding]:
    from api.cli import runtime
    from gateway.intake.broker import backlog, find_program
    from gateway.intake.broker_config import read_endpoint

    if settings.broker.url is not None:
        yield Finding(
            "broker", ok=True, what=f"your own at {settings.broker.url.rpartition('@')[2]}"
        )
        return
    yield Finding("broker", ok=True, what=f"embedded: {find_program()}")
    if runtime.read(settings.data) is not None:
        held = backlog(read_endpoint(settings))
        waiting = held.undelivered + held.unacknowledged
        yield Finding(
            "broker",
            ok=held.undelivered < 10_000,
            what=f"answers; holds {waiting} messages for the gateway",
            do="The gateway does not keep up: look at its log",
        )


def _gateway(settings: "Settings") -> Iterator[Finding]:
    from api.cli import client

    running = client.of(settings.data)
    if running is None:
        yield Finding("gateway", ok=True, what="does not run (homecare serve starts it)")
        return
    for name, check in running.get("/api/v1/health")["checks"].items():
        value = "" if check.get("value") is None else str(check["value"])
        yield Finding(f"gateway: {name}", ok=check["ok"], what=value, do=check.get("hint", ""))


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


CHECKS: tuple[Check, ...] = (
    _settings,
    _disk,
    _clock,
    _keys,
    _ports,
    _databases,
    _registry,
    _broker,
    _gateway,
)
