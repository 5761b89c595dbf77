"""What runs where, under which mandate: reading the rulebook.

A site's rulebook is a list of entries per rule and lane, in the site's clock. An entry is in force
from its `effective_at` until the next one of the same rule and lane. The live lane and the shadow
lane are apart, so that a new version can be tried silently beside the one that is live.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa

from gateway.rulebook import tables


class Mode(StrEnum):
    """Live tells people; shadow is computed and recorded, and never uses a channel."""

    LIVE = "live"
    SHADOW = "shadow"
    OFF = "off"


class MandateKind(StrEnum):
    """What allows a version to run live."""

    FOUNDING = "founding"  # starter pack; expires after 90 days of wall time, and expiry shouts
    ADOPTED = "adopted"  # a review's decision
    STOP = "stop"  # back one step, at once; a review follows within 14 days


WITHDRAWN = sa.select(tables.withdrawal.c.entry_id)


@dataclass(frozen=True, slots=True)
class Mandate:
    """Times are wall time, ms UTC."""

    id: int
    kind: MandateKind
    decision_id: int | None
    by_name: str
    reason: str
    created_at: int
    expires_at: int | None
    review_due_at: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the rulebook. `values` holds every parameter of the rule."""

    id: int
    site: str
    rule_name: str
    version: str
    text: str
    mode: Mode
    lane: Mode  # LIVE or SHADOW: an `off` ends what ran in its lane
    mandate: Mandate | None  # None only in the shadow lane
    effective_at: int  # site's clock
    values: Mapping[str, Decimal]
    previous_id: int | None


def entries(conn: sa.Connection, site: str, at: int | None = None) -> list[Entry]:
    """Every entry of the site that has been, is or will be in force, oldest first.

    With `at` (site's clock) only those in force then and those scheduled after it.
    """
    query = (
        sa.select(tables.entry, tables.rule_version.c.version, tables.rule_version.c.text)
        .join(tables.rule_version)
        .where(tables.entry.c.site == site, tables.entry.c.id.not_in(WITHDRAWN))
        .order_by(tables.entry.c.effective_at, tables.entry.c.id)
    )
    mandates = _mandates(conn, site)
    found = [_entry(row, mandates) for row in conn.execute(query)]
    if at is None:
        return found
    now = {one.id for one in in_force(found, at)}
    return [one for one in found if one.id in now or one.effective_at > at]


def in_force(found: Iterable[Entry], at: int) -> list[Entry]:
    """Of `found` (oldest first), the newest of each rule and lane at `at`; `off` included."""
    latest: dict[tuple[str, Mode], Entry] = {}
    for one in found:
        if one.effective_at <= at:
            latest[one.rule_name, one.lane] = one
    return sorted(latest.values(), key=lambda one: (one.rule_name, one.lane))


def running(found: Iterable[Entry], at: int) -> list[Entry]:
    """What the engine evaluates at `at`: in force, and not off."""
    return [one for one in in_force(found, at) if one.mode is not Mode.OFF]


def next_change(found: Iterable[Entry], after: int) -> int | None:
    """The first instant later than `after` at which something scheduled takes force."""
    return min((one.effective_at for one in found if one.effective_at > after), default=None)


def live_entry(conn: sa.Connection, site: str, rule_name: str, at: int) -> Entry | None:
    """What is in force in the live lane at `at` (maybe off); None: the rule never was live."""
    of_rule = [one for one in entries(conn, site) if one.rule_name == rule_name]
    return next((one for one in in_force(of_rule, at) if one.lane is Mode.LIVE), None)


def entry_by_id(conn: sa.Connection, entry_id: int) -> Entry | None:
    """One entry, withdrawn or not."""
    query = (
        sa.select(tables.entry, tables.rule_version.c.version, tables.rule_version.c.text)
        .join(tables.rule_version)
        .where(tables.entry.c.id == entry_id)
    )
    row = conn.execute(query).one_or_none()
    return _entry(row, _mandates(conn, row.site)) if row else None


def revision(conn: sa.Connection) -> int:
    """Rises with every change of the rulebook or of a resident's parameter, at any site."""
    return conn.execute(sa.select(sa.func.max(tables.change.c.id))).scalar() or 0


def _mandates(conn: sa.Connection, site: str) -> dict[int, Mandate]:
    rows = conn.execute(sa.select(tables.mandate).where(tables.mandate.c.site == site))
    return {
        row.id: Mandate(
            row.id,
            MandateKind(row.kind),
            row.decision_id,
            row.by_name,
            row.reason,
            row.created_at,
            row.expires_at,
            row.review_due_at,
        )
        for row in rows
    }


def _entry(row: sa.Row[tuple[object, ...]], mandates: Mapping[int, Mandate]) -> Entry:
    of = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for access by column
    return Entry(
        of["id"],
        of["site"],
        of["rule_name"],
        of["version"],
        of["text"],
        Mode(of["mode"]),
        Mode(of["lane"]),
        mandates.get(of["mandate_id"]),
        of["effective_at"],
        load_values(of["values"]),
        of["previous_id"],
    )


def load_values(text: str) -> dict[str, Decimal]:
    """Parameters as they are stored."""
    return {name: Decimal(value) for name, value in json.loads(text).items()}


def dump_values(values: Mapping[str, Decimal]) -> str:
    """Decimals as plain strings: what is written is what is compared."""
    return json.dumps({name: f"{value:f}" for name, value in sorted(values.items())})
