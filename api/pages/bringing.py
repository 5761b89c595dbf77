"""A rule file comes into a review: pasted or uploaded, checked, shown as it would speak, proposed.

Nothing is kept before it is proposed: the text travels with the form. A rule that is new to the
site is taken in as off; of a known one it is another version. Either way a decision puts it live.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from api import auth
from api.auth import PageViewer
from api.bounds import Id
from api.pages import lab_desk
from api.pages.clocks import site_now
from api.pages.example_strips import ExampleStrip, example_strips
from api.pages.forms import number_of, text_of
from api.pages.lab_words import sentence_of, words
from api.pages.page import render
from api.pages.sentence_diff import Piece, difference
from api.pages.sites import my_sites
from api.pages.unheard import unheard_lines
from devices.errors import Refused
from gateway import rulebook
from gateway.access import Action, NotAllowed, Viewer, not_found
from gateway.db import reading, writing
from gateway.rulebook import Mode
from gateway.texts.phrases import format_parameter
from reviews import records, talking
from reviews.cycle import Phase
from reviews.desk import Wish
from rules.checks.admission import admitted
from rules.checks.checking import check, refused
from rules.errors import RuleRefused
from rules.file.language import parse_rule
from rules.file.marked import MAX_BYTES
from rules.rule import Rule

router = APIRouter()
FILE = "the rule file"
_LINE = re.compile(r", line (\d+)")


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form carries."""

    text: str = ""
    site: str = ""
    review: int | None = None
    reason: str = ""
    unreadable: str = ""  # why the uploaded file is no text
    proposal: int | None = None  # what the review had on the table when the form was first shown


async def typed(request: Request) -> Typed:
    """An uploaded file stands in for what is in the box. The box's line ends are the network's."""
    form = await request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    text, unreadable = fields.get("text", "").replace("\r\n", "\n"), ""
    upload = form.get("file")
    if isinstance(upload, UploadFile) and upload.filename:
        data = await upload.read(MAX_BYTES + 1)
        await upload.close()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            unreadable = f"Not UTF-8 at byte {error.start}. Save it as UTF-8."
    # "3:7": review 3 as it was when proposal 7 was on its table; "3:", with nothing on it.
    named = dict(zip(("review", "proposal"), fields.get("review", "").split(":", 1), strict=False))
    review, proposal = number_of(named, "review"), number_of(named, "proposal")
    reason = fields.get("reason", "")
    return Typed(text, fields.get("site", ""), review, reason, unreadable, proposal)


Sent = Annotated[Typed, Depends(typed)]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that keeps the file out."""

    line: int
    text: Any


@dataclass(frozen=True, slots=True)
class Looked:
    """A file as it was found: the rule where it can be read at all, and what is wrong with it."""

    rule: Rule | None
    wrong: tuple[Wrong, ...]
    remarks: tuple[Wrong, ...] = ()
    strips: tuple[ExampleStrip, ...] = ()


def look(text: str) -> Looked:
    """Reads, checks and runs the examples; everything that is wrong is told at once."""
    try:
        rule = parse_rule(text, FILE)
    except RuleRefused as error:
        return Looked(None, (_wrong(error),))
    found = [(one.refused, _wrong(refused(FILE, one))) for one in check(rule)]
    wrong = [one for bad, one in found if bad]
    remarks = tuple(one for bad, one in found if not bad)
    strips: tuple[ExampleStrip, ...] = ()
    try:
        strips = example_strips(rule.text)
        if not wrong:
            admitted(text, FILE)
    except RuleRefused as error:
        wrong.append(_wrong(error))
    return Looked(rule, tuple(wrong), remarks, strips)


def _wrong(error: RuleRefused) -> Wrong:
    line = _LINE.search(error.subject)
    return Wrong(int(line[1]) if line else 1, text_of(error))


@router.get("/rules/new")
def blank(
    request: Request, viewer: PageViewer, site: str = "", review: Id | None = None
) -> Response:
    """An empty box; with a review, the text that it is about."""
    sent = Typed(site=site, review=review)
    if review is not None:
        with reading(auth.gateway_of(request).engine) as conn:
            text = _text_of(conn, request, viewer, review)
            sent = Typed(text, site, review, proposal=_newest(conn, review))
    return _page(request, viewer, sent, None)


@router.post("/rules/new/check")
def checked(request: Request, viewer: PageViewer, sent: Sent) -> Response:
    """What the file says, how its examples go, and what is wrong, line by line."""
    found = None if sent.unreadable else look(sent.text)
    return _page(request, viewer, sent, found)


@router.post("/rules/new")
def propose(request: Request, viewer: PageViewer, sent: Sent) -> Response:
    """Into a review, with the file as its proposal; then its replay is asked for."""
    gateway = auth.gateway_of(request)
    found = None if sent.unreadable else look(sent.text)
    if found is None or found.rule is None or found.wrong:
        return _page(request, viewer, sent, found)
    rule = found.rule
    _there(request, viewer, sent)
    try:
        with writing(gateway.engine) as conn:
            review_id = _open(conn, gateway, viewer, sent, rule)
    except NotAllowed:
        raise
    except Refused as error:
        if sent.review is not None:  # what changed is told: the form goes on from there
            with reading(gateway.engine) as conn:
                sent = replace(sent, proposal=_newest(conn, sent.review))
        return _page(request, viewer, sent, found, [("reason", text_of(error))])
    with suppress(Refused):  # nothing is stored yet: the proposal stands, the replay waits
        lab_desk.desk_of(request).ask(viewer, review_id, Wish(rule, {}))
    return RedirectResponse(f"/reviews/{review_id}", 303)


def _there(request: Request, viewer: Viewer, sent: Typed) -> None:
    """Raises NotFound where the site, or the review, is not the viewer's to propose in."""
    gateway, site = auth.gateway_of(request), sent.site
    if sent.review is not None:
        with reading(gateway.engine) as conn:
            site = records.find(conn, viewer, sent.review).site
    if not viewer.may(Action.PROPOSE, site) or site not in gateway.registry.directory.sites:
        raise not_found("open", f"site {site}")


