"""Why did it, or not, then? One rule, one person, one moment; on by reading or by minute."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import auth
from api.auth import PageViewer
from api.moments import wall_time
from api.pages import lab_review
from api.pages.clocks import site_now
from api.pages.forms import Fields, text_of
from api.pages.lab_words import words
from api.pages.page import render
from api.pages.sites import my_sites
from api.pages.why_asking import Asked, answer_to
from api.pages.why_view import View, view
from api.pages.words import MINUTE, Words
from devices.errors import Refused
from gateway import rulebook
from gateway.access import Action, NotFound, Viewer, not_found
from gateway.db import reading
from gateway.texts import catalogue
from gateway.watch.answers import DRAFT, Answer
from reviews import records
from reviews.cycle import Phase

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Version:
    """A version that can be asked."""

    version: str
    label: str
    chosen: bool


@router.get("/why")
def page(request: Request, viewer: PageViewer) -> Response:
    """The answer, or what to choose first."""
    return _page(request, viewer, Asked.of(dict(request.query_params)))


@router.post("/why")
def ask_draft(request: Request, viewer: PageViewer, fields: Fields) -> Response:
    """The same with a draft, which runs nowhere and is kept nowhere."""
    return _page(request, viewer, Asked.of(fields))


def _page(request: Request, viewer: Viewer, asked: Asked) -> Response:
    gateway = auth.gateway_of(request)
    if not viewer.may(Action.SEE_WHY):
        raise not_found("open", "page")
    if not (asked.rule or asked.draft) or not (asked.resident or asked.home):
        return render(
            request,
            "why_choose.html",
            viewer=viewer,
            problems=[],
            **_choice(gateway, viewer, asked),
        )
    try:
        answer = answer_to(gateway, viewer, asked)
    except NotFound:
        raise
    except Refused as refused:
        field = "draft" if asked.draft else "at"
        return render(
            request,
            "why_choose.html",
            viewer=viewer,
            status=422,
            problems=[(field, text_of(refused, viewer.language))],
            **_choice(gateway, viewer, asked),
        )
    return render(request, "why.html", viewer=viewer, **_context(gateway, viewer, asked, answer))


def _context(gateway: Any, viewer: Viewer, asked: Asked, answer: Answer) -> dict[str, Any]:
    site, at, language = answer.site, answer.question.at, viewer.language
    shown = view(answer, language)
    directory = gateway.registry.directory
    person = directory.resident(answer.whom.resident) if answer.whom.resident else None
    home = directory.home(site.id, answer.whom.home)
    now = site_now(gateway, site.id)
    heard = gateway.host.heard(site.id)
    with reading(gateway.engine) as conn:
        versions = _versions(conn, site, answer, language)
        review = _open_review(conn, viewer, site.id, answer.rule.name)
    return {
        "answer": answer,
        "shown": shown,
        "asked": asked,
        "site": site,
        "zone": site.zone,
        "site_at": now,
        "at": at,
        "rule": answer.rule,
        "who": person.name if person else (home.label or home.id if home else answer.whom.home),
        "person": person,
        "home": home,
        "draft": asked.draft,
        "is_draft": answer.version == DRAFT,
        "wall": wall_time(at, site.zone),
        "now_wall": wall_time(now, site.zone),
        "steps": _steps(asked, answer, now),
        "versions": versions,
        "review": review,
        "my_roles": lab_review.my_roles(viewer, site.id),
        "quote": _quote(answer, shown, language),
        "can_propose": viewer.may(Action.PROPOSE, site.id) and answer.version != DRAFT,
        "settled": heard.watermark if heard is not None and heard.watermark < at else None,
        "emergency": ", ".join(site.emergency),
        "problems": [],
        **words(language),
    }


def _steps(asked: Asked, answer: Answer, now: int) -> dict[str, str]:
    """Addresses of the moments around; empty where there is none. A draft stays in its form."""
    at = answer.question.at

    def to(moment: int | None) -> str:
        if moment is None or moment > now or asked.draft:
            return ""
        return asked.address(moment)

    return {
        "reading_before": to(answer.previous_at),
        "minute_before": to(at - MINUTE),
        "minute_after": to(at + MINUTE),
        "reading_after": to(answer.next_at),
    }


def _versions(conn: sa.Connection, site: Any, answer: Answer, language: str) -> list[Version]:
    """Every version of the rule that ever ran at the site, newest first."""
    found: dict[str, Version] = {}
    say = Words(language)
    for one in rulebook.entries(conn, site.id):
        if one.rule_name == answer.rule.name:
            label = f"{one.version[:8]} · {say.date(one.effective_at, site.zone)}"
            found[one.version] = Version(one.version, label, one.version == answer.version)
    return list(reversed(found.values()))


def _open_review(
    conn: sa.Connection, viewer: Viewer, site: str, rule: str
) -> records.Review | None:
    """The newest review of the rule that is still open, for who may see reviews."""
    if not viewer.may(Action.SEE_REVIEWS, site):
        return None
    found = [
        one
        for one in records.listing(conn, viewer, site)
        if one.rule_name == rule and one.phase is not Phase.CLOSED
    ]
    return max(found, key=lambda one: one.id, default=None)


def _quote(answer: Answer, shown: View, language: str) -> str:
    """What a review is told: no name, no day; the reader may change every word."""
    _ = catalogue(language).gettext
    clock = Words(language).clock(answer.question.at, answer.site.zone)
    parts = [_("At one home at {time}: {verdict}").format(time=clock, verdict=shown.verdict)]
    stopped = next((line for line in shown.lines if line.stopped), None)
    if stopped is not None:
        told = "; ".join(text for text in (stopped.value, stopped.needed) if text)
        parts.append(f"{stopped.text}{f' ({told})' if told else ''}.")
    return " ".join(parts)


def _choice(gateway: Any, viewer: Viewer, asked: Asked) -> dict[str, Any]:
    """Whom and which rules this viewer may ask about."""
    directory = gateway.registry.directory
    sites = my_sites(directory, viewer, Action.SEE_WHY)
    places = [one for one in sites if one.id == asked.site] or sites  # of a review: its own site
    people, rules = [], {}
    with reading(gateway.engine) as conn:
        for place in places:
            named = {
                one.rule_name: rulebook.rule_of(one.text).title
                for one in rulebook.entries(conn, place.id)
            }
            rules.update(named)
            seen = [
                person
                for person in directory.residents(place.id)
                if viewer.sees_resident(place.id, person.id, Action.SEE_WHY)
            ]
            if seen and (not asked.rule or asked.rule in named):
                people.append((place, sorted(seen, key=lambda person: person.name)))
    chosen = directory.resident(asked.resident) if asked.resident else None
    site = directory.sites.get(chosen.site if chosen else asked.site) or (places or [None])[0]
    zone = site.zone if site is not None else "UTC"
    now = site_now(gateway, site.id) if site is not None else gateway.clock.now()
    return {
        "asked": asked,
        "people": people,
        "rules": sorted(rules.items(), key=lambda pair: pair[1]),
        "zone": zone,
        "now_wall": wall_time(now, zone),
        "emergency": ", ".join(site.emergency) if site is not None else "",
    }
