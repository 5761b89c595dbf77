"""What watches for what, where, by whose decision; and the coordinator's stop."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import PageViewer
from api.pages.clocks import site_now
from api.pages.example_strips import example_strips
from api.pages.forms import text_of
from api.pages.lab_words import DASH, moved, sentence_of, words
from api.pages.library import shelves
from api.pages.page import render
from api.pages.sentence_diff import Piece, difference
from api.pages.sites import my_sites
from api.pages.unheard import unheard_lines
from devices.errors import Refused
from gateway import rulebook
from gateway.access import Action, Viewer, not_found
from gateway.alerts.episodes import Disposition
from gateway.db import reading, writing
from gateway.rulebook import Entry, Mode
from gateway.texts import N_, catalogue
from gateway.texts.phrases import format_parameter
from reviews import dispositions, records, talking

router = APIRouter()
DAY_MS = 86_400_000
MONTH_MS = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class Place:
    """A rule at one site."""

    site: Any
    live: Entry
    shadow: Entry | None
    scheduled: Entry | None
    counts: Any  # of 30 days: alerts, useful, false


@dataclass(frozen=True, slots=True)
class Row:
    """A rule, wherever it is in the rulebook."""

    rule: Any
    sentence: str
    places: list[Place]


@router.get("/rules")
def listing(request: Request, viewer: PageViewer) -> Response:
    """Every rule of the viewer's sites."""
    gateway = auth.gateway_of(request)
    sites = my_sites(gateway.registry.directory, viewer, Action.SEE_RULES)
    if not sites:
        raise not_found("open", "rules")
    found: dict[str, list[Place]] = {}
    known: Counter[str] = Counter()
    with reading(gateway.engine) as conn:
        for site in sites:
            known.update({one.rule_name for one in rulebook.entries(conn, site.id)})
            at = site_now(gateway, site.id)
            counts = dispositions.totals(conn, viewer, site.id, at - MONTH_MS, at + 1)
            for place in _places(conn, site, at, counts):
                found.setdefault(place.live.rule_name, []).append(place)
    rows = [
        Row(
            rule := rulebook.rule_of(places[0].live.text),
            sentence_of(rule, places[0].live.values, Mode.LIVE, viewer.language),
            places,
        )
        for places in found.values()
    ]
    order = ("now", "soon", "today")
    rows.sort(key=lambda row: (order.index(row.rule.priority), row.rule.title))
    return render(
        request,
        "rules/list.html",
        viewer=viewer,
        rows=rows,
        several=len(sites) > 1,
        may_propose=any(viewer.may(Action.PROPOSE, site.id) for site in sites),
        shelves=shelves(known, len(sites), viewer.language),
        disposition_codes=tuple(Disposition),
        **words(viewer.language),
    )


def _places(conn: sa.Connection, site: Any, at: int, counts: Any) -> list[Place]:
    found = rulebook.entries(conn, site.id)
    now = rulebook.in_force(found, at)
    shadows = {one.rule_name: one for one in now if one.mode is Mode.SHADOW}
    return [
        Place(
            site,
            one,
            shadows.get(one.rule_name),
            next(
                (
                    later
                    for later in found
                    if later.rule_name == one.rule_name
                    and later.lane is Mode.LIVE
                    and later.effective_at > at
                ),
                None,
            ),
            counts.get(one.rule_name, {}),
        )
        for one in now
        if one.lane is Mode.LIVE
    ]


@router.get("/rules/{site}/{name}")
def page(request: Request, viewer: PageViewer, site: str, name: str) -> Response:
    """What it does, why, whose decision it is, and whether it helped."""
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        context = _context(conn, gateway, viewer, site, name)
    return render(request, "rules/rule.html", viewer=viewer, problems=[], **context)


def _context(
    conn: sa.Connection, gateway: Any, viewer: Viewer, site: str, name: str
) -> dict[str, Any]:
    place = gateway.registry.directory.sites.get(site)
    if place is None or not viewer.may(Action.SEE_RULES, site):
        raise not_found("open", f"rule {name}")
    at = site_now(gateway, site)
    here = next((p for p in _places(conn, place, at, {}) if p.live.rule_name == name), None)
    if here is None:
        raise not_found("open", f"rule {name}")
    rule = rulebook.rule_of(here.live.text)
    language = viewer.language
    mandate = here.live.mandate
    decision = (
        records.decision_of_mandate(conn, mandate.decision_id)
        if mandate and mandate.decision_id
        else None
    )
    return {
        "site": place,
        "rule": rule,
        "here": here,
        "sentence": sentence_of(rule, here.live.values, here.live.mode, language),
        "scheduled_sentence": sentence_of(
            rulebook.rule_of(here.scheduled.text),
            here.scheduled.values,
            here.scheduled.mode,
            language,
        )
        if here.scheduled
        else "",
        "parameters": [
            (
                one.label,
                format_parameter(here.live.values[one.name], one.unit, language),
                format_parameter(one.low, one.unit, language),
                format_parameter(one.high, one.unit, language),
            )
            for one in rule.parameters.values()
        ],
        "strips": example_strips(rule.text),
        "unheard": unheard_lines(gateway.registry.directory, site, rule, at, language),
        "decision": decision,
        "others": [
            (other, live)
            for other in my_sites(gateway.registry.directory, viewer, Action.SEE_RULES)
            if other.id != site
            and (live := rulebook.live_entry(conn, other.id, name, site_now(gateway, other.id)))
        ],
        "summary": dispositions.summary(conn, viewer, site, name, place.zone, at + 1),
        "versions": _versions(conn, viewer, site, name, language),
        "reviews": [one for one in records.listing(conn, viewer, site) if one.rule_name == name],
        "can": {
            "propose": viewer.may(Action.PROPOSE, site),
            "stop": viewer.may(Action.STOP_RULE, site) and here.live.mode is Mode.LIVE,
            "why": viewer.may(Action.SEE_WHY, site),
        },
        "site_at": at,
        "disposition_codes": tuple(Disposition),
        **words(language),
    }


