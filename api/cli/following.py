"""How far the running gateway is, read from its databases beside it (any process may read them)."""

from collections.abc import Callable, Iterable

import sqlalchemy as sa

from devices.errors import Failed
from gateway.clock import Clock
from gateway.db import reading
from gateway.watch.tables import site_clock

PATIENCE_S = 300.0


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
