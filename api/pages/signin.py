"""Sign in with a password, a pasted code or a one-time link; sign out.

Nothing here says whether an account exists. A link's page sends itself with a POST (the browser's
script presses its button), so that a messenger's preview of the link does not use it up.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.pages.page import render
from gateway.access import Viewer, links, sessions, users
from gateway.access.throttle import Throttled
from gateway.db import writing

router = APIRouter()

HOME = "/"


def local(target: str) -> str:
    """Only an address of our own: a link must not lead elsewhere after the sign-in."""
    fits = target.startswith("/") and not target.startswith(("//", "/\\")) and "\n" not in target
    return target if fits else HOME


@router.get("/")
def home(request: Request) -> Response:
    """Where a signed-in person begins: what needs them now."""
    session = auth.find_session(request)
    return RedirectResponse(_begin(session.viewer) if session else "/signin", 303)


@router.get("/signin")
def form(request: Request, next: str = HOME, code: str = "") -> Response:  # noqa: A002 - the address's own word
    """Who are you?"""
    return _form(request, local(next), code=code)


@router.post("/signin")
def sign_in(
    request: Request,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = HOME,  # noqa: A002 - the form's own word
) -> Response:
    """A password, or a code that a coordinator read out or a link carried."""
    gateway = auth.gateway_of(request)
    now = gateway.clock.now()
    if code.strip():
        return _redeem(request, code.strip(), local(next))
    address = request.client.host if request.client else ""
    try:
        viewer = users.authenticate(gateway.engine, login, password, now, address)
    except Throttled as refusal:
        return _form(request, local(next), login=login, refusal=refusal)
    if viewer is None:
        return _form(request, local(next), login=login, wrong=True)
    return _open(request, viewer.user_id, local(next))


@router.get("/signin/link")
def link(request: Request, token: str = "", next: str = HOME) -> Response:  # noqa: A002 - as above
    """A one-time link: its page sends itself."""
    return render(request, "signin_link.html", token=token, target=local(next))


@router.post("/signin/link")
def redeem(
    request: Request,
    token: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = HOME,  # noqa: A002 - as above
) -> Response:
    """Use the link up."""
    return _redeem(request, token.strip(), local(next))


@router.post("/signout")
def sign_out(request: Request) -> Response:
    """End this session here and in the database."""
    session = auth.find_session(request)
    gateway = auth.gateway_of(request)
    if session:
        with writing(gateway.engine) as conn:
            sessions.revoke(conn, session.token, gateway.clock.now())
    response = RedirectResponse("/signin?out=1", 303)
    response.delete_cookie(auth.COOKIE, path="/")
    response.headers["clear-site-data"] = '"cache"'
    return response


def _redeem(request: Request, token: str, target: str) -> Response:
    gateway = auth.gateway_of(request)
    token = token.rsplit("token=", 1)[-1].strip()  # a whole link may be pasted
    with writing(gateway.engine) as conn:
        user_id = links.redeem(conn, token, gateway.clock.now())
    if user_id is None:
        return _form(request, target, used=True)
    return _open(request, user_id, target)


def _open(request: Request, user_id: int, target: str) -> Response:
    gateway = auth.gateway_of(request)
    hours = gateway.settings.web.session_hours
    with writing(gateway.engine) as conn:
        token = sessions.open(
            conn,
            user_id,
            gateway.clock.now(),
            hours,
            agent=request.headers.get("user-agent", "")[:200],
        )
        found = sessions.viewer(conn, token, gateway.clock.now())
    if target == HOME and found:
        target = _begin(found[0])
    response = RedirectResponse(target, 303)
    auth.set_cookie(request, response, auth.COOKIE, token, hours)
    response.delete_cookie(auth.FORM_COOKIE, path="/")
    return response


def _begin(viewer: Viewer) -> str:
    from api.pages.menu import entries  # the page module imports auth, not the other way round

    return entries(viewer, "")[0].href


def _form(
    request: Request,
    target: str,
    *,
    login: str = "",
    code: str = "",
    wrong: bool = False,
    used: bool = False,
    refusal: Throttled | None = None,
) -> Response:
    gateway = auth.gateway_of(request)
    return render(
        request,
        "signin.html",
        status=401 if wrong or used or refusal else 200,
        target=target,
        login=login,
        code=code,
        wrong=wrong,
        used=used,
        refusal=refusal,
        sites=[site.name for site in gateway.registry.directory.sites.values()],
        out=request.query_params.get("out") == "1",
    )
