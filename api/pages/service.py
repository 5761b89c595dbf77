"""The service worker and the manifest: addresses at the root, because a worker rules its folder."""

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from api.pages.page import STATIC, asset

router = APIRouter()


@router.get("/sw.js")
def worker() -> Response:
    """Never cached, so that a new version is found at the next opening."""
    return FileResponse(
        STATIC / "sw.js", media_type="text/javascript", headers={"cache-control": "no-cache"}
    )


@router.get("/manifest.webmanifest")
def manifest(request: Request) -> Response:
    """So that a phone can keep the pages on its home screen."""
    del request
    body = {
        "name": "Homecare",
        "short_name": "Homecare",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f3f4f4",
        "theme_color": "#0b5d6b",
        "icons": [{"src": asset("icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JSONResponse(body, media_type="application/manifest+json")
