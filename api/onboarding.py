"""Bringing a file into the registry: what people and programs both do when a plan is applied."""

from sqlalchemy import Engine

from gateway.access import Viewer
from gateway.db import writing
from gateway.registry import credentials, importing
from gateway.registry.credentials import NewPassword
from gateway.registry.plans import Plan
from gateway.rulebook import entries, install_starter
from rules.packs import starter_rules


def bring_in(engine: Engine, plan: Plan, viewer: Viewer, now: int) -> list[NewPassword]:
    """Apply the plan; a site without a rulebook begins with the starter pack, founded for 90 days.

    A site that people registered and that watches nothing would be a trap: nobody would notice.
    Passwords of new hubs are returned once; what takes long is done before the write lock is
    taken, for alerts wait behind it. Raises what `importing.apply` raises.
    """
    ready = () if plan.problems else credentials.prepared(plan.new_logins)
    starters = starter_rules()
    with writing(engine) as conn:
        made = importing.apply(conn, plan, viewer, now, ready)
        for site in sorted({row.path[0] for row in plan.wanted}):
            if not entries(conn, site):
                install_starter(conn, site, starters, now)
    return made
