"""Me: who I am here, where I am signed in, and the way out."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import PageViewer
from api.bounds import Id
from api.pages.menu import PLACES, can
from api.pages.page import render
from api.pages.sites import home_zone
from gateway.access import sessions
from gateway.db import reading, writing

router = APIRouter()


@router.get("/me")
def me(request: Request, viewer: PageViewer) -> Response:
    """Name, roles by site, open sessions, sign out."""
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        opened = sessions.listing(conn, viewer, gateway.clock.now())
    roles: dict[str, list[str]] = {}
    for site, role in sorted(viewer.grants):
        roles.setdefault(site, []).append(role)
    return render(
        request,
        "me.html",
        viewer=viewer,
        roles=roles,
        opened=opened,
        sites=gateway.registry.directory.sites,
        zone=home_zone(gateway, viewer),
        places=[key for key, _, action in PLACES if action is not None and can(viewer, action)],
    )


@router.post("/me/sessions/{session_id}/end")
def end(request: Request, viewer: PageViewer, session_id: Id) -> Response:
    """End one of one's own sessions, as on a lost phone."""
    gateway = auth.gateway_of(request)
    with writing(gateway.engine) as conn:
        sessions.revoke_one(conn, viewer, session_id, gateway.clock.now())
    return RedirectResponse("/me", 303)
