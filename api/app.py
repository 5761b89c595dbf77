"""The web application over a running gateway: pages, JSON API, event stream, static files."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api import auth, failures, http, pages
from api.http.openapi import describe
from api.pages.page import STATIC

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
FOR_EVER = "public, max-age=31536000, immutable"
PRIVATE = "no-store"  # a shared device's cache keeps no resident's page; the service worker may


class Assets(StaticFiles):
    """Static files; with their content's hash in the address they never change."""

    def file_response(
        self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200
    ) -> Response:
        """Immutable where the address names the content, revalidated where it does not."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = b"v=" in scope.get("query_string", b"")
        response.headers["cache-control"] = FOR_EVER if hashed else "no-cache"
        return response


def build_app(gateway: Any) -> FastAPI:
    """FastAPI over `gateway` (gateway.run.Gateway); it neither starts nor stops it."""
    app = FastAPI(
        title="Homecare gateway",
        version=http.VERSION,
        docs_url=None,  # the stock page loads scripts from elsewhere; ours is /api/docs
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.gateway = gateway
    app.state.demo = None
    failures.install(app)
    app.middleware("http")(_headers)
    app.add_middleware(GZipMiddleware, minimum_size=1_000)
    for router in http.routers():
        app.include_router(router)
    for router in pages.routers():
        app.include_router(router, include_in_schema=False, dependencies=[Depends(auth.csrf_guard)])
    app.mount("/static", Assets(directory=STATIC), name="static")
    describe(app)
    return app


async def _headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if not request.url.path.startswith("/static/"):
        response.headers.setdefault("cache-control", PRIVATE)
    if auth.is_https(request):
        response.headers.setdefault("strict-transport-security", "max-age=31536000")
    return response
