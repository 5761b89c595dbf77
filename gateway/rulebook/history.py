"""Who changed the rulebook, how and why: appended, never changed."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.access import Action, Viewer
from gateway.rulebook import tables

OWN = frozenset({"parameter", "switch"})  # kinds of changes that are about one resident


@dataclass(frozen=True, slots=True)
class Change:
    """`kind`: installed, offered, adopted, trial, stopped, withdrawn; of one resident: parameter,
    switch. `at`: wall.
    """

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
) -> int:
    """Append one line and return its id, which becomes the rulebook's revision."""
    made = conn.execute(
        tables.change.insert()
        .values(
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
        .returning(tables.change.c.id)
    )
    change_id: int = made.scalar_one()
    return change_id


def history(conn: sa.Connection, viewer: Viewer, site: str, rule_name: str) -> list[Change]:
    """Every change of a rule at a site, newest first.

    A resident's own parameters are shown only to those who see that resident.
    """
    viewer.require(Action.SEE_RULES, site)
    of, own = tables.change.c, tables.parameter.c
    query = (
        sa.select(
            of.id,
            of.site,
            of.rule_name,
            of.kind,
            of.entry_id,
            of.mandate_id,
            own.resident,
            own.name,
            sa.func.coalesce(own.before, of.before),
            sa.func.coalesce(own.value, of.after),
            sa.func.coalesce(own.reason, of.reason),
            of.by_name,
            of.at,
            of.effective_at,
        )
        .outerjoin(tables.parameter, own.change_id == of.id)
        .where(of.site == site, of.rule_name == rule_name)
        .order_by(of.id.desc())
    )
    rows: list[tuple[Any, ...]] = [tuple(row) for row in conn.execute(query)]
    found = [Change(*row) for row in rows]
    return [one for one in found if one.kind not in OWN or _may_see(viewer, one)]


def _may_see(viewer: Viewer, one: Change) -> bool:
    """A resident's own value is for those who see that resident; an erased one for nobody."""
    return one.resident is not None and viewer.sees_resident(one.site, one.resident)
