"""Derived signals on a resident's page: today's value, a strip over days, computed when asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import auth
from api.auth import PageViewer
from api.pages import strips
from api.pages.clocks import site_now
from api.pages.page import is_htmx, render
from api.pages.words import Words, local
from gateway.access import Action, not_found
from gateway.texts import catalogue
from gateway.texts.phrases import render as phrase
from gateway.texts.phrases import render_part
from gateway.watch.deriving import Derived
from rules.quantity import CLOCK, Quantity
from rules.sentences.sentence import answer_part, node_phrase
from rules.why.course import Turn

router = APIRouter()
DAYS = 7


@dataclass(frozen=True, slots=True)
class Cell:
    """Half an hour of a condition: how much of it was so; or all of it unknown."""

    index: int
    height: int  # 0 to 100
    unknown: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One local day, of a condition as cells, of a number as one bar."""

    name: str
    short: str  # the weekday
    cells: tuple[Cell, ...]
    value: str
    height: int  # 0 to 100 of the highest day
    unknown: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One derived signal."""

    key: str
    title: str
    what: str
    is_number: bool
    now: str
    known: bool
    days: tuple[Day, ...]

    @property
    def never(self) -> bool:
        """A condition that was known all the while and never so."""
        return not self.is_number and not any(
            cell.height or cell.unknown for day in self.days for cell in day.cells
        )


@router.get("/residents/{resident}/signals")
def page(request: Request, viewer: PageViewer, resident: str) -> Response:
    """All derived signals of a resident; htmx gets the section alone."""
    gateway = auth.gateway_of(request)
    person = gateway.registry.directory.resident(resident)
    if person is None:
        raise not_found("open", "resident")
    viewer.require_resident(Action.SEE_READINGS, person.site, person.id, "open")
    place = gateway.registry.directory.sites[person.site]
    at = site_now(gateway, person.site)
    days = strips.local_days(at, place.zone, DAYS)
    found = gateway.why_room.derived(viewer, resident, days[0][0], at)
    return render(
        request,
        "derived_part.html" if is_htmx(request) else "derived.html",
        viewer=viewer,
        person=person,
        site=place,
        zone=place.zone,
        site_at=at,
        shown=[_shown(one, days, at, place.zone, viewer.language) for one in found],
        emergency=", ".join(place.emergency),
    )


def _shown(
    one: Derived, days: Sequence[tuple[int, int]], at: int, zone: str, language: str
) -> Shown:
    _ = catalogue(language).gettext
    title = phrase(node_phrase(one.plan, one.plan.root), language)
    now = one.turns[-1].answer
    number = one.named.is_number
    return Shown(
        key=one.named.name,
        title=title[:1].upper() + title[1:],
        what=_(one.named.what),
        is_number=number,
        now=_said(one, now, language),
        known=now is not None,
        days=tuple(
            _counted(one, days, at, zone, language)
            if number
            else (_drawn(one.turns, day, at, zone, language) for day in days)
        ),
    )


def _said(one: Derived, answer: int | None, language: str) -> str:
    """The answer in words; unknown is said, never 0 or blank."""
    _ = catalogue(language).gettext
    if answer is None:
        return _("unknown")
    measure = one.plan.steps[one.plan.root].node.measure
    if measure is None:
        return _("yes") if answer > 0 else _("no")
    return render_part(answer_part(measure, answer), language)


def _drawn(turns: Sequence[Turn], day: tuple[int, int], at: int, zone: str, language: str) -> Day:
    """A condition over one day: cells, and how long it was so."""
    _, words = catalogue(language).gettext, Words(language)
    start, end = day
    cells, true_ms, dark_ms = [], 0, 0
    for index in range(strips.CELLS):
        begin = start + index * strips.CELL_MS
        finish = min(begin + strips.CELL_MS, at) if index < strips.CELLS - 1 else min(end, at)
        if begin >= at:
            break  # what has not happened yet is not drawn at all
        true, unknown = _shares(turns, begin, finish)
        true_ms, dark_ms = true_ms + true, dark_ms + unknown
        width = max(1, finish - begin)
        height = 100 * true // width
        cells.append(Cell(index, max(height, 12) if true else 0, unknown > width // 2 and not true))
    parts = [words.span(true_ms) if true_ms else _("never")]
    if dark_ms >= 60_000:
        parts.append(_("%(time)s unknown") % {"time": words.span(dark_ms)})
    return Day(
        words.day(start, zone),
        words.weekday(start, zone),
        tuple(cells),
        ", ".join(parts),
        0,
        dark_ms >= at - start > 0,
    )


def _shares(turns: Sequence[Turn], begin: int, end: int) -> tuple[int, int]:
    """How long it was so, and how long it was unknown, within [begin, end)."""
    true = unknown = 0
    for turn, until in zip(turns, [*(t.at for t in turns[1:]), end], strict=True):
        length = min(until, end) - max(turn.at, begin)
        if length <= 0:
            continue
        if turn.answer is None:
            unknown += length
        elif turn.answer > 0:
            true += length
    return true, unknown


def _counted(
    one: Derived, days: Sequence[tuple[int, int]], at: int, zone: str, language: str
) -> Iterator[Day]:
    """A number as it stood when each day's window was over; today's as it stands now."""
    words = Words(language)
    answers = [_at(one.turns, min(at, _reckoned(one, start, end, zone))) for start, end in days]
    highest = max((x for x in answers if x is not None), default=0)
    for (start, _end), answer in zip(days, answers, strict=True):
        height = 0 if not answer or highest <= 0 else max(4, 100 * answer // highest)
        yield Day(
            words.day(start, zone),
            words.weekday(start, zone),
            (),
            _said(one, answer, language),
            height,
            answer is None,
        )


def _reckoned(one: Derived, start: int, end: int, zone: str) -> int:
    """When a day's number is complete: at the end of its own hours, else at midnight."""
    until = one.named.inputs.get("until")
    if until is None or not isinstance(until.default, Quantity) or until.default.unit != CLOCK:
        return end - 1
    midnight = local(start, zone).replace(tzinfo=None)
    moment = midnight + timedelta(minutes=int(until.default.number))
    return round(datetime.timestamp(moment.replace(tzinfo=ZoneInfo(zone))) * 1000)


def _at(turns: Sequence[Turn], at: int) -> int | None:
    stood = [turn for turn in turns if turn.at <= at]
    return stood[-1].answer if stood else None
