"""The decision of a review is the key that deploys a rule.

One transaction holds it all: the decision with reasons and dissent, the mandate and the entry that
takes force at the stated instant of the site's clock, the frozen forecast, the review's move, and
the audit. Nothing of it can be had without the rest.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway import rulebook
from gateway.access import Viewer
from gateway.access.audit import Verb, audit
from reviews import tables
from reviews.comparing import Comparison
from reviews.floor import Floor, hold
from reviews.forecast import PER, Forecast, dispersion
from reviews.quorum import CAUSES, SENTENCES, Missing, Standing, missing
from reviews.records import Outcome, Review, evidences, find, positions, proposals
from reviews.seen import UNSAID, Basis, unchanged
from reviews.steps import advance
from reviews.talking import BOX_DAYS, DAY_MS


@dataclass(frozen=True, slots=True)
class Ballot:
    """What the decider hands in. `dissent` None was not answered; '' is "none voiced"."""

    outcome: Outcome
    reasons: str
    dissent: str | None
    present: str  # who was there, as people want to be named
    effective_at: int | None = None  # site's clock; adopt only
    basis: Basis = UNSAID  # what was seen


class NotYet(Refused):
    """A decision that cannot be taken; `missing` says why, in order."""

    def __init__(self, review_id: int, found: Sequence[Missing]) -> None:
        self.missing = tuple(found)
        super().__init__(
            "decide a review",
            f"review {review_id}",
            "; ".join(SENTENCES[one] for one in found),
            "Complete this first",
        )

    def __reduce__(self) -> tuple[type, tuple[str, str, str, str]]:
        return Refused, (self.operation, self.subject, self.problem, self.hint)


def standing_of(conn: sa.Connection, review: Review, site_at: int) -> Standing:
    """A review with its newest proposal and what belongs to it, at the site's time."""
    known = proposals(conn, review.id)
    newest = known[-1] if known else None
    base = rulebook.base_entry(conn, review.site, review.rule_name, site_at)
    return Standing(
        review,
        newest,
        positions(conn, newest.id) if newest else (),
        evidences(conn, review.id),
        base.id if base else None,
    )


def decide(
    conn: sa.Connection,
    viewer: Viewer,
    review_id: int,
    ballot: Ballot,
    floors: Sequence[Floor],
    now: int,
    *,
    site_at: int | None = None,
) -> int:
    """Take a decision; returns its id. `now` is wall time, `site_at` the site's clock now.

    Raises NotYet (quorum, evidence), Refused (what was seen is not what stands now, words that
    are missing, an instant that has passed,
    a safety floor) and NotFound; then nothing is changed.
    """
    review = find(conn, viewer, review_id)
    at = now if site_at is None else site_at
    standing = standing_of(conn, review, at)
    found = missing(standing, viewer, ballot.outcome)
    if standing.proposal is not None and not {Missing.NOT_DECIDER, Missing.WRONG_PHASE} & {*found}:
        unchanged(conn, standing, ballot.outcome, ballot.basis)
    if found:
        raise NotYet(review_id, found)
    _words(standing, ballot)
    assert standing.proposal is not None  # `missing` asked for it
    held: list[str] = []
    proposal = standing.proposal
    if ballot.outcome is Outcome.ADOPT and proposal.mode is not rulebook.Mode.SHADOW:
        ends = proposal.mode is rulebook.Mode.OFF  # in shadow nobody is told, and nobody less
        held = hold(floors, review.site, proposal.rule, proposal.values, ends=ends)
    decision_id = _minuted(conn, viewer, standing, ballot, held, now)
    evidence = standing.evidence
    _deploy(conn, viewer, standing, ballot, decision_id, now, at)
    if ballot.outcome is Outcome.ADOPT and evidence and evidence.result:
        freeze(conn, decision_id, evidence.result)
    due_at = now + BOX_DAYS * DAY_MS if ballot.outcome is Outcome.DEFER else None
    advance(conn, viewer, review, CAUSES[ballot.outcome], ballot.reasons, now, due_at=due_at)
    audit(conn, viewer, Verb.DECIDED, f"review:{review_id}", review.site, now, ballot.outcome.value)
    return decision_id