def _open(conn: sa.Connection, gateway: Any, viewer: Viewer, sent: Typed, rule: Rule) -> int:
    """The review that the file is proposed in: the one that was chosen, or a new one."""
    now, review_id = gateway.clock.now(), sent.review
    site = sent.site if review_id is None else records.find(conn, viewer, review_id).site
    if review_id is None:
        if rule.name not in {one.rule_name for one in rulebook.entries(conn, site)}:
            rulebook.offer(conn, viewer, site, rule, sent.reason, now)
        review_id = talking.open_review(conn, viewer, site, rule.name, sent.reason, now)
    at = site_now(gateway, site)
    talking.propose(
        conn, viewer, review_id, rule, {}, Mode.LIVE, sent.reason, now,
        site_at=at, seen=sent.proposal,
    )  # fmt: skip
    return review_id


def _newest(conn: sa.Connection, review_id: int) -> int | None:
    """What is on a review's table."""
    return next((one.id for one in reversed(records.proposals(conn, review_id))), None)


def _text_of(conn: sa.Connection, request: Request, viewer: Viewer, review_id: int) -> str:
    """What is proposed in a review, else what runs, else what was taken in."""
    review = records.find(conn, viewer, review_id)
    proposals = records.proposals(conn, review_id)
    if proposals:
        return proposals[-1].rule.text
    at = site_now(auth.gateway_of(request), review.site)
    base = rulebook.base_entry(conn, review.site, review.rule_name, at)
    return base.text if base else ""


def _page(
    request: Request,
    viewer: Viewer,
    sent: Typed,
    found: Looked | None,
    problems: list[tuple[str, Any]] | None = None,
) -> Response:
    gateway = auth.gateway_of(request)
    places = my_sites(gateway.registry.directory, viewer, Action.PROPOSE)
    if not places:
        raise not_found("open", "rules")
    with reading(gateway.engine) as conn:
        review = None if sent.review is None else records.find(conn, viewer, sent.review)
        site = review.site if review else sent.site
        chosen = next((place for place in places if place.id == site), places[0])
        more = {} if found is None else _seen(conn, gateway, viewer, chosen.id, found)
    problems = list(problems or [])
    if sent.unreadable:
        problems.append(("file", sent.unreadable))
    problems += [(f"line-{one.line}", one.text) for one in (found.wrong if found else ())]
    return render(
        request,
        "rules/bring.html",
        viewer=viewer,
        status=422 if problems else 200,
        problems=problems,
        sent=sent,
        lines=sent.text.split("\n") if found and found.wrong else [],
        places=places,
        chosen=chosen,
        review=review,
        looked=found,
        marked={one.line for one in found.wrong} if found else set(),
        **{"open_reviews": [], "pieces": [], "unheard": [], **more},
        **words(viewer.language),
    )


def _seen(
    conn: sa.Connection, gateway: Any, viewer: Viewer, site: str, found: Looked
) -> dict[str, Any]:
    """What the rule says, beside what runs under its name at the site today."""
    rule, language = found.rule, viewer.language
    if rule is None:
        return {}
    said = partial(sentence_of, language=language)
    at = site_now(gateway, site)
    base = rulebook.base_entry(conn, site, rule.name, at)
    old = said(rulebook.rule_of(base.text), base.values, base.mode) if base else ""
    values = talking.filled(base, rule, {}) if base else rule.defaults()
    new = said(rule, values, Mode.LIVE)
    pieces: list[Piece] = difference(old, new) if base and base.mode is not Mode.OFF else []
    span = partial(format_parameter, language=language)
    return {
        "rule": rule,
        "sentence": new,
        "known": base is not None,
        "pieces": pieces if old != new else [],
        "unheard": unheard_lines(gateway.registry.directory, site, rule, at, language),
        "parameters": [
            (one.label, *(span(x, one.unit) for x in (values[one.name], one.low, one.high)))
            for one in rule.parameters.values()
        ],
        "open_reviews": [
            (one, _newest(conn, one.id))
            for one in records.listing(conn, viewer, site)
            if one.rule_name == rule.name and one.phase is not Phase.CLOSED
        ],
    }
