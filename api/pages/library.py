"""The library: rules that a site may take in. Nothing of it runs before a review's decision."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import PageViewer
from api.pages.forms import text_of
from api.pages.lab_words import sentence_of, words
from api.pages.page import render
from api.pages.sites import my_sites
from devices.errors import Refused
from gateway import rulebook
from gateway.access import Action, Viewer, not_found
from gateway.db import reading, writing
from gateway.rulebook import Mode
from gateway.texts.phrases import format_parameter
from reviews import talking
from rules.packs import PACKS, Pack, library_rules, pack_of
from rules.rule import Rule

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Offer:
    """A rule of the library that some site of the viewer's does not know yet."""

    rule: Rule
    sentence: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """A pack, as far as it is on offer."""

    pack: Pack
    offers: list[Offer]


def shelves(known: Mapping[str, int], sites: int, language: str) -> list[Shelf]:
    """What is on offer: rules that not all of the viewer's `sites` know.

    `known`: at how many of them a rule stands in the rulebook.
    """
    found = {
        rule.name: Offer(rule, sentence_of(rule, {}, Mode.LIVE, language))
        for rule in library_rules()
        if known.get(rule.name, 0) < sites
    }
    kept = (Shelf(pack, [found[n] for n in pack.rules if n in found]) for pack in PACKS)
    return [shelf for shelf in kept if shelf.offers]


@router.get("/library/{name}")
def page(request: Request, viewer: PageViewer, name: str) -> Response:
    """What a rule of the library would do, and where it is known."""
    return _page(request, viewer, name, [])


@router.post("/library/{name}/review")
def take_in(
    request: Request,
    viewer: PageViewer,
    name: str,
    site: Annotated[str, Form()] = "",
    question: Annotated[str, Form()] = "",
) -> Response:
    """Take the rule in as off, and open the review that decides about it."""
    gateway = auth.gateway_of(request)
    rule = _rule(name)
    if not viewer.may(Action.PROPOSE, site):
        raise not_found("open", f"rule {name}")
    now = gateway.clock.now()
    try:
        with writing(gateway.engine) as conn:
            rulebook.offer(conn, viewer, site, rule, question, now)
            review_id = talking.open_review(conn, viewer, site, name, question, now)
    except Refused as refused:
        return _page(request, viewer, name, [("question", text_of(refused, viewer.language))])
    return RedirectResponse(f"/reviews/{review_id}", 303)


def _page(request: Request, viewer: Viewer, name: str, problems: list[tuple[str, Any]]) -> Response:
    gateway = auth.gateway_of(request)
    rule = _rule(name)
    sites = my_sites(gateway.registry.directory, viewer, Action.SEE_RULES)
    if not sites:
        raise not_found("open", f"rule {name}")
    with reading(gateway.engine) as conn:
        known = {place.id for place in sites if name in set(_names(conn, place.id))}
    language = viewer.language
    return render(
        request,
        "rules/offered.html",
        viewer=viewer,
        status=422 if problems else 200,
        problems=problems,
        rule=rule,
        pack=pack_of(name),
        sentence=sentence_of(rule, {}, Mode.LIVE, language),
        parameters=[
            (one.label, *(format_parameter(x, one.unit, language) for x in _span(one)))
            for one in rule.parameters.values()
        ],
        here=[place for place in sites if place.id in known],
        free=[
            place
            for place in sites
            if place.id not in known and viewer.may(Action.PROPOSE, place.id)
        ],
        **words(language),
    )


def _span(one: Any) -> tuple[Any, Any, Any]:
    return one.default, one.low, one.high


def _rule(name: str) -> Rule:
    found = next((rule for rule in library_rules() if rule.name == name), None)
    if found is None:
        raise not_found("open", f"rule {name}")
    return found


def _names(conn: sa.Connection, site: str) -> Iterator[str]:
    return (one.rule_name for one in rulebook.entries(conn, site))
