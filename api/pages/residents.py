"""Residents: who they are, what is normal, whether today is different. Every look is recorded."""

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import auth
from api.auth import PageViewer
from api.pages import limits, own_rules, rhythm, trends
from api.pages.clocks import site_now
from api.pages.page import render
from api.pages.sites import my_sites
from gateway.access import Action, Viewer, not_found
from gateway.access.audit import note_look, read_audit
from gateway.alerts import voices, worklist
from gateway.alerts.episodes import AlertRow
from gateway.db import reading

router = APIRouter()
router.include_router(own_rules.router)

LOOKS = 20


@router.get("/residents")
def residents(request: Request, viewer: PageViewer, site: str | None = None) -> Response:
    """Everybody this viewer may see, those with open alerts first."""
    viewer.require(Action.SEE_RESIDENTS)
    gateway = auth.gateway_of(request)
    directory = gateway.registry.directory
    with reading(gateway.engine) as conn:
        open_alerts = _open_alerts(conn, viewer)
    rows = []
    for place in my_sites(directory, viewer):
        if site not in (None, place.id):
            continue
        at = site_now(gateway, place.id)
        for person in directory.residents(place.id):
            home_id = person.home(at)
            if home_id is None or not viewer.sees_resident(place.id, person.id):
                continue
            home = directory.home(place.id, home_id)
            rows.append(
                {
                    "person": person,
                    "site": place,
                    "home": home,
                    "alerts": open_alerts.get(person.id, []),
                    "paused": person.paused(at),
                    "consented": person.consented(at),
                }
            )
    for name in {row["site"].id for row in rows}:
        note_look(gateway.engine, viewer, f"residents:{name}", name, None, gateway.clock.now())
    rows.sort(key=lambda row: (not row["alerts"], row["person"].name))
    return render(
        request,
        "residents.html",
        viewer=viewer,
        rows=rows,
        site=site,
        sites=my_sites(directory, viewer),
    )


@router.get("/residents/{resident}")
def resident(request: Request, viewer: PageViewer, resident: str) -> Response:
    """One resident: values with their age, a week of charts, day rhythm, devices, who looked."""
    gateway = auth.gateway_of(request)
    directory = gateway.registry.directory
    person = directory.resident(resident)
    if person is None:
        raise not_found("open", "resident")
    viewer.require_resident(Action.SEE_READINGS, person.site, person.id, "open")
    place = directory.sites[person.site]
    now, at = gateway.clock.now(), site_now(gateway, person.site)
    with reading(gateway.engine) as conn:
        alerts = worklist.of_resident(conn, viewer, person.id)
        set_limits = limits.of_resident(conn, person.site, person.id, at, viewer.language)
        may_audit = viewer.sees_resident(person.site, person.id, Action.SEE_AUDIT)
        looks = read_audit(conn, viewer, person.id, person.site, limit=LOOKS) if may_audit else None
        own = voices.may_speak(viewer, person.site, person.id)
        said = voices.of_resident(conn, viewer, person.site, person.id, now) if own else None
    note_look(gateway.engine, viewer, f"resident:{person.id}", person.site, person.id, now)
    home_id = person.home(at)
    home = directory.home(person.site, home_id) if home_id else None
    return render(
        request,
        "resident.html",
        viewer=viewer,
        person=person,
        site=place,
        zone=place.zone,
        home=home,
        site_at=at,
        alerts=alerts,
        latest=trends.latest(gateway, viewer, person, at),
        charts=trends.week(gateway, viewer, person, at, place.zone),
        rhythm=rhythm.week(gateway, viewer, person, home, at, place.zone),
        devices=directory.devices(person.site, home.id) if home else (),
        limits=set_limits,
        looks=looks,
        voices=said,
        paused=[pause for pause in person.pauses if pause.covers(at)],
        consented=person.consented(at),
        may_set=viewer.sees_resident(person.site, person.id, Action.SET_PARAMETER),
        may_ask_why=viewer.sees_resident(person.site, person.id, Action.SEE_WHY),
        emergency=", ".join(place.emergency),
    )


def _open_alerts(conn: sa.Connection, viewer: Viewer) -> dict[str, list[AlertRow]]:
    """Open alerts by resident, most urgent first."""
    found: dict[str, list[AlertRow]] = {}
    if not viewer.may(Action.SEE_ALERTS):
        return found
    for row in worklist.worklist(conn, viewer, limit=200).rows:
        if row.resident_id:
            found.setdefault(row.resident_id, []).append(row)
    return found
