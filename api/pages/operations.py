"""Is anything lost, late or unheard? One verdict, then what is checked, since when, what to do."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import auth
from api.auth import PageViewer
from api.pages.page import is_htmx, render
from api.pages.sites import home_zone
from gateway.access import Action
from gateway.db import reading
from gateway.intake import deadletters

router = APIRouter()


@router.get("/operations")
def operations(request: Request, viewer: PageViewer) -> Response:
    """Never a payload, never a person."""
    viewer.require(Action.SEE_OPERATIONS)
    gateway = auth.gateway_of(request)
    health = gateway.health()
    checks = sorted(health["checks"].items(), key=lambda item: (item[1]["ok"], item[0]))
    with reading(gateway.engine) as conn:
        letters = sum(deadletters.counts(conn, viewer).values())
    return render(
        request,
        "operations_body.html" if is_htmx(request) else "operations.html",
        viewer=viewer,
        ready=health["ready"],
        checks=checks,
        failing=[name for name, check in checks if not check["ok"]],
        letters=letters,
        zone=home_zone(gateway, viewer),
        version=request.app.version,
    )
