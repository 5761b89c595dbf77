"""Why did it fire, what do I do? One alert: sentence, evidence, chart, timeline, actions."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import PageViewer
from api.pages import moment
from api.pages import worklist as list_page
from api.pages.clocks import site_now
from api.pages.page import fresh_key, is_htmx, render
from api.pages.why_asking import Asked
from devices.errors import Refused, Spoken
from gateway.access import Action, Viewer, not_found
from gateway.alerts import service, voices, worklist
from gateway.alerts.episodes import AlertRow, Disposition, Outcome
from gateway.alerts.episodes import Response as Done
from gateway.db import reading, writing

router = APIRouter()


@router.get("/alerts/{code}")
def page(request: Request, viewer: PageViewer, code: str) -> Response:
    """The page of one alert; htmx gets its article alone."""
    gateway = auth.gateway_of(request)
    now = gateway.clock.now()
    with writing(gateway.engine) as conn:  # looking is recorded
        alert_id = find(conn, viewer, code)
        detail = worklist.detail(conn, viewer, alert_id, now)
        voice = voices.newest(conn, [alert_id]).get(alert_id)
    return render(
        request,
        "alert_article.html" if is_htmx(request) else "alert.html",
        viewer=viewer,
        detail=detail,
        row=detail.row,
        voice=voice,
        zone=detail.row.zone,
        site=gateway.registry.directory.sites[detail.row.site],
        detail_now=site_now(gateway, detail.row.site),
        charts=moment.charts(gateway, viewer, detail),
        phone=phone(gateway, viewer, detail.row),
        why_link=why_link(viewer, detail.row),
    )


@router.post("/alerts/{code}/acknowledge")
def acknowledge(
    request: Request,
    viewer: PageViewer,
    code: str,
    key: Annotated[str, Form()] = "",
    view: Annotated[str, Form()] = "page",
) -> Response:
    """I have it; again by its owner: still on it."""

    def act(conn: sa.Connection, alert_id: int, now: int) -> Outcome:
        return service.acknowledge(conn, viewer, alert_id, None, key or fresh_key(), now)

    return perform(request, viewer, code, view, act)


@router.post("/alerts/{code}/take-over")
def take_over(
    request: Request,
    viewer: PageViewer,
    code: str,
    key: Annotated[str, Form()] = "",
    view: Annotated[str, Form()] = "page",
) -> Response:
    """From a colleague, who is told."""

    def act(conn: sa.Connection, alert_id: int, now: int) -> Outcome:
        return service.take_over(conn, viewer, alert_id, None, key or fresh_key(), now)

    return perform(request, viewer, code, view, act)


@router.post("/alerts/{code}/note")
def note(
    request: Request,
    viewer: PageViewer,
    code: str,
    text: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """A sentence for the next who looks."""
    if not text.strip():
        raise Refused(
            "note",
            code,
            Spoken("the note is empty"),
            Spoken("Write a few words, then press Save note"),
        )

    def act(conn: sa.Connection, alert_id: int, now: int) -> Outcome:
        return service.note(conn, viewer, alert_id, text.strip(), None, key or fresh_key(), now)

    return perform(request, viewer, code, "page", act)


@router.post("/alerts/{code}/close")
def close(
    request: Request,
    viewer: PageViewer,
    code: str,
    disposition: Annotated[str, Form()] = "",
    response: Annotated[str, Form()] = "",
    minutes: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """Three taps: what it was, what was done, close."""
    if disposition not in set(Disposition) or response not in set(Done):
        raise Refused(
            "close",
            code,
            Spoken("it needs both what it was and what was done"),
            Spoken("Choose one of each, then press Close; words are optional"),
        )
    spent = minutes_of(minutes, code) if response == Done.DROVE else None

    def act(conn: sa.Connection, alert_id: int, now: int) -> Outcome:
        return service.close(
            conn,
            viewer,
            alert_id,
            Disposition(disposition),
            Done(response),
            spent,
            text.strip(),
            None,
            key or fresh_key(),
            now,
        )

    return perform(request, viewer, code, "page", act)


@router.post("/alerts/{code}/voice")
def voice(
    request: Request,
    viewer: PageViewer,
    code: str,
    said: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    """What the resident says of it, from their own page and back to it."""
    gateway = auth.gateway_of(request)
    with writing(gateway.engine) as conn:
        voices.say(conn, viewer, find(conn, viewer, code), said, words, gateway.clock.now())
    return RedirectResponse(f"/residents/{viewer.resident_id}#voices", 303)


@router.post("/alerts/{code}/undo")
def undo(
    request: Request,
    viewer: PageViewer,
    code: str,
    key: Annotated[str, Form()] = "",
) -> Response:
    """Take back one's own newest action; the history keeps both."""

    def act(conn: sa.Connection, alert_id: int, now: int) -> Outcome:
        return service.undo(conn, viewer, alert_id, key or fresh_key(), now)

    return perform(request, viewer, code, "page", act)


def minutes_of(text: str, code: str) -> int | None:
    """Minutes as a person typed them; None: not said. Raises Refused."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Refused(
            "close",
            code,
            Spoken("{text} is no number of minutes", text=repr(text[:20])),
            Spoken("Give 0 to 1440 minutes"),
        )
    return int(text)


def phone(gateway: Any, viewer: Viewer, row: AlertRow) -> str | None:
    """The resident's number, for who may see the resident."""
    person = gateway.registry.directory.resident(row.resident_id) if row.resident_id else None
    if person is None or not viewer.sees_resident(row.site, row.resident_id):
        return None
    number: str | None = person.phone
    return number


def why_link(viewer: Viewer, row: AlertRow) -> str:
    """Where the engine says why at the onset, for who may see why; empty for device alerts."""
    if row.technical or not row.version:
        return ""
    if not viewer.sees_resident(row.site, row.resident_id, Action.SEE_WHY):
        return ""
    if row.resident_id is not None:
        return Asked(resident=row.resident_id, rule=row.rule_name).address(row.onset_at)
    return Asked(site=row.site, home=row.home or "", rule=row.rule_name).address(row.onset_at)


def find(conn: sa.Connection, viewer: Viewer, code: str) -> int:
    """The alert that people call `code`. Raises NotFound."""
    alert_id = worklist.find_code(conn, viewer, code.upper())
    if alert_id is None:
        raise not_found("open", "alert")
    return alert_id


def perform(request: Request, viewer: Viewer, code: str, view: str, act: Any) -> Response:
    """One transaction, then the news, then what the person sees of it."""
    gateway = auth.gateway_of(request)
    with writing(gateway.engine) as conn:
        outcome: Outcome = act(conn, find(conn, viewer, code), gateway.clock.now())
    gateway.bulletin.publish(outcome.news)
    if not is_htmx(request):
        back = "/alerts" if view == "row" else f"/alerts/{outcome.code}"
        return RedirectResponse(back, 303)
    if view != "row":
        return page(request, viewer, outcome.code)
    with reading(gateway.engine) as conn:
        row = worklist.row(conn, viewer, outcome.alert_id)
    if row is None:
        raise not_found("open", "alert")
    return list_page.row_html(request, viewer, row)
