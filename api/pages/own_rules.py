"""One rule for one resident: their own limits, and whether it is on for them. A care decision, by a
nurse or coordinator, with a reason; what was decided before, and by whom, stands beneath.
"""

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import PageViewer
from api.pages import limits
from api.pages.clocks import site_now
from api.pages.forms import Fields, text_of
from api.pages.page import render
from devices.errors import Refused, Spoken
from gateway import rulebook
from gateway.access import Action, NotAllowed, Viewer, not_found
from gateway.db import reading, writing
from gateway.registry import ResidentEntry
from gateway.texts.phrases import format_parameter

router = APIRouter()


def whose(gateway: Any, viewer: Viewer, resident: str) -> ResidentEntry:
    """The resident whose values this viewer may set. Raises NotFound."""
    person: ResidentEntry | None = gateway.registry.directory.resident(resident)
    if person is None:
        raise not_found("open", "resident")
    viewer.require_resident(Action.SET_PARAMETER, person.site, person.id, "open")
    return person


def set_limits(
    conn: sa.Connection,
    gateway: Any,
    viewer: Viewer,
    person: ResidentEntry,
    rule: str,
    typed: dict[str, str],
    reason: str,
) -> None:
    """Each that is another than before; empty goes back to the site's. Raises Refused."""
    at = site_now(gateway, person.site)
    entry = rulebook.live_entry(conn, person.site, rule, at)
    if entry is None:
        raise not_found("open", "rule")
    mine = rulebook.overrides(conn, person.site, at).get((rule, person.id), {})
    known = rulebook.rule_of(entry.text).parameters
    now = gateway.clock.now()
    for name, text in typed.items():
        if name not in known:
            allowed = ", ".join(sorted(known)) or "none"
            raise Refused(
                "set a parameter",
                name[:40],
                Spoken("no such parameter"),
                Spoken("It has: {allowed}", allowed=allowed),
            )
        value = known[name].read(text) if text.strip() else None
        if value != mine.get(name):
            rulebook.set_parameter(
                *(conn, viewer, person.site, person.id, rule, name, value, reason, now, at)
            )


@router.get("/residents/{resident}/rules/{rule}")
def page(request: Request, viewer: PageViewer, resident: str, rule: str) -> Response:
    """What holds for the resident, and the two forms."""
    return _page(request, viewer, resident, rule)


@router.post("/residents/{resident}/rules/{rule}/switch")
def switch(
    request: Request, viewer: PageViewer, resident: str, rule: str, fields: Fields
) -> Response:
    """Off for this resident, or on again."""
    gateway = auth.gateway_of(request)
    person = whose(gateway, viewer, resident)
    try:
        with writing(gateway.engine) as conn:
            rulebook.switch(
                *(conn, viewer, person.site, person.id, rule),
                on=fields.get("on") == "1",
                reason=fields.get("reason", ""),
                now=gateway.clock.now(),
                site_at=site_now(gateway, person.site),
            )
    except NotAllowed:
        raise
    except Refused as refused:
        return _page(
            request, viewer, resident, rule, [("switch-reason", text_of(refused, viewer.language))]
        )
    return RedirectResponse(f"/residents/{resident}/rules/{rule}", 303)


@router.post("/residents/{resident}/rules/{rule}/limits")
def own_limits(
    request: Request, viewer: PageViewer, resident: str, rule: str, fields: Fields
) -> Response:
    """The resident's own limits, within the range that a review adopted."""
    gateway = auth.gateway_of(request)
    person = whose(gateway, viewer, resident)
    typed = {
        name.removeprefix("limit-"): text
        for name, text in fields.items()
        if name.startswith("limit-")
    }
    try:
        with writing(gateway.engine) as conn:
            set_limits(conn, gateway, viewer, person, rule, typed, fields.get("reason", ""))
    except NotAllowed:
        raise
    except Refused as refused:
        return _page(
            request, viewer, resident, rule, [("limits-reason", text_of(refused, viewer.language))]
        )
    return RedirectResponse(f"/residents/{resident}/rules/{rule}", 303)


def _page(
    request: Request,
    viewer: Viewer,
    resident: str,
    name: str,
    problems: list[tuple[str, Any]] | None = None,
) -> Response:
    gateway = auth.gateway_of(request)
    person = whose(gateway, viewer, resident)
    place = gateway.registry.directory.sites[person.site]
    at = site_now(gateway, person.site)
    with reading(gateway.engine) as conn:
        entry = rulebook.live_entry(conn, person.site, name, at)
        if entry is None:
            raise not_found("open", "rule")
        mine = rulebook.overrides(conn, person.site, at).get((name, person.id), {})
        told = [
            one
            for one in rulebook.history(conn, viewer, person.site, name)
            if one.resident == person.id
        ]
    rule = rulebook.rule_of(entry.text)
    return render(
        request,
        "resident_rule.html",
        viewer=viewer,
        status=422 if problems else 200,
        problems=problems or [],
        person=person,
        site=place,
        site_at=at,
        rule=rule,
        off=rulebook.switched_off(mine),
        loud=any(ref.signal in rulebook.CALLS for ref in rule.uses),
        fields=[
            {
                "name": one.name,
                "label": one.label,
                "own": one.write(mine[one.name]) if one.name in mine else "",  # as it is read
                "site": format_parameter(entry.values[one.name], one.unit, viewer.language),
                "low": format_parameter(one.low, one.unit, viewer.language),
                "high": format_parameter(one.high, one.unit, viewer.language),
            }
            for one in rule.parameters.values()
        ],
        told=[(one, limits.told(rule, one, viewer.language)) for one in told],
        emergency=", ".join(place.emergency),
    )
