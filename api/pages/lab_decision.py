"""The decision of a review, checked before it deploys; and later its outcome."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import PageViewer
from api.bounds import Id
from api.pages import lab_review
from api.pages.forms import Fields, number_of, text_of
from api.pages.lab_words import MISSING, sentence_of, words
from api.pages.page import render
from api.pages.unheard import unheard_lines
from devices.errors import Refused, Spoken
from gateway import rulebook
from gateway.access import Action, Viewer, not_found
from gateway.db import reading, writing
from gateway.texts import catalogue
from reviews import outcome, quorum, records
from reviews.cycle import Phase
from reviews.decide import Ballot, decide
from reviews.floors import ScenarioFloor, weighed
from reviews.records import Outcome
from reviews.seen import Basis

router = APIRouter()

LEAD_MS = 60_000  # "at once" is a minute ahead, so that it cannot have passed when it is stored


@router.get("/reviews/{review_id}/decide")
def decision_page(request: Request, viewer: PageViewer, review_id: Id) -> Response:
    """The check page: what will happen, where and when."""
    return _decision_page(request, viewer, review_id, {}, None)


@router.post("/reviews/{review_id}/decide")
def take_decision(request: Request, viewer: PageViewer, review_id: Id, fields: Fields) -> Response:
    """Decide and, where it is adopted, deploy: one transaction."""
    gateway = auth.gateway_of(request)
    try:
        floors = floors_for(gateway, viewer, review_id, fields.get("outcome", ""))
        with writing(gateway.engine) as conn:
            seen = lab_review.look(conn, gateway, viewer, review_id)
            ballot = _ballot(seen, fields)
            decide(
                conn, viewer, review_id, ballot, floors, gateway.clock.now(), site_at=seen.site_at
            )
    except Refused as refused:
        viewer.require(Action.DECIDE)
        return _decision_page(request, viewer, review_id, fields, refused)
    where = "/outcome" if ballot.outcome is Outcome.ADOPT else ""
    return RedirectResponse(f"/reviews/{review_id}{where}", 303)


def floors_for(
    gateway: Any, viewer: Viewer, review_id: int, outcome: str
) -> tuple[ScenarioFloor, ...]:
    """The safety floor as it bears on this decision; asked before the state is locked."""
    with reading(gateway.engine) as conn:
        seen = lab_review.look(conn, gateway, viewer, review_id)
        if outcome != Outcome.ADOPT or not viewer.may(Action.DECIDE, seen.review.site):
            return ()
        return weighed(conn, seen.review.site, seen.site_at, seen.standing.proposal)


def _ballot(seen: lab_review.Seen, fields: dict[str, str]) -> Ballot:
    chosen = fields.get("outcome", "")
    if chosen not in set(Outcome):
        raise Refused(
            "decide",
            f"review {seen.review.id}",
            Spoken("no outcome was chosen"),
            Spoken("Choose one"),
        )
    voiced = fields.get("voiced")
    dissent = {"none": "", "yes": fields.get("dissent", "").strip() or None}.get(voiced or "")
    return Ballot(
        Outcome(chosen),
        fields.get("reasons", ""),
        dissent,
        fields.get("present", ""),
        _instant(seen, fields) if chosen == Outcome.ADOPT else None,
        Basis(*(number_of(fields, name) for name in ("proposal", "evidence", "entry"))),
    )


def _instant(seen: lab_review.Seen, fields: dict[str, str]) -> int:
    """When it takes force, ms on the site's clock; typed in the site's zone."""
    if fields.get("when") != "stated":
        return seen.site_at + LEAD_MS
    typed = fields.get("instant", "")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", typed):
        raise Refused(
            "decide",
            f"review {seen.review.id}",
            Spoken("no instant was stated"),
            Spoken("Say when"),
        )
    try:
        local = datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(seen.site.zone))
        return int(local.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Refused(
            "decide",
            f"review {seen.review.id}",
            Spoken("{typed} is no day and time", typed=typed),
            Spoken("Say when"),
        ) from error


def _decision_page(
    request: Request,
    viewer: Viewer,
    review_id: int,
    fields: dict[str, str],
    refused: Refused | None,
) -> Response:
    gateway = auth.gateway_of(request)
    language = viewer.language
    with reading(gateway.engine) as conn:
        seen = lab_review.look(conn, gateway, viewer, review_id)
        context = lab_review.context(conn, gateway, viewer, seen)
    if not viewer.may(Action.DECIDE, seen.review.site):
        raise not_found("decide", f"review {review_id}")
    _ = catalogue(language).gettext
    possible = [
        one
        for one in (Outcome.ADOPT, Outcome.REJECT, Outcome.DEFER, Outcome.KEEP)
        if quorum.Missing.WRONG_PHASE not in quorum.missing(seen.standing, viewer, one)
    ]
    blocked = {
        one: [_(MISSING[code]) for code in quorum.missing(seen.standing, viewer, one)]
        for one in possible
    }
    directory = gateway.registry.directory
    proposal = seen.standing.proposal
    context |= {
        "unheard": []
        if proposal is None
        else unheard_lines(directory, seen.review.site, proposal.rule, seen.site_at, language),
        "outcomes": possible,
        "blocked": blocked,
        "fields": fields,
        "homes": directory.homes(seen.review.site),
        "site_at": seen.site_at,
        "earliest": _local(seen.site_at + LEAD_MS, seen.site.zone),
        "basis": _basis(seen.standing),
        "objections": seen.standing.objections,
        "evidence": seen.standing.evidence or context["evidence"],
        "problems": [("", text_of(refused, viewer.language))] if refused else [],
    }
    return render(
        request,
        "reviews/decide.html",
        viewer=viewer,
        status=422 if refused else 200,
        **context,
    )


def _basis(standing: quorum.Standing) -> Basis:
    """What the page shows, which its form carries."""
    proposal, evidence = standing.proposal, standing.evidence
    return Basis(
        proposal.id if proposal else None, evidence.id if evidence else None, standing.live_entry_id
    )


def _local(at: int, zone: str) -> str:
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    return local.replace(tzinfo=None).isoformat(timespec="minutes")


@router.get("/reviews/{review_id}/outcome")
def outcome_page(request: Request, viewer: PageViewer, review_id: Id) -> Response:
    """Did it do what we said?"""
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        seen = lab_review.look(conn, gateway, viewer, review_id)
        account = outcome.account(conn, review_id, seen.site_at)
        if account is None:
            raise not_found("open an outcome", f"review {review_id}")
        said = records.course(conn, review_id)
        language = viewer.language
        context = {
            "title": catalogue(language).gettext(seen.rule.title),
            "review": seen.review,
            "site": seen.site,
            "account": account,
            "sentence": sentence_of(
                rulebook.rule_of(account.entry.text),
                account.entry.values,
                account.entry.mode,
                language,
            ),
            "voices": sum(1 for one in said if one.kind == "said"),
            "positions": len(seen.standing.positions),
            "pending": account.entry.effective_at > seen.site_at,
            "can_reopen": seen.review.phase is Phase.EVALUATION
            and viewer.may(Action.RUN_REVIEW, seen.review.site),
            "can_keep": seen.review.phase is Phase.EVALUATION
            and viewer.may(Action.DECIDE, seen.review.site),
            **words(language),
        }
    return render(request, "reviews/outcome.html", viewer=viewer, **context)
