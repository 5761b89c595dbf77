"""Which time it is at a site: wall time, or on a demo's accelerated site the time of its ticks."""

from typing import Any


def site_now(gateway: Any, site: str) -> int:
    """The site's clock, ms UTC; a data site that has not ticked yet stands at wall time."""
    at: int = gateway.host.site_now(site)
    return at or int(gateway.clock.now())
