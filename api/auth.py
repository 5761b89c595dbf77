"""Who asks: a person's session cookie or a program's bearer token, turned into a Viewer.

Pages take `PageViewer`: without a session they send the reader to the sign-in page and back again.
The JSON API takes `ApiViewer`: a bearer token, or the session of a signed-in browser (which must
then prove with its CSRF token that a change is its own wish). Only hashes of tokens are stored.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from devices.errors import Refused, Spoken
from gateway.access import sessions, tokens
from gateway.access.viewer import Viewer
from gateway.db import reading
from gateway.texts import spoken

COOKIE = "homecare_session"
FORM_COOKIE = "homecare_form"  # double-submit token of forms that come before a session
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SignInNeeded(Refused):
    """No session, or one that has ended."""

    def __init__(self) -> None:
        super().__init__(
            "open", "this page", Spoken("you are not signed in"), Spoken("Sign in and try again")
        )


class TokenNeeded(Refused):
    """A program called without a valid bearer token."""

    def __init__(self, problem: str = "no valid token or session") -> None:
        super().__init__(
            "call",
            "the API",
            problem,
            "Send `Authorization: Bearer …`; see `homecare token --help`",
        )


class FormExpired(Refused):
    """A form whose CSRF token is missing or is not this session's."""

    def __init__(self) -> None:
        super().__init__(
            "send",
            "the form",
            Spoken("it was opened in another session or too long ago; nothing was changed"),
            Spoken("Open the page again and repeat what you did"),
        )


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser."""

    viewer: Viewer
    csrf: str
    token: str


def gateway_of(request: Request) -> Any:
    """The gateway this application was built over (see gateway/run.py)."""
    return request.app.state.gateway


def find_session(request: Request) -> Session | None:
    """The session that the request's cookie names, looked up once per request."""
    if not hasattr(request.state, "session"):
        request.state.session = None
        token = request.cookies.get(COOKIE)
        if token:
            gateway = gateway_of(request)
            with reading(gateway.engine) as conn:
                found = sessions.viewer(conn, token, gateway.clock.now())
            if found:
                request.state.session = Session(_spoken_to(found[0]), found[1], token)
    session: Session | None = request.state.session
    return session


def page_viewer(request: Request) -> Viewer:
    """The signed-in person, or the way to the sign-in page."""
    session = find_session(request)
    if session is None:
        raise SignInNeeded
    return session.viewer


def api_viewer(request: Request) -> Viewer:
    """The program of the bearer token, or the person of the session."""
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    gateway = gateway_of(request)
    if header:
        if scheme.lower() != "bearer" or not token:
            raise TokenNeeded("the Authorization header is not `Bearer …`")
        with reading(gateway.engine) as conn:
            viewer = tokens.lookup(conn, token.strip(), gateway.clock.now())
        if viewer is None:
            raise TokenNeeded("the token is unknown, revoked or expired")
        return _spoken_to(viewer)
    session = find_session(request)
    if session is None:
        raise TokenNeeded
    if request.method not in SAFE_METHODS:
        check(request.headers.get(CSRF_HEADER, ""), session.csrf)
    return session.viewer


def _spoken_to(viewer: Viewer) -> Viewer:
    """In a language that the product speaks; numbers and dates must not be of another."""
    known = spoken(viewer.language)
    return viewer if viewer.language == known else replace(viewer, language=known)


PageViewer = Annotated[Viewer, Depends(page_viewer)]
ApiViewer = Annotated[Viewer, Depends(api_viewer)]


def check(given: str, wanted: str) -> None:
    """Compare CSRF tokens in constant time; raises FormExpired."""
    if not given or not secrets.compare_digest(given.encode(), wanted.encode()):
        raise FormExpired


async def csrf_guard(request: Request) -> None:
    """Every page's form and htmx request proves that it came from our own page.

    With a session the token is the session's; before one, that of the double-submit cookie.
    """
    if request.method in SAFE_METHODS:
        return
    given = request.headers.get(CSRF_HEADER, "")
    if not given:
        field = (await request.form()).get(CSRF_FIELD, "")
        given = field if isinstance(field, str) else ""
    # The look-up of a session is one indexed read of a local file: short enough for the loop.
    session = find_session(request)
    check(given, session.csrf if session else request.cookies.get(FORM_COOKIE, ""))


def csrf_token(request: Request) -> str:
    """The token that this page's forms carry."""
    session = find_session(request)
    if session:
        return session.csrf
    if not hasattr(request.state, "form_token"):
        request.state.form_token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    token: str = request.state.form_token
    return token


def is_https(request: Request) -> bool:
    """Cookies are `Secure` where the phone speaks HTTPS, to us or to the proxy before us."""
    public = gateway_of(request).settings.web.public_url or ""
    return request.url.scheme == "https" or public.startswith("https://")


def set_cookie(request: Request, response: Response, name: str, value: str, hours: int) -> None:
    """HttpOnly, SameSite=Lax: sent when a link is followed, never with another site's form."""
    response.set_cookie(
        name,
        value,
        max_age=hours * 3600,
        httponly=True,
        samesite="lax",
        secure=is_https(request),
        path="/",
    )
