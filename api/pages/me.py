"""Me: who I am here, where I am signed in, and the way out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import PageViewer
from api.bounds import Id
from api.pages.menu import PLACES, can
from api.pages.page import render
from api.pages.sites import home_zone
from devices.errors import Refused, Spoken
from gateway.access import sessions, users
from gateway.db import reading, writing
from gateway.texts import LANGUAGES

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
        languages=LANGUAGES,
        opened=opened,
        sites=gateway.registry.directory.sites,
        zone=home_zone(gateway, viewer),
        places=[key for key, _, action in PLACES if action is not None and can(viewer, action)],
    )


@router.post("/me/language")
def speak(request: Request, viewer: PageViewer, language: Annotated[str, Form()]) -> Response:
    """Pages, numbers and the sentences of rules in another language, from the next page on."""
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise Refused(
            "choose a language",
            language[:20],
            Spoken("not spoken here"),
            Spoken("One of {known}", known=known),
        )
    with writing(auth.gateway_of(request).engine) as conn:
        users.set_language(conn, viewer, language)
    return RedirectResponse("/me", 303)


@router.post("/me/sessions/{session_id}/end")
def end(request: Request, viewer: PageViewer, session_id: Id) -> Response:
    """End one of one's own sessions, as on a lost phone."""
    gateway = auth.gateway_of(request)
    with writing(gateway.engine) as conn:
        sessions.revoke_one(conn, viewer, session_id, gateway.clock.now())
    return RedirectResponse("/me", 303)
