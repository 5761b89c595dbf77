"""Is every device heard, and whose is it? Not heard first, then who is unknown, then all."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import auth
from api.auth import PageViewer
from api.pages import heard
from api.pages.clocks import site_now
from api.pages.page import render
from api.pages.sites import my_sites
from gateway.access import Action
from gateway.alerts.worklist import worklist
from gateway.db import reading
from gateway.intake import deadletters

router = APIRouter()

PAGE = 25
UNCLAIMED = "unknown-device"


@router.get("/devices")
def devices(
    request: Request,
    viewer: PageViewer,
    site: str | None = None,
    home: str | None = None,
    limit: Annotated[int, Query(ge=1, le=2_000)] = PAGE,
) -> Response:
    """Longest silent first. No value of a person stands here: technicians may read it."""
    viewer.require(Action.SEE_DEVICES, site)
    gateway = auth.gateway_of(request)
    directory = gateway.registry.directory
    sites = [
        place for place in my_sites(directory, viewer) if viewer.may(Action.SEE_DEVICES, place.id)
    ]
    states = []
    for place in sites:
        if site in (None, place.id):
            states += heard.devices(gateway, place, home, site_now(gateway, place.id))
    quiet = [one for one in states if one.quiet]
    with reading(gateway.engine) as conn:
        letters = deadletters.counts(conn, viewer) if viewer.may(Action.SEE_DEAD_LETTERS) else {}
        unclaimed = (
            deadletters.listing(conn, viewer, site, 200, code=UNCLAIMED, waiting=True)
            if letters
            else []
        )
        held = [one for one in worklist(conn, viewer, site, "held").rows if one.technical]
    by_code: dict[str, int] = {}
    for (where, code), number in letters.items():
        if site in (None, where):
            by_code[code] = by_code.get(code, 0) + number
    return render(
        request,
        "devices.html",
        viewer=viewer,
        sites=sites,
        site=site,
        home=home,
        held=held,
        quiet=sorted(quiet, key=lambda one: one.at or 0),
        every=states[:limit],
        more=len(states) > limit,
        total=len(states),
        limit=limit,
        unclaimed=_grouped(unclaimed),
        letters=sorted(by_code.items(), key=lambda item: -item[1]),
    )


def _grouped(letters: list[deadletters.DeadLetter]) -> list[dict[str, object]]:
    """Devices nobody registered: how often and when last seen."""
    found: dict[str, dict[str, object]] = {}
    for one in letters:
        topic = one.topic.rpartition("/")[0]
        known = found.setdefault(
            topic, {"topic": topic, "seen": 0, "last": one.received_at, "letter": one}
        )
        known["seen"] = int(str(known["seen"])) + 1
    return list(found.values())
