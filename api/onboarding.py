"""Bringing a file into the registry: what people and programs both do when a plan is applied."""

from sqlalchemy import Connection

from gateway.access import Viewer
from gateway.registry import importing
from gateway.registry.credentials import NewPassword
from gateway.registry.plans import Plan
from gateway.rulebook import entries, install_starter
from rules.packs import starter_rules


def bring_in(conn: Connection, plan: Plan, viewer: Viewer, now: int) -> list[NewPassword]:
    """Apply the plan; a site without a rulebook begins with the starter pack, founded for 90 days.

    A site that people registered and that watches nothing would be a trap: nobody would notice.
    Passwords of new hubs are returned once. Raises what `importing.apply` raises.
    """
    made = importing.apply(conn, plan, viewer, now)
    for site in sorted({row.path[0] for row in plan.wanted}):
        if not entries(conn, site):
            install_starter(conn, site, starter_rules(), now)
    return made
