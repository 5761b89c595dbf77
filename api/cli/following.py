"""How far the running gateway is, read from its databases beside it (any process may read them)."""

from collections.abc import Callable, Iterable
from pathlib import Path

import sqlalchemy as sa

from api.cli import client
from devices.errors import Failed, HomecareError
from gateway.clock import Clock
from gateway.db import reading
from gateway.watch.tables import site_clock

PATIENCE_S = 300.0
LOOK_S = 0.1


def watermarks(engine: sa.Engine) -> dict[str, int]:
    """Up to where each site's rules have spoken, ms UTC of the site's clock."""
    with reading(engine) as conn:
        return {row.site: row.watermark for row in conn.execute(sa.select(site_clock))}


def await_watermark(
    engine: sa.Engine,
    sites: Iterable[str],
    at: int,
    clock: Clock,
    stopping: Callable[[float], bool],
) -> None:
    """Until the rules of all these sites have spoken up to `at`. Raises Failed."""
    wanted = set(sites)
    best, moved = -1, clock.monotonic()
    while not stopping(0.05):
        known = watermarks(engine)
        behind = min((known.get(site, -1) for site in wanted), default=at)
        if behind >= at:
            return
        if behind > best:
            best, moved = behind, clock.monotonic()
        elif clock.monotonic() - moved > PATIENCE_S:
            raise Failed(
                "wait for the rules",
                ", ".join(sorted(wanted)),
                f"nothing moved for {PATIENCE_S:.0f} s",
                "Look at the gateway's log, and at `homecare doctor`",
            )


def await_store(data: Path, clock: Clock, stopping: Callable[[float], bool]) -> None:
    """Until the series store holds all that is journalled; a gateway may be starting anew.

    Raises Failed.
    """
    until = clock.monotonic() + PATIENCE_S
    lag: object = "not known"
    while not stopping(LOOK_S):
        try:
            running = client.of(data)
            if running is not None:
                lag = running.get("/api/v1/health")["checks"]["store"]["value"]
        except HomecareError:
            lag = "not known"
        if lag == 0:
            return
        if clock.monotonic() > until:
            raise Failed("wait for the store", str(data), f"its lag is {lag}", "homecare doctor")
