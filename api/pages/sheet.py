"""The workshop sheet of a rule or a review: A4, black, for a table where people decide together.

In any of the six languages, whatever the reader's own. Nobody is named: what people wrote is shown
without the names of anybody who is registered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import auth
from api.auth import PageViewer
from api.bounds import Id
from api.pages import lab_review
from api.pages.clocks import site_now
from api.pages.lab_words import moved, sentence_of, words
from api.pages.page import render
from api.pages.unnamed import unnamed
from gateway import rulebook
from gateway.access import Action, Role, Viewer, not_found
from gateway.db import reading
from gateway.rulebook import Mode
from gateway.texts import LANGUAGES
from gateway.texts.phrases import format_parameter
from reviews import dispositions, hours, records
from reviews.comparing import Side
from rules.file.language import Rule

router = APIRouter()

ROLES = (
    Role.RESIDENT,
    Role.FAMILY,
    Role.CARER,
    Role.NURSE,
    Role.COORDINATOR,
    Role.CHAMPION,
    Role.DECIDER,
)
NIGHT = tuple(range(20, 24)) + tuple(range(9))  # hours from evening to morning
MOST_MARKS = 40  # beyond it the number alone is printed
MOST_CHOICES = 4
LETTERS = "ABCD"


@dataclass(frozen=True, slots=True)
class Marks:
    """A count that people can count: in fives, and as a number."""

    number: int
    fives: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One version on the table, with what a replay says of it."""

    letter: str
    sentence: str
    today: bool
    nights: Marks | None
    journeys: Marks | None
    missed: Marks | None
    useful: int


def marks(number: int) -> Marks:
    """In groups of five; none where they are too many to count."""
    if number > MOST_MARKS:
        return Marks(number, ())
    fives, rest = divmod(number, 5)
    return Marks(number, (5,) * fives + ((rest,) if rest else ()))


@router.get("/rules/{site}/{name}/sheet")
def of_rule(
    request: Request, viewer: PageViewer, site: str, name: str, language: str = ""
) -> Response:
    """A rule as it runs, with room for what people wish."""
    gateway = auth.gateway_of(request)
    place = gateway.registry.directory.sites.get(site)
    if place is None or not viewer.may(Action.SEE_RULES, site):
        raise not_found("open", f"rule {name}")
    reader = _reader(viewer, place, language)
    at = site_now(gateway, site)
    with reading(gateway.engine) as conn:
        entry = rulebook.live_entry(conn, site, name, at)
        if entry is None:
            raise not_found("open", f"rule {name}")
        rule = rulebook.rule_of(entry.text)
        known = dispositions.summary(conn, viewer, site, name, place.zone, at + 1)
        night = _night(conn, viewer, place, name, known)
    said = sentence_of(rule, entry.values, entry.mode, reader.language)
    now = Choice("A", said, today=True, nights=None, journeys=None, missed=None, useful=0)
    if not known.small:
        total = known.total
        now = replace(now, nights=marks(total.nights), journeys=marks(total.journeys))
    return _sheet(
        request,
        reader,
        place,
        rule,
        address=f"/rules/{site}/{name}/sheet",
        back=f"/rules/{site}/{name}",
        code=f"{name} · {entry.version[:8]}",
        question="",
        choices=[now],
        limits=_limits(rule, entry.values, reader.language),
        changes=[],
        night=night,
        since_at=known.since_at,
        until_at=known.until_at,
    )


@router.get("/reviews/{review_id}/sheet")
def of_review(request: Request, viewer: PageViewer, review_id: Id, language: str = "") -> Response:
    """What a review chooses between: today's rule, the proposal, and what else was replayed."""
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        seen = lab_review.look(conn, gateway, viewer, review_id)
        place, review = seen.site, seen.review
        reader = _reader(viewer, place, language)
        known = dispositions.summary(
            conn, viewer, place.id, review.rule_name, place.zone, seen.site_at + 1
        )
        night = _night(conn, viewer, place, review.rule_name, known)
        choices = _choices(conn, seen, reader.language)
    today = dict(seen.live.values) if seen.live else seen.rule.defaults()
    proposal = seen.standing.proposal
    number = f" · {proposal.id}" if proposal else ""
    changes = (
        moved(proposal.rule, today, proposal.values, reader.language)
        if proposal is not None and proposal.mode is not Mode.OFF
        else []
    )
    return _sheet(
        request,
        reader,
        place,
        seen.rule,
        address=f"/reviews/{review_id}/sheet",
        back=f"/reviews/{review_id}",
        code=f"R{review_id}{number}",
        question=unnamed(review.question, _names(gateway, place.id)),
        choices=choices,
        limits=_limits(seen.rule, today, reader.language),
        changes=changes,
        night=night,
        since_at=known.since_at,
        until_at=known.until_at,
    )


