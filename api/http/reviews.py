"""Living-lab reviews for programs: the same steps as the pages, the same refusals."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request

from api.auth import ApiViewer, gateway_of
from api.bounds import Id
from api.http import PREFIX
from api.http.review_models import (
    DecideIn,
    DecisionOut,
    EvidenceOut,
    OpenIn,
    OutcomeOut,
    PositionIn,
    PositionOut,
    ProposalOut,
    ProposeIn,
    ReviewDetailOut,
    ReviewOut,
    TrialIn,
    WishIn,
)
from api.pages.lab_decision import LEAD_MS, floors_for
from api.pages.lab_desk import desk_of
from api.pages.lab_review import Seen, look
from devices.errors import Refused
from gateway.access import Action, Role, Viewer, not_found
from gateway.db import reading, writing
from gateway.rulebook import Mode, offer
from reviews import outcome, quorum, records, talking, trying
from reviews.decide import Ballot, decide
from reviews.desk import Wish
from reviews.seen import Basis
from rules.checks.admission import admitted
from rules.rule import Rule

router = APIRouter(prefix=f"{PREFIX}/reviews", tags=["reviews"])

ReviewId = Annotated[Id, Path(description="The review's number", examples=[3])]


@router.get("", summary="Reviews, open ones first")
def list_reviews(
    request: Request,
    viewer: ApiViewer,
    site: Annotated[str | None, Query(description="Only this site")] = None,
) -> list[ReviewOut]:
    """Open ones by their last day, then closed ones, newest first."""
    with reading(gateway_of(request).engine) as conn:
        return [ReviewOut.model_validate(one) for one in records.listing(conn, viewer, site)]


@router.post("", summary="Open a review", status_code=201)
def open_review(request: Request, viewer: ApiViewer, body: OpenIn) -> ReviewOut:
    """Of one rule at one site; it begins in co-creation.

    With `text` of a rule that is new to the site: its examples are run, and it is taken in as off.
    """
    gateway = gateway_of(request)
    new = None if body.text is None else _read(body.text, body.rule)
    with writing(gateway.engine) as conn:
        if new is not None:
            offer(conn, viewer, body.site, new, body.question, gateway.clock.now())
        review_id = talking.open_review(
            conn, viewer, body.site, body.rule, body.question, gateway.clock.now()
        )
        if body.propose is not None:
            _put(conn, request, viewer, review_id, body.propose)
        opened = ReviewOut.model_validate(records.find(conn, viewer, review_id))
    if body.propose is not None:
        _replay(request, viewer, review_id)
    return opened


@router.get("/{review_id}", summary="One review")
def read_review(request: Request, viewer: ApiViewer, review_id: ReviewId) -> ReviewDetailOut:
    """With proposal, positions, replays, decisions, and what a decision still needs."""
    with reading(gateway_of(request).engine) as conn:
        return _detail(conn, request, viewer, review_id)


@router.post("/{review_id}/evidence", summary="Replay limits over the history", status_code=202)
def ask_evidence(
    request: Request, viewer: ApiViewer, review_id: ReviewId, body: WishIn
) -> EvidenceOut:
    """Queued; ask for it by its number until it is done. The same question is answered once."""
    with reading(gateway_of(request).engine) as conn:
        seen = look(conn, gateway_of(request), viewer, review_id)
    rule = seen.draft if body.text is None else _read(body.text, seen.review.rule_name)
    wish = Wish(rule, _values(body.values), Mode(body.mode))
    asked = desk_of(request).ask(viewer, review_id, wish)
    return read_evidence(request, viewer, review_id, asked)


@router.get("/{review_id}/evidence/{evidence_id}", summary="One replay")
def read_evidence(
    request: Request,
    viewer: ApiViewer,
    review_id: ReviewId,
    evidence_id: Annotated[Id, Path(examples=[12])],
) -> EvidenceOut:
    """Its progress, then its counts."""
    with reading(gateway_of(request).engine) as conn:
        records.find(conn, viewer, review_id)
        found = records.evidence(conn, evidence_id)
    if found is None or found.review_id != review_id:
        raise not_found("open a replay", f"replay {evidence_id}")
    return _evidence(found)


@router.post("/{review_id}/proposals", summary="Propose a change", status_code=201)
def propose(
    request: Request, viewer: ApiViewer, review_id: ReviewId, body: ProposeIn
) -> ReviewDetailOut:
    """It replaces the proposal that it names; positions are then taken anew. Its replay begins."""
    with writing(gateway_of(request).engine) as conn:
        _put(conn, request, viewer, review_id, body)
    _replay(request, viewer, review_id)
    with reading(gateway_of(request).engine) as conn:
        return _detail(conn, request, viewer, review_id)


@router.post("/{review_id}/trial", summary="Try the proposal in shadow", status_code=201)
def start_trial(
    request: Request, viewer: ApiViewer, review_id: ReviewId, body: TrialIn
) -> ReviewDetailOut:
    """Computed and counted beside what runs, and nobody is told; it ends by itself."""
    gateway = gateway_of(request)
    with writing(gateway.engine) as conn:
        seen = look(conn, gateway, viewer, review_id)
        now = gateway.clock.now()
        trying.start_trial(
            conn, viewer, review_id, body.days, now, site_at=seen.site_at, seen=body.proposal
        )
        return _detail(conn, request, viewer, review_id)


@router.post("/{review_id}/positions", summary="Take a position", status_code=201)
def take_position(
    request: Request, viewer: ApiViewer, review_id: ReviewId, body: PositionIn
) -> ReviewDetailOut:
    """Of the proposal that it names; the newest word of a person counts."""
    gateway = gateway_of(request)
    if body.role not in set(Role):
        raise Refused("take a position", body.role, "is no role", f"Roles: {', '.join(Role)}")
    with writing(gateway.engine) as conn:
        talking.take_position(
            conn, viewer, review_id, Role(body.role), records.Stance(body.stance), body.reason,
            body.interest, gateway.clock.now(), seen=body.proposal,
        )  # fmt: skip
        return _detail(conn, request, viewer, review_id)


@router.post("/{review_id}/decision", summary="Decide; adopting deploys", status_code=201)
def take_decision(
    request: Request, viewer: ApiViewer, review_id: ReviewId, body: DecideIn
) -> ReviewDetailOut:
    """One transaction: decision, mandate, entry, forecast. Refused without quorum or replay."""
    gateway = gateway_of(request)
    floors = floors_for(gateway, viewer, review_id, body.outcome)
    with writing(gateway.engine) as conn:
        seen = look(conn, gateway, viewer, review_id)
        viewer.require(Action.DECIDE, seen.review.site)
        chosen = records.Outcome(body.outcome)
        at = body.effective_at if body.effective_at is not None else seen.site_at + LEAD_MS
        ballot = Ballot(
            chosen,
            body.reasons,
            body.dissent,
            body.present,
            at if chosen is records.Outcome.ADOPT else None,
            Basis(body.proposal, body.evidence, body.entry),
        )
        now = gateway.clock.now()
        decide(conn, viewer, review_id, ballot, floors, now, site_at=seen.site_at)
        return _detail(conn, request, viewer, review_id)


@router.get("/{review_id}/outcome", summary="Forecast and outcome")
def read_outcome(request: Request, viewer: ApiViewer, review_id: ReviewId) -> list[OutcomeOut]:
    """Per measure; empty while nothing was adopted or frozen."""
    gateway = gateway_of(request)
    with reading(gateway.engine) as conn:
        seen = look(conn, gateway, viewer, review_id)
        found = outcome.account(conn, review_id, seen.site_at)
    return [
        OutcomeOut(
            measure=one.forecast.measure,
            low=one.low,
            high=one.high,
            seen=one.seen,
            covered_days=one.covered_days,
            days_live=one.days_live,
            verdict=one.verdict,
        )
        for one in (found.measures if found else ())
    ]


def _put(
    conn: sa.Connection, request: Request, viewer: Viewer, review_id: int, body: ProposeIn
) -> None:
    """A change on a review's table. Raises Refused."""
    gateway = gateway_of(request)
    other = None if body.text is None else admitted(body.text)
    seen = look(conn, gateway, viewer, review_id)
    talking.propose(
        conn, viewer, review_id, other or seen.draft, _values(body.values), Mode(body.mode),
        body.reason, gateway.clock.now(), site_at=seen.site_at, seen=body.proposal,
    )  # fmt: skip


