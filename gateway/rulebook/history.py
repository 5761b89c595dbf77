"""Who changed the rulebook, how and why: appended, never changed."""

from dataclasses import dataclass

import sqlalchemy as sa

from gateway.access import Action, Viewer
from gateway.rulebook import tables


@dataclass(frozen=True, slots=True)
class Change:
    """`kind`: installed, adopted, trial, stopped, withdrawn or parameter. `at` is wall time."""

    id: int
    site: str
    rule_name: str
    kind: str
    entry_id: int | None
    mandate_id: int | None
    resident: str | None
    name: str | None
    before: str | None
    after: str | None
    reason: str
    by_name: str
    at: int
    effective_at: int  # site's clock


def record(
    conn: sa.Connection,
    viewer: Viewer,
    *,
    kind: str,
    site: str,
    rule_name: str,
    reason: str,
    at: int,
    effective_at: int,
    **more: int | str | None,
) -> None:
    """Append one line; its id becomes the rulebook's revision."""
    conn.execute(
        tables.change.insert().values(
            kind=kind,
            site=site,
            rule_name=rule_name,
            reason=reason,
            at=at,
            effective_at=effective_at,
            by_user=viewer.user_id,
            by_name=viewer.name,
            **more,
        )
    )


def history(conn: sa.Connection, viewer: Viewer, site: str, rule_name: str) -> list[Change]:
    """Every change of a rule at a site, newest first.

    A resident's own parameters are shown only to those who see that resident.
    """
    viewer.require(Action.SEE_RULES, site)
    of = tables.change.c
    query = sa.select(*(of[name] for name in Change.__slots__)).where(
        of.site == site, of.rule_name == rule_name
    )
    found = [Change(*row) for row in conn.execute(query.order_by(of.id.desc()))]
    return [
        one for one in found if one.resident is None or viewer.sees_resident(site, one.resident)
    ]
