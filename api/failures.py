"""What a caller sees when something went wrong: what failed, what is safe, what to do.

Programs get RFC 9457 problem details; people get a page; htmx gets the same problem details, which
homecare.js says aloud. What one has no right to see does not exist: 404, never 403.
"""

import traceback
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from api.auth import FormExpired, SignInNeeded, TokenNeeded, find_session
from api.headers import complete
from api.pages.forms import in_language
from api.pages.page import is_htmx, render
from devices.errors import Failed, HomecareError, Refused
from gateway.access import NotAllowed, NotFound
from gateway.access.throttle import Throttled
from gateway.alerts.states import MoveRefused


class Conflict(Refused):
    """It was possible a moment ago: somebody else was first."""

    status = 409


PROBLEM = "application/problem+json"
log = structlog.get_logger("api")

# Error class → status, the first that fits. `Refused` subclasses may carry their own `status`.
STATUS: tuple[tuple[type[HomecareError], int], ...] = (
    (NotAllowed, 404),
    (NotFound, 404),
    (TokenNeeded, 401),
    (SignInNeeded, 401),
    (FormExpired, 403),
    (MoveRefused, 409),
    (Throttled, 429),
    (Refused, 422),
    (Failed, 503),
)


def status_of(error: HomecareError) -> int:
    """The HTTP status that tells a program what to do next."""
    own = getattr(error, "status", None)
    if isinstance(own, int):
        return own
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def problem(status: int, title: str, detail: str, **more: Any) -> JSONResponse:
    """Problem details (RFC 9457)."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body, status, headers=headers, media_type=PROBLEM)


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(HomecareError, _homecare)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(Exception, _unexpected)


def _language(request: Request) -> str:
    """Of who reads it in a page; programs are answered in English."""
    if request.url.path.startswith("/api/"):
        return "en"
    session = find_session(request)
    return session.viewer.language if session else "en"


def _for_program(request: Request) -> bool:
    path = request.url.path
    return path.startswith(("/api/", "/health", "/metrics", "/events")) or is_htmx(request)


async def _homecare(request: Request, error: Exception) -> Response:
    assert isinstance(error, HomecareError)
    if isinstance(error, SignInNeeded) and not _for_program(request):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/signin?next={quote(target)}", 303)
    status = status_of(error)
    if status == 404:  # says nothing of whether it exists
        return _answer(request, 404, "Not found", "", "")
    if isinstance(error, Failed):
        log.warning("request failed", operation=error.operation, path=request.url.path)
    language = _language(request)
    (problem, spoken), (hint, hinted) = (
        in_language(text, language) for text in (error.problem, error.hint)
    )
    title = f"{error.operation}: {error.subject}"
    return _answer(request, status, title, problem, hint, spoken=spoken and (hinted or not hint))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code in {301, 302, 303, 307, 308, 304}:
        return Response(status_code=error.status_code, headers=dict(error.headers or {}))
    title = {404: "Not found", 405: "Method not allowed"}.get(error.status_code, "Not possible")
    detail = "" if error.status_code == 404 else str(error.detail)
    return _answer(request, error.status_code, title, detail, "", headers=error.headers)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if not _for_program(request) and any(item["loc"][0] == "path" for item in error.errors()):
        return _answer(request, 404, "Not found", "", "")  # an address that nothing can have
    found = [
        {"where": ".".join(str(part) for part in item["loc"]), "problem": item["msg"]}
        for item in error.errors()
    ]
    detail = "; ".join(f"{item['where']}: {item['problem']}" for item in found)
    if _for_program(request):
        return problem(422, "The request does not fit the description", detail, errors=found)
    return _answer(request, 422, "The form is not complete", detail, "")


async def _unexpected(request: Request, error: Exception) -> Response:
    # Where, never with which values: a traceback's own lines hold none.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("unexpected error", path=request.url.path, kind=type(error).__name__, where=where)
    return _answer(
        request,
        500,
        "Something broke on our side",
        "What was already saved is safe; alerts go on being raised and sent.",
        "Try again in a minute. If it stays, call the duty lead and name the time.",
    )


def _answer(
    request: Request,
    status: int,
    title: str,
    detail: str,
    hint: str,
    *,
    headers: Mapping[str, str] | None = None,
    spoken: bool = False,
) -> Response:
    """`spoken`: detail and hint are in the reader's language."""
    if _for_program(request):
        response: Response = problem(status, title, detail, **({"hint": hint} if hint else {}))
    else:
        session = find_session(request) if status < 500 else getattr(request.state, "session", None)
        response = render(
            request,
            "error.html",
            viewer=session.viewer if session else None,
            status=status,
            code=status,
            heading=title,
            problem=detail,
            hint=hint,
            spoken=spoken,
        )
    response.headers.update(headers or {})
    complete(response.headers)  # a broken request's answer passes no middleware of ours
    return response