def _replay(request: Request, viewer: Viewer, review_id: int) -> None:
    """Begin to replay what was just proposed, as the page does; without a past it only waits."""
    with reading(gateway_of(request).engine) as conn:
        made = records.proposals(conn, review_id)[-1]
    with suppress(Refused):
        desk_of(request).ask(viewer, review_id, Wish(made.rule, dict(made.values), made.mode))


def _read(text: str, name: str) -> Rule:
    """A rule file that somebody sent for this rule. Raises RuleRefused and Refused."""
    rule = admitted(text)
    if rule.name != name:
        raise Refused("read a rule", rule.name, f"it should be {name}", "Send that rule's file")
    return rule


def _detail(
    conn: sa.Connection, request: Request, viewer: Viewer, review_id: int
) -> ReviewDetailOut:
    seen: Seen = look(conn, gateway_of(request), viewer, review_id)
    standing = seen.standing
    proposal = standing.proposal
    return ReviewDetailOut(
        review=ReviewOut.model_validate(seen.review),
        proposal=ProposalOut(
            id=proposal.id,
            version=proposal.rule.version,
            values=_texts(proposal.values),
            mode=proposal.mode,
            reason=proposal.reason,
            at=proposal.at,
        )
        if proposal
        else None,
        positions=[PositionOut.model_validate(one) for one in standing.positions],
        evidence=[_evidence(one) for one in standing.evidences],
        decisions=[DecisionOut.model_validate(one) for one in records.decisions(conn, review_id)],
        entry=standing.live_entry_id,
        missing=[str(m) for m in quorum.missing(standing, viewer, records.Outcome.ADOPT)],
    )


def _evidence(found: records.Evidence) -> EvidenceOut:
    fields: dict[str, Any] = {name: getattr(found, name) for name in EvidenceOut.model_fields}
    fields["values"] = _texts(found.values)
    fields["mode"] = str(found.mode)
    fields["result"] = found.result.to_json() if found.result else None
    return EvidenceOut(**fields)


def _texts(values: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: f"{value:f}" for name, value in values.items()}


def _values(texts: Mapping[str, str]) -> dict[str, Decimal]:
    try:
        return {name: Decimal(text) for name, text in texts.items()}
    except InvalidOperation as error:
        raise Refused(
            "read limits", str(dict(texts))[:100], "a value is no number", "Write digits"
        ) from error
