"""The web application over a running gateway: pages, JSON API, event stream, static files."""

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.responses import Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api import auth, bounds, failures, http, pages
from api.headers import Headers
from api.http.openapi import describe
from api.pages.page import STATIC
from api.simulation.desk import Desk

FOR_EVER = "public, max-age=31536000, immutable"


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
        max_body_size=bounds.BODY,
    )
    app.state.gateway = gateway
    app.state.demo = None
    app.state.simulations = Desk()
    failures.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1_000)
    public = gateway.settings.web.public_url or ""
    app.add_middleware(Headers, https=public.startswith("https://"))
    for router in http.routers():
        app.include_router(router)
    for router in pages.routers():
        app.include_router(router, include_in_schema=False, dependencies=[Depends(auth.csrf_guard)])
    app.mount("/static", Assets(directory=STATIC), name="static")
    describe(app)
    return app
