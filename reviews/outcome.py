"""A forecast held against what came. The forecast is never edited; the count is made anew daily.

What came is what the engine recorded live; how many resident-days were covered comes from a replay
of the adopted version over the time since it took force (evidence with purpose "outcome").
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from gateway import rulebook
from gateway.access import SYSTEM
from gateway.alerts.tables import episode
from gateway.registry.tables import site as site_table
from gateway.rulebook import Entry, text_hash
from gateway.rulebook.entries import dump_values
from reviews import tables
from reviews.comparing import night_of
from reviews.cycle import Phase
from reviews.forecast import EARLY_DAYS, Outcome, held_against
from reviews.records import Decision, Evidence, decisions, evidence, evidences, find, forecasts
from reviews.talking import reopen

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of an adopted decision. `count`: the newest replay of what came, if any."""

    decision: Decision
    entry: Entry
    days_live: int
    count: Evidence | None
    measures: tuple[Outcome, ...]

    @property
    def days_needed(self) -> int:
        """Before that many days nothing is judged."""
        return EARLY_DAYS


def account(conn: sa.Connection, review_id: int, site_at: int) -> Account | None:
    """The newest adoption of a review; None where nothing was adopted."""
    adopted = [one for one in decisions(conn, review_id) if one.effective_at is not None]
    if not adopted:
        return None
    newest = adopted[-1]
    entry_id = conn.execute(
        sa.select(rulebook.entry.c.id)
        .join_from(rulebook.entry, rulebook.mandate)
        .where(rulebook.mandate.c.decision_id == newest.id)
        .where(rulebook.entry.c.effective_at == newest.effective_at)
        .order_by(rulebook.entry.c.id)
        .limit(1)
    ).scalar_one()
    entry = rulebook.entry_by_id(conn, entry_id)
    assert entry is not None
    days_live = max(0, (site_at - entry.effective_at) // DAY_MS)
    done = [
        one
        for one in evidences(conn, review_id)
        if one.purpose == "outcome" and one.base_entry_id == entry.id and one.state == "done"
    ]
    count = done[-1] if done else None
    return Account(newest, entry, days_live, count, _measures(conn, newest, entry, count))


def _measures(
    conn: sa.Connection, decision: Decision, entry: Entry, count: Evidence | None
) -> tuple[Outcome, ...]:
    days, covered = 0, 0.0
    seen = {"alerts": 0, "nights": 0}
    if count is not None and count.result is not None:
        days = (count.end_at - count.start_at) // DAY_MS
        covered = count.result.covered_days
        seen = _seen(conn, entry, count)
    return tuple(
        held_against(one, seen[one.measure], covered, days) for one in forecasts(conn, decision.id)
    )


def _seen(conn: sa.Connection, entry: Entry, count: Evidence) -> dict[str, int]:
    """Live episodes of the counted homes in the counted time."""
    assert count.result is not None
    zone = conn.execute(
        sa.select(site_table.c.zone).where(site_table.c.id == entry.site)
    ).scalar_one()
    of = episode.c
    rows = conn.execute(
        sa.select(of.subject, of.onset_at).where(
            of.site == entry.site,
            of.rule_name == entry.rule_name,
            of.mode == "live",
            of.onset_at >= count.start_at,
            of.onset_at < count.end_at,
            of.home.not_in(count.result.homes_listed),
        )
    ).all()
    nights = {(row.subject, night_of(row.onset_at, zone)) for row in rows}
    return {"alerts": len(rows), "nights": len({one for one in nights if one[1]})}


def due(conn: sa.Connection, now: int, site_at: Callable[[str], int]) -> list[int]:
    """Queue a count for every evaluation whose newest one is a day old; their evidence ids."""
    of = tables.review.c
    rows = conn.execute(sa.select(of.id, of.site).where(of.phase == Phase.EVALUATION.value)).all()
    return [made for row in rows if (made := ask(conn, row.id, now, site_at(row.site))) is not None]


def ask(conn: sa.Connection, review_id: int, now: int, site_at: int) -> int | None:
    """A row for the desk to run; None where it is too soon, or nothing is in force yet."""
    known = account(conn, review_id, site_at)
    if known is None or site_at <= known.entry.effective_at:
        return None
    waiting = [
        one
        for one in evidences(conn, review_id)
        if one.purpose == "outcome" and one.state != "failed" and one.end_at > site_at - DAY_MS
    ]
    if waiting and waiting[-1].base_entry_id == known.entry.id:
        return None
    entry = known.entry
    made = conn.execute(
        tables.evidence.insert()
        .values(
            review_id=review_id,
            purpose="outcome",
            base_entry_id=entry.id,
            text_hash=text_hash(entry.text),
            values=dump_values(entry.values),
            mode=entry.mode.value,
            state="queued",
            progress=0,
            start_at=entry.effective_at,
            end_at=site_at,
            asked_at=now,
        )
        .returning(tables.evidence.c.id)
    )
    evidence_id: int = made.scalar_one()
    return evidence_id


def reopen_where_outside(conn: sa.Connection, evidence_id: int, now: int) -> bool:
    """A count outside the 95 % range after at least 28 days takes the review back to talk."""
    counted = evidence(conn, evidence_id)
    if counted is None or counted.purpose != "outcome" or counted.state != "done":
        return False
    review = find(conn, SYSTEM, counted.review_id)
    known = account(conn, counted.review_id, counted.end_at)
    if review.phase is not Phase.EVALUATION or known is None or known.count is None:
        return False
    outside = [one.forecast.measure for one in known.measures if one.reopen]
    if not outside:
        return False
    reason = f"The outcome left the forecast: {', '.join(outside)}."
    reopen(conn, SYSTEM, review.id, reason, now)
    return True
