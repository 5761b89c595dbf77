"""What a review holds, as records; reading them. Whoever may not see a review does not find it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa

from gateway.access import Action, Role, Viewer, not_found, sites_clause
from gateway.rulebook import Mode, rule_of, rule_version
from gateway.rulebook.entries import load_values
from reviews import tables
from reviews.comparing import Comparison
from reviews.cycle import Phase
from reviews.forecast import Forecast
from rules.file.language import Rule


class Stance(StrEnum):
    """What a role says of a proposal; never averaged into a score."""

    SUPPORT = "support"
    LIVE_WITH = "live-with"
    OBJECT = "object"


class Outcome(StrEnum):
    """What was decided."""

    ADOPT = "adopt"  # the proposal takes force at the stated instant
    REJECT = "reject"  # what is live stays, under this decision
    DEFER = "defer"  # later
    KEEP = "keep"  # after evaluation: it stays


@dataclass(frozen=True, slots=True)
class Review:
    """Times are wall time."""

    id: int
    site: str
    rule_name: str
    question: str
    cause: str  # people, stop
    stop_mandate_id: int | None
    phase: Phase
    phase_since: int
    opened_name: str
    opened_at: int
    due_at: int


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a review's course: opened, moved or said."""

    kind: str
    phase: str
    role: str
    words: str
    by_name: str
    at: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change to a rule at one site, over the entry that was in force when it was made."""

    id: int
    review_id: int
    rule: Rule
    text_hash: str
    values: Mapping[str, Decimal]
    mode: Mode
    base_entry_id: int
    reason: str
    by_user: int | None
    at: int


@dataclass(frozen=True, slots=True)
class Position:
    """The newest word of one person on one proposal."""

    user_id: int
    role: Role
    stance: Stance
    reason: str
    interest: str
    at: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A replay asked for, under way, done or failed. `start_at`, `end_at`: site's clock."""

    id: int
    review_id: int
    purpose: str  # compare: then and now; outcome: what the adopted version saw
    base_entry_id: int
    text_hash: str
    values: Mapping[str, Decimal]
    mode: Mode
    state: str
    progress: int
    start_at: int
    end_at: int
    snapshot: str | None
    engine: str | None
    result: Comparison | None
    problem: str | None
    asked_at: int
    finished_at: int | None

    def is_of(self, proposal: Proposal, live_entry_id: int | None) -> bool:
        """Whether it compares exactly what is live now with exactly what is proposed."""
        return (
            self.state == "done"
            and self.purpose == "compare"
            and self.base_entry_id == live_entry_id
            and self.text_hash == proposal.text_hash
            and self.values == proposal.values
            and self.mode is proposal.mode
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """As it was taken. `effective_at`: site's clock."""

    id: int
    review_id: int
    proposal_id: int | None
    evidence_id: int | None
    outcome: Outcome
    reasons: str
    dissent: str
    present: str
    floors: tuple[str, ...]
    effective_at: int | None
    by_name: str
    at: int


def listing(conn: sa.Connection, viewer: Viewer, site: str | None = None) -> list[Review]:
    """Reviews of the sites that the viewer sees: open ones first by last day, then closed ones."""
    of = tables.review.c
    query = sa.select(*_REVIEW).where(sites_clause(viewer, of.site, Action.SEE_REVIEWS))
    if site is not None:
        query = query.where(of.site == site)
    found = [_review(row) for row in conn.execute(query)]
    return sorted(
        found,
        key=lambda one: (
            one.phase is Phase.CLOSED,
            -one.phase_since if one.phase is Phase.CLOSED else one.due_at,
            one.id,
        ),
    )


def find(conn: sa.Connection, viewer: Viewer, review_id: int) -> Review:
    """One review; raises NotFound where there is none for this viewer."""
    row = conn.execute(sa.select(*_REVIEW).where(tables.review.c.id == review_id)).one_or_none()
    if row is None or not viewer.may(Action.SEE_REVIEWS, row.site):
        raise not_found("open a review", f"review {review_id}")
    return _review(row)


def course(conn: sa.Connection, review_id: int) -> list[Said]:
    """What was said and how it moved, oldest first."""
    of = tables.step.c
    query = (
        sa.select(of.kind, of.phase, of.role, of.words, of.by_name, of.at)
        .where(of.review_id == review_id)
        .order_by(of.id)
    )
    return [Said(*row) for row in conn.execute(query)]


def proposals(conn: sa.Connection, review_id: int) -> list[Proposal]:
    """All proposals of a review, oldest first; only the last can be decided on."""
    of = tables.proposal
    query = (
        sa.select(of, rule_version.c.text)
        .join(rule_version, rule_version.c.text_hash == of.c.text_hash)
        .where(of.c.review_id == review_id)
        .order_by(of.c.id)
    )
    return [
        Proposal(
            row.id,
            row.review_id,
            rule_of(row.text),
            row.text_hash,
            load_values(row._mapping["values"]),  # noqa: SLF001 - SQLAlchemy's public mapping
            Mode(row.mode),
            row.base_entry_id,
            row.reason,
            row.by_user,
            row.at,
        )
        for row in conn.execute(query)
    ]


def positions(conn: sa.Connection, proposal_id: int) -> list[Position]:
    """The newest position of each person, in the order in which people first spoke."""
    of = tables.position.c
    query = (
        sa.select(of.by_user, of.role, of.stance, of.reason, of.interest, of.at)
        .where(of.proposal_id == proposal_id)
        .order_by(of.id)
    )
    newest: dict[int, Position] = {}
    for row in conn.execute(query):
        newest[row.by_user] = Position(
            row.by_user, Role(row.role), Stance(row.stance), row.reason, row.interest, row.at
        )
    return list(newest.values())


def evidences(conn: sa.Connection, review_id: int) -> list[Evidence]:
    """Every replay of a review, oldest first."""
    of = tables.evidence.c
    query = sa.select(tables.evidence).where(of.review_id == review_id).order_by(of.id)
    return [_evidence(row) for row in conn.execute(query).mappings()]


def evidence(conn: sa.Connection, evidence_id: int) -> Evidence | None:
    """One replay."""
    query = sa.select(tables.evidence).where(tables.evidence.c.id == evidence_id)
    row = conn.execute(query).mappings().one_or_none()
    return _evidence(row) if row else None


def decisions(conn: sa.Connection, review_id: int) -> list[Decision]:
    """Every decision of a review, oldest first."""
    of = tables.decision.c
    query = sa.select(tables.decision).where(of.review_id == review_id).order_by(of.id)
    return [_decision(row) for row in conn.execute(query)]


def text_of(conn: sa.Connection, text_hash: str) -> str:
    """The rule text that a proposal or an evidence names."""
    query = sa.select(rule_version.c.text).where(rule_version.c.text_hash == text_hash)
    text: str = conn.execute(query).scalar_one()
    return text


def forecasts(conn: sa.Connection, decision_id: int) -> list[Forecast]:
    """What was frozen with a decision."""
    of = tables.forecast.c
    query = (
        sa.select(of.measure, of.count, of.covered_days, of.dispersion)
        .where(of.decision_id == decision_id)
        .order_by(of.id)
    )
    return [Forecast(*row) for row in conn.execute(query)]


def decision_of_mandate(conn: sa.Connection, decision_id: int) -> Decision | None:
    """The decision behind a mandate."""
    query = sa.select(tables.decision).where(tables.decision.c.id == decision_id)
    row = conn.execute(query).one_or_none()
    return _decision(row) if row else None


_REVIEW = tuple(tables.review.c[name] for name in Review.__slots__)


def _review(row: sa.Row[tuple[object, ...]]) -> Review:
    fields = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public mapping
    return Review(**{**fields, "phase": Phase(fields["phase"])})


def _evidence(row: Mapping[str, object] | sa.RowMapping) -> Evidence:
    fields = {name: row[name] for name in Evidence.__slots__}
    raw = row["result"]
    fields["values"] = load_values(str(row["values"]))
    fields["mode"] = Mode(str(row["mode"]))
    fields["result"] = Comparison.from_json(json.loads(str(raw))) if raw else None
    return Evidence(**fields)  # type: ignore[arg-type]  # columns are declared with these types


def _decision(row: sa.Row[tuple[object, ...]]) -> Decision:
    fields = {name: getattr(row, name) for name in Decision.__slots__}
    fields["outcome"] = Outcome(fields["outcome"])
    fields["floors"] = tuple(json.loads(fields["floors"]))
    return Decision(**fields)