@dataclass(frozen=True, slots=True)
class Version:
    """One change of the rule, as a difference of sentences."""

    change: rulebook.Change
    sentence: str
    limits: list[Any]
    pieces: list[Piece]  # against the version before; empty where there is none


def _versions(
    conn: sa.Connection, viewer: Viewer, site: str, name: str, language: str
) -> list[Version]:
    found = []
    for change in rulebook.history(conn, viewer, site, name):
        entry = rulebook.entry_by_id(conn, change.entry_id) if change.entry_id else None
        said, limits, pieces = "", [], []
        if entry is not None and change.kind != "withdrawn":
            rule = rulebook.rule_of(entry.text)
            said = sentence_of(rule, entry.values, entry.mode, language)
            if change.before and entry.mode is not Mode.OFF:
                before = rulebook.load_values(change.before)
                limits = moved(rule, before, entry.values, language)
            pieces = _pieces(conn, entry, said, language)
        elif change.kind == "switch":
            word = catalogue(language).gettext(N_("off") if change.after else N_("on"))
            said = f"{change.resident}: {word}"
        elif change.resident is not None:
            said = (
                f"{change.resident}: {change.name} {change.before or DASH} → {change.after or DASH}"
            )
        found.append(Version(change, said, limits, pieces))
    return found


def _pieces(conn: sa.Connection, entry: Entry, said: str, language: str) -> list[Piece]:
    """What the sentence says otherwise than the version before."""
    old = rulebook.entry_by_id(conn, entry.previous_id) if entry.previous_id else None
    if old is None:
        return []
    before = sentence_of(rulebook.rule_of(old.text), old.values, old.mode, language)
    return difference(before, said) if before != said else []


@router.post("/rules/{site}/{name}/review")
def propose(
    request: Request,
    viewer: PageViewer,
    site: str,
    name: str,
    question: Annotated[str, Form()] = "",
) -> Response:
    """Propose a change: a review opens with what troubles somebody."""
    gateway = auth.gateway_of(request)
    try:
        with writing(gateway.engine) as conn:
            review_id = talking.open_review(conn, viewer, site, name, question, gateway.clock.now())
    except Refused as refused:
        if not viewer.may(Action.PROPOSE, site):
            raise
        return _again(request, viewer, site, name, "question", refused)
    return RedirectResponse(f"/reviews/{review_id}", 303)


@router.get("/rules/{site}/{name}/stop")
def ask_stop(request: Request, viewer: PageViewer, site: str, name: str) -> Response:
    """The check page of a stop: what it goes back to, what follows."""
    return _stop_page(request, viewer, site, name, [])


@router.post("/rules/{site}/{name}/stop")
def stop(
    request: Request,
    viewer: PageViewer,
    site: str,
    name: str,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Back one step at once; a review opens in the same transaction."""
    gateway = auth.gateway_of(request)
    now = gateway.clock.now()
    try:
        with writing(gateway.engine) as conn:
            rulebook.stop(conn, viewer, site, name, reason, now, site_now(gateway, site))
            talking.open_for_stops(conn, now)
    except Refused as refused:
        if not viewer.may(Action.STOP_RULE, site):
            raise
        return _stop_page(request, viewer, site, name, [("reason", refused)])
    return RedirectResponse(f"/rules/{site}/{name}", 303)


def _stop_page(
    request: Request, viewer: Viewer, site: str, name: str, refusals: list[tuple[str, Refused]]
) -> Response:
    viewer.require(Action.STOP_RULE, site)
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        context = _context(conn, gateway, viewer, site, name)
        live: Entry = context["here"].live
        back = rulebook.entry_by_id(conn, live.previous_id) if live.previous_id else None
    said = (
        sentence_of(rulebook.rule_of(back.text), back.values, back.mode, viewer.language)
        if back
        else sentence_of(context["rule"], {}, Mode.OFF, viewer.language)
    )
    return render(
        request,
        "rules/stop.html",
        viewer=viewer,
        status=422 if refusals else 200,
        back_sentence=said,
        homes=len(gateway.registry.directory.homes(site)),
        problems=[(field, text_of(refused, viewer.language)) for field, refused in refusals],
        **context,
    )


def _again(
    request: Request, viewer: Viewer, site: str, name: str, field: str, refused: Refused
) -> Response:
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        context = _context(conn, gateway, viewer, site, name)
    problems = [(field, text_of(refused, viewer.language))]
    return render(
        request, "rules/rule.html", viewer=viewer, status=422, problems=problems, **context
    )
