"""Which time it is at a site: wall time, or on a demo's accelerated site the time of its ticks."""

from typing import Any


def site_now(gateway: Any, site: str) -> int:
    """Ms UTC on the site's clock; a data site that has not ticked yet stands at the wall's time."""
    entry = gateway.registry.directory.sites.get(site)
    if entry is not None and entry.clock == "data":
        ticked: int | None = gateway.host.site_now(site)
        if ticked is not None:
            return ticked
    now: int = gateway.clock.now()
    return now