def _sheet(request: Request, reader: Viewer, place: Any, rule: Rule, **context: Any) -> Response:
    return render(
        request,
        "sheet.html",
        viewer=reader,
        site=place,
        rule=rule,
        roles=ROLES,
        hours=NIGHT,
        languages=LANGUAGES,
        emergency=", ".join(place.emergency),
        **context,
        **words(reader.language),
    )


def _reader(viewer: Viewer, place: Any, language: str) -> Viewer:
    """The sheet's language: as asked, else the site's first that is spoken, else the reader's."""
    own = next((one for one in place.languages if one in LANGUAGES), viewer.language)
    return replace(viewer, language=language if language in LANGUAGES else own)


def _night(
    conn: sa.Connection, viewer: Viewer, place: Any, name: str, known: dispositions.Summary
) -> tuple[int, ...] | None:
    """Alerts of each hour of the night in the last weeks; None: too few people to show."""
    found = hours.hours(conn, viewer, place.id, name, place.zone, known.since_at, known.until_at)
    return None if found is None else tuple(found[hour] for hour in NIGHT)


def _limits(
    rule: Rule, values: Mapping[str, Decimal], language: str
) -> list[tuple[str, str, str, str]]:
    """Label, value, lowest, highest."""
    return [
        (
            one.label,
            format_parameter(values.get(one.name, one.default), one.unit, language),
            format_parameter(one.low, one.unit, language),
            format_parameter(one.high, one.unit, language),
        )
        for one in rule.parameters.values()
    ]


def _choices(conn: sa.Connection, seen: lab_review.Seen, language: str) -> list[Choice]:
    """Today's rule and, replayed against the very same, each other version; the proposal first."""
    live, proposal = seen.live, seen.standing.proposal
    base = live.id if live is not None else None
    done = [
        one
        for one in reversed(seen.standing.evidences)
        if one.purpose == "compare" and one.result is not None and one.base_entry_id == base
    ]
    if proposal is not None:
        done.sort(
            key=lambda one: (
                one.text_hash != proposal.text_hash
                or one.values != proposal.values
                or one.mode is not proposal.mode
            )
        )
    today = dict(live.values) if live is not None else seen.rule.defaults()
    mode = live.mode if live is not None else Mode.OFF
    said = sentence_of(seen.rule, today, mode, language)
    then = done[0].result if done else None
    useful = then.useful if then is not None else 0
    found = [_choice(said, then.then if then is not None else None, useful, today=True)]
    for one in done:
        rule = rulebook.rule_of(records.text_of(conn, one.text_hash))
        assert one.result is not None
        told = sentence_of(rule, one.values, one.mode, language)
        if told not in {choice.sentence for choice in found} and len(found) < MOST_CHOICES:
            found.append(_choice(told, one.result.now, one.result.useful, today=False))
    if len(found) == 1 and proposal is not None:
        told = sentence_of(proposal.rule, proposal.values, proposal.mode, language)
        found.append(_choice(told, None, 0, today=False))
    return [replace(choice, letter=letter) for choice, letter in zip(found, LETTERS, strict=False)]


def _choice(sentence: str, side: Side | None, useful: int, *, today: bool) -> Choice:
    if side is None:
        return Choice("", sentence, today, None, None, None, 0)
    return Choice(
        letter="",
        sentence=sentence,
        today=today,
        nights=marks(side.nights),
        journeys=marks(side.journeys),
        missed=marks(side.missed) if useful else None,
        useful=useful,
    )


def _names(gateway: Any, site: str) -> list[str]:
    """Everybody who is registered at a site."""
    return [person.name for person in gateway.registry.directory.residents(site)]
