"""Mandates that need people: expiry shouts, it never switches a rule off.

The engine host asks for `notices` and keeps one technical alert open for each; a notice that is
no longer returned is cleared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from gateway.rulebook.entries import Mandate, Mode, entries, in_force

DAY_MS = 86_400_000
EXPIRING_DAYS = 14


class NoticeKind(StrEnum):
    """Also the kind of the technical alert."""

    EXPIRING = "mandate-expiring"  # a founding mandate within its last 14 days
    EXPIRED = "mandate-expired"  # it ran out; the rule still runs
    REVIEW_OVERDUE = "review-overdue"  # a stop whose review has not put another mandate in force


@dataclass(frozen=True, slots=True)
class Notice:
    """`due_at` is wall time."""

    kind: NoticeKind
    site: str
    rule_name: str
    version: str
    mandate_id: int
    due_at: int

    @property
    def key(self) -> str:
        """Stable: the same notice is raised once."""
        return f"{self.kind}:{self.mandate_id}"


def notices(conn: sa.Connection, now: int, site_clocks: Mapping[str, int]) -> list[Notice]:
    """What must be told now. `now` is wall time; `site_clocks` gives each site's own time.

    A rule that a stop switched off waits for its review like any other.
    """
    told = []
    for site, at in sorted(site_clocks.items()):
        for one in in_force(entries(conn, site), at):
            kind = _kind(one.mandate, now) if one.mandate and one.lane is Mode.LIVE else None
            if kind and one.mandate:
                due = one.mandate.expires_at or one.mandate.review_due_at or now
                told.append(Notice(kind, site, one.rule_name, one.version, one.mandate.id, due))
    return told


def _kind(mandate: Mandate, now: int) -> NoticeKind | None:
    if mandate.expires_at is not None and now >= mandate.expires_at:
        return NoticeKind.EXPIRED
    if mandate.expires_at is not None and now >= mandate.expires_at - EXPIRING_DAYS * DAY_MS:
        return NoticeKind.EXPIRING
    if mandate.review_due_at is not None and now >= mandate.review_due_at:
        return NoticeKind.REVIEW_OVERDUE
    return None