def _minuted(
    conn: sa.Connection,
    viewer: Viewer,
    standing: Standing,
    ballot: Ballot,
    held: list[str],
    now: int,
) -> int:
    """The decision as it stands in the record, for good; returns its id."""
    assert standing.proposal is not None
    made = conn.execute(
        tables.decision.insert()
        .values(
            review_id=standing.review.id,
            proposal_id=standing.proposal.id,
            evidence_id=standing.evidence.id if standing.evidence else None,
            outcome=ballot.outcome.value,
            reasons=ballot.reasons.strip(),
            dissent=(ballot.dissent or "").strip(),
            present=ballot.present.strip(),
            floors=json.dumps(held),
            effective_at=ballot.effective_at if ballot.outcome is Outcome.ADOPT else None,
            by_user=viewer.user_id,
            by_name=viewer.name,
            at=now,
        )
        .returning(tables.decision.c.id)
    )
    decision_id: int = made.scalar_one()
    return decision_id


def _words(standing: Standing, ballot: Ballot) -> None:
    what = f"review {standing.review.id}"
    if not ballot.reasons.strip():
        raise Refused(
            "decide a review",
            what,
            Spoken("no reasons were given"),
            Spoken("Say why in a sentence"),
        )
    if ballot.dissent is None:
        raise Refused(
            "decide a review",
            what,
            Spoken("it was not said whether there was dissent"),
            Spoken("Write it in their own words, or choose none voiced"),
        )
    if not ballot.dissent.strip() and standing.objections and ballot.outcome is Outcome.ADOPT:
        raise Refused(
            "decide a review",
            what,
            Spoken("somebody objects, so dissent was voiced"),
            Spoken("Write it down in their own words"),
        )
    if not ballot.present.strip():
        raise Refused(
            "decide a review", what, Spoken("nobody was there"), Spoken("Say who took part")
        )
    if ballot.outcome is Outcome.ADOPT and ballot.effective_at is None:
        raise Refused(
            "decide a review",
            what,
            Spoken("no instant was stated"),
            Spoken("Say when it takes force"),
        )


def _deploy(
    conn: sa.Connection,
    viewer: Viewer,
    standing: Standing,
    ballot: Ballot,
    decision_id: int,
    now: int,
    site_at: int,
) -> None:
    """Put the proposal in force; or, rejecting, give what is live this decision as its mandate."""
    review, proposal = standing.review, standing.proposal
    assert proposal is not None
    if ballot.outcome is Outcome.ADOPT:
        rule, values, mode = proposal.rule, proposal.values, proposal.mode
        effective_at = ballot.effective_at
        assert effective_at is not None  # `_words` asked for it
    else:
        live = rulebook.live_entry(conn, review.site, review.rule_name, site_at)
        if ballot.outcome is not Outcome.REJECT or live is None:
            return
        rule, values, mode = rulebook.rule_of(live.text), live.values, live.mode
        effective_at = site_at
    rulebook.adopt(
        conn,
        viewer,
        review.site,
        rule,
        values,
        mode,
        decision_id,
        effective_at,
        now,
        reason=ballot.reasons.strip(),
        site_at=site_at,
    )


def freeze(conn: sa.Connection, decision_id: int, result: Comparison) -> None:
    """The forecast of what the adopted version will do; nothing ever updates it."""
    new = result.now
    for measure, count, weekly in (
        ("alerts", new.alerts, new.weekly),
        ("nights", new.nights, new.weekly_nights),
    ):
        made = Forecast(measure, count, result.covered_days, dispersion(weekly))
        low, high = made.interval(PER)
        conn.execute(
            tables.forecast.insert().values(
                decision_id=decision_id,
                measure=measure,
                count=count,
                covered_days=result.covered_days,
                dispersion=made.dispersion,
                low=low,
                high=high,
            )
        )
