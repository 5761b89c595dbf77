"""Should this rule change? Reviews: talk, what-if, positions, decision, outcome."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import PageViewer
from api.bounds import Id
from api.pages import bringing, lab_decision, lab_desk, lab_review, library, rules, sheet
from api.pages.forms import Fields, number_of, text_of
from api.pages.lab_words import words
from api.pages.page import is_htmx, render
from api.pages.sites import my_sites
from devices.errors import Refused, Spoken
from gateway import rulebook
from gateway.access import Action, NotAllowed, Role, Viewer, not_found
from gateway.db import reading, writing
from gateway.rulebook import Mode
from gateway.texts import catalogue
from reviews import records, talking, trying
from reviews.desk import Wish
from reviews.records import Stance
from rules.file.language import Rule

router = APIRouter(lifespan=lab_desk.lifespan)
router.include_router(rules.router)
router.include_router(sheet.router)
router.include_router(library.router)
router.include_router(bringing.router)
router.include_router(lab_decision.router)


@dataclass(frozen=True, slots=True)
class Row:
    """A review in the list."""

    review: records.Review
    title: str
    site: Any
    days_left: int
    overdue: bool
    led_to: str


@router.get("/reviews")
def listing(request: Request, viewer: PageViewer) -> Response:
    """Open reviews by last day, then closed ones."""
    gateway = auth.gateway_of(request)
    directory = gateway.registry.directory
    if not my_sites(directory, viewer, Action.SEE_REVIEWS):
        raise not_found("open", "reviews")
    now = gateway.clock.now()
    with reading(gateway.engine) as conn:
        rows = [
            Row(
                one,
                _title(conn, one, viewer.language),
                directory.sites[one.site],
                left := lab_review.days_left(one, now),
                left < 0,
                lab_review.led_to(conn, one, viewer.language),
            )
            for one in records.listing(conn, viewer)
            if one.site in directory.sites
        ]
    return render(request, "reviews/list.html", viewer=viewer, rows=rows, **words(viewer.language))


def _title(conn: sa.Connection, review: records.Review, language: str) -> str:
    found = [e for e in rulebook.entries(conn, review.site) if e.rule_name == review.rule_name]
    title = rulebook.rule_of(found[-1].text).title if found else review.rule_name
    return catalogue(language).gettext(title)


@router.get("/reviews/{review_id}")
def page(request: Request, viewer: PageViewer, review_id: Id) -> Response:
    """One review."""
    return _page(request, viewer, review_id)


def _page(
    request: Request,
    viewer: Viewer,
    review_id: int,
    problem: tuple[str, Refused] | None = None,
    tried: dict[str, Decimal] | None = None,
) -> Response:
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        seen = lab_review.look(conn, gateway, viewer, review_id)
        context = lab_review.context(conn, gateway, viewer, seen, tried)
    if problem is not None:
        context["problems"] = [(problem[0], text_of(problem[1], viewer.language))]
    status = 422 if problem else 200
    return render(request, "reviews/review.html", viewer=viewer, status=status, **context)


def _act(
    request: Request,
    viewer: Viewer,
    review_id: int,
    field: str,
    act: Callable[[sa.Connection, int], object],
) -> Response:
    """Do it in one transaction and show the review; what is refused is said on the page."""
    gateway = auth.gateway_of(request)
    try:
        with writing(gateway.engine) as conn:
            act(conn, gateway.clock.now())
    except NotAllowed:
        raise
    except Refused as refused:
        return _page(request, viewer, review_id, (field, refused))
    return RedirectResponse(f"/reviews/{review_id}", 303)


@router.post("/reviews/{review_id}/say")
def say(request: Request, viewer: PageViewer, review_id: Id, fields: Fields) -> Response:
    """What somebody saw, in own words, under a role."""
    return _act(
        request,
        viewer,
        review_id,
        "words",
        lambda conn, now: talking.say(
            conn, viewer, review_id, _role(fields), fields.get("words", ""), now
        ),
    )


@router.post("/reviews/{review_id}/what-if")
def what_if(request: Request, viewer: PageViewer, review_id: Id, fields: Fields) -> Response:
    """Ask for a replay with these limits; htmx gets the box that follows it."""
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        seen = lab_review.look(conn, gateway, viewer, review_id)
    try:
        rule, values, mode = _wished(seen, fields)
        asked = lab_desk.desk_of(request).ask(viewer, review_id, Wish(rule, values, mode))
    except NotAllowed:
        raise
    except Refused as refused:
        if is_htmx(request):
            raise
        return _page(request, viewer, review_id, ("limits", refused))
    if is_htmx(request):
        return evidence(request, viewer, review_id, asked)
    return RedirectResponse(f"/reviews/{review_id}/evidence/{asked}", 303)


@router.get("/reviews/{review_id}/evidence/{evidence_id}")
def evidence(request: Request, viewer: PageViewer, review_id: Id, evidence_id: Id) -> Response:
    """One replay; a whole page for a browser without script."""
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        seen = lab_review.look(conn, gateway, viewer, review_id)
        found = records.evidence(conn, evidence_id)
        if found is None or found.review_id != review_id:
            raise not_found("open a replay", f"replay {evidence_id}")
        if is_htmx(request):
            context = lab_review.evidence_context(conn, gateway, viewer, seen, found)
            return render(request, "reviews/evidence.html", viewer=viewer, **context)
        context = lab_review.context(conn, gateway, viewer, seen, dict(found.values))
        context |= lab_review.evidence_context(conn, gateway, viewer, seen, found)
    return render(request, "reviews/review.html", viewer=viewer, **context)


@router.post("/reviews/{review_id}/propose")
def propose(request: Request, viewer: PageViewer, review_id: Id, fields: Fields) -> Response:
    """Put these limits on the table and replay them."""
    gateway = auth.gateway_of(request)
    tried: dict[str, Decimal] = {}
    with reading(gateway.engine) as conn:
        seen = lab_review.look(conn, gateway, viewer, review_id)
    try:
        rule, tried, mode = _wished(seen, fields)
        with writing(gateway.engine) as conn:
            talking.propose(
                conn, viewer, review_id, rule, tried, mode, fields.get("reason", ""),
                gateway.clock.now(), site_at=seen.site_at, seen=number_of(fields, "proposal"),
            )  # fmt: skip
    except NotAllowed:
        raise
    except Refused as refused:
        return _page(request, viewer, review_id, ("reason", refused), tried)
    try:
        lab_desk.desk_of(request).ask(viewer, review_id, Wish(rule, tried, mode))
    except Refused as refused:  # nothing is stored yet: the proposal stands, the replay waits
        return _page(request, viewer, review_id, ("limits", refused))
    return RedirectResponse(f"/reviews/{review_id}", 303)


def _wished(seen: lab_review.Seen, fields: dict[str, str]) -> tuple[Rule, dict[str, Decimal], Mode]:
    """The limits of the form, as the rule reads them."""
    values = {
        name: span.read(fields[f"limit-{name}"])
        for name, span in seen.draft.parameters.items()
        if fields.get(f"limit-{name}", "").strip()
    }
    return seen.draft, values, Mode.OFF if fields.get("off") else Mode.LIVE


@router.post("/reviews/{review_id}/try")
def try_in_shadow(request: Request, viewer: PageViewer, review_id: Id, fields: Fields) -> Response:
    """Run the proposal beside what is live for some days; nobody is told."""
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        at = lab_review.look(conn, gateway, viewer, review_id).site_at
    text = fields.get("days", "")
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return _act(
        request,
        viewer,
        review_id,
        "days",
        lambda conn, now: trying.start_trial(
            conn, viewer, review_id, days, now, site_at=at, seen=number_of(fields, "proposal")
        ),
    )


@router.post("/reviews/{review_id}/tried")
def tried(request: Request, viewer: PageViewer, review_id: Id) -> Response:
    """The trial is over: look at it together."""
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        at = lab_review.look(conn, gateway, viewer, review_id).site_at
    return _act(
        request,
        viewer,
        review_id,
        "",
        lambda conn, now: trying.finish_trial(conn, viewer, review_id, now, site_at=at),
    )


@router.post("/reviews/{review_id}/position")
def position(request: Request, viewer: PageViewer, review_id: Id, fields: Fields) -> Response:
    """Support it, live with it, or object."""

    def act(conn: sa.Connection, now: int) -> None:
        stance = fields.get("stance", "")
        if stance not in set(Stance):
            raise Refused(
                "take a position",
                f"review {review_id}",
                Spoken("none was chosen"),
                Spoken("Choose one"),
            )
        interested = fields.get("interested")
        interest = {"no": "", "yes": fields.get("interest", "").strip() or None}
        talking.take_position(
            conn,
            viewer,
            review_id,
            _role(fields),
            Stance(stance),
            fields.get("reason", ""),
            interest.get(interested or ""),
            now,
            seen=number_of(fields, "proposal"),
        )

    return _act(request, viewer, review_id, "position-reason", act)


@router.post("/reviews/{review_id}/withdraw")
def withdraw(request: Request, viewer: PageViewer, review_id: Id, fields: Fields) -> Response:
    """Nobody wants it any more."""
    return _act(
        request,
        viewer,
        review_id,
        "withdraw-reason",
        lambda conn, now: talking.withdraw(conn, viewer, review_id, fields.get("reason", ""), now),
    )


@router.post("/reviews/{review_id}/reopen")
def reopen(request: Request, viewer: PageViewer, review_id: Id, fields: Fields) -> Response:
    """The outcome was not as said: talk again."""
    return _act(
        request,
        viewer,
        review_id,
        "",
        lambda conn, now: talking.reopen(conn, viewer, review_id, fields.get("reason", ""), now),
    )


def _role(fields: dict[str, str]) -> Role:
    role = fields.get("role", "")
    if role not in set(Role):
        raise Refused(
            "speak",
            "a review",
            Spoken("no role was chosen"),
            Spoken("Choose the role you speak in"),
        )
    return Role(role)
