"""What the API says and hears of reviews."""

from typing import Any, Literal

from pydantic import Field

from api.bounds import Moment as At
from api.http.models import In, Moment, Out


class ReviewOut(Out):
    """One review of one rule at one site."""

    id: int
    site: str = Field(examples=["borgarbyggd"])
    rule: str = Field(validation_alias="rule_name", examples=["spo2-low"])
    question: str = Field(examples=["Half of the night calls were for nothing."])
    cause: str = Field(description="people, or stop: a coordinator stopped the rule")
    phase: str = Field(
        description="co-creation, exploration, experimentation, evaluation or closed",
        examples=["exploration"],
    )
    phase_since: Moment = Field(description="Wall clock")
    opened_at: Moment = Field(description="Wall clock")
    due_at: Moment = Field(description="Last day of the review; wall clock")


class ProposalOut(Out):
    """A change on the table."""

    id: int
    version: str = Field(description="Hash of the rule version's meaning")
    values: dict[str, str] = Field(examples=[{"limit": "88", "minutes": "5"}])
    mode: str = Field(description="live, or off: do without the rule")
    reason: str
    at: Moment = Field(description="Wall clock")


class PositionOut(Out):
    """The newest word of one person; only their role is told."""

    role: str = Field(examples=["carer"])
    stance: str = Field(description="support, live-with or object")
    reason: str
    interest: str = Field(description="A declared conflict of interest; empty: none")


class EvidenceOut(Out):
    """A replay of the site's own history: today's rule (then) and the proposal (now)."""

    id: int
    purpose: str = Field(description="compare, or outcome: what an adopted version saw")
    state: str = Field(description="queued, running, done or failed")
    progress: int = Field(description="Percent")
    values: dict[str, str]
    mode: str
    start_at: Moment = Field(description="Site clock")
    end_at: Moment = Field(description="Site clock")
    snapshot: str | None = Field(None, description="SHA-256 of the sealed readings")
    engine: str | None = Field(None, description="SHA-256 of the rules engine's sources")
    problem: str | None = None
    result: dict[str, Any] | None = Field(None, description="Counts only, never a reading")


class DecisionOut(Out):
    """As it was taken."""

    id: int
    outcome: str = Field(description="adopt, reject, defer or keep")
    reasons: str
    dissent: str = Field(description="In their own words; empty: none voiced")
    present: str
    floors: list[str] = Field(description="Safety floors that were checked, and held")
    effective_at: Moment | None = Field(None, description="Site clock")
    by: str = Field(validation_alias="by_name")
    at: Moment = Field(description="Wall clock")


class ReviewDetailOut(Out):
    """A review with all that belongs to it."""

    review: ReviewOut
    proposal: ProposalOut | None
    positions: list[PositionOut]
    evidence: list[EvidenceOut]
    decisions: list[DecisionOut]
    entry: int | None = Field(
        description="The rulebook's entry that a change is measured against: what runs now"
    )
    missing: list[str] = Field(
        description="What still stands in the way of adopting", examples=[["no-carer"]]
    )


class OutcomeOut(Out):
    """A frozen forecast beside what came."""

    measure: str = Field(description="alerts or nights")
    low: int = Field(description="Of the 80 % range for the days seen")
    high: int
    seen: int
    covered_days: float = Field(description="Resident-days")
    days_live: int
    verdict: str = Field(description="inside, outside or too early")


class WishIn(In):
    """Limits to replay or to propose; those left out stay as they run now."""

    values: dict[str, str] = Field(examples=[{"limit": "88"}])
    mode: Literal["live", "off"] = "live"
    text: str | None = Field(None, description="Another version of the rule: its file (YAML)")


class ProposeIn(WishIn):
    """A change and its reason."""

    reason: str = Field(examples=["Restless nights stay quiet."])
    proposal: int | None = Field(
        None,
        description="Id of the proposal that this one replaces; absent: there is none yet. "
        "Refused if another is on the table by now",
        examples=[4],
    )


class OpenIn(In):
    """Open a review."""

    site: str = Field(examples=["borgarbyggd"])
    rule: str = Field(examples=["spo2-low"])
    question: str = Field(examples=["Half of the night calls were for nothing."])
    text: str | None = Field(
        None, description="A rule file (YAML) that the site does not know: it is taken in as off"
    )
    propose: ProposeIn | None = Field(
        None, description="Put on the table at once; where it is refused, no review is opened"
    )


class TrialIn(In):
    """Try the proposal in shadow; nobody is told."""

    days: int = Field(14, ge=1, le=56)
    proposal: int | None = Field(
        None,
        description="Id of the proposal that was seen. Refused if another is on the table by now, "
        "or if it is left out where there were several",
        examples=[4],
    )


class PositionIn(In):
    """What a role says of the current proposal."""

    role: str = Field(examples=["carer"])
    stance: Literal["support", "live-with", "object"]
    reason: str = Field("", description="Needed for an objection")
    interest: str = Field(description="A conflict of interest; empty: none", examples=[""])
    proposal: int | None = Field(
        None,
        description="Id of the proposal that was read; refused if another has replaced it. "
        "May be left out only while the review has had one proposal",
        examples=[4],
    )


class DecideIn(In):
    """A decision. Adopting deploys the proposal at `effective_at`."""

    outcome: Literal["adopt", "reject", "defer", "keep"]
    reasons: str
    dissent: str = Field(description="In their own words; empty: none voiced")
    present: str = Field(description="Who was there", examples=["two residents, three carers"])
    effective_at: At | None = Field(
        None, description="Site clock, ms UTC; adopt only; absent: at once"
    )
    proposal: int | None = Field(
        None,
        description="Id of the proposal that was read; refused if another has replaced it. "
        "May be left out only while the review has had one proposal",
        examples=[4],
    )
    evidence: int | None = Field(
        None,
        description="Id of the replay that was read; refused if a newer one counts. "
        "May be left out only while there is one of this proposal",
    )
    entry: int | None = Field(
        None,
        description="The review's `entry` that was read; refused if another is in force by now. "
        "May be left out only while what runs is what ran when the proposal was made",
    )
