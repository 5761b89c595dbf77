"""How a page is made: one template environment per language, one `render` for every router.

Every text goes through gettext: `{% trans %}` and `_()` in templates, `request`'s own translator in
Python. The strict Content-Security-Policy allows no inline script and no inline style: behaviour
lives in api/static/*.js, looks in api/static/homecare.css.
"""

import hashlib
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from api import auth
from api.pages.filters import filters
from api.pages.menu import entries
from gateway import texts
from gateway.access.roles import Action
from gateway.access.viewer import Viewer
from gateway.alerts.episodes import Disposition, Priority
from gateway.alerts.episodes import Response as Done
from gateway.alerts.voices import Said

HERE = Path(__file__).parent
STATIC = HERE.parent / "static"


@cache
def asset(name: str) -> str:
    """Address of a static file, with its content's hash so that browsers may keep it for ever."""
    path = STATIC / name
    if not path.is_file():
        return f"/static/{name}"
    digest = hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={digest}"


@cache
def environment(language: str) -> jinja2.Environment:
    """Templates that speak `language`."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = texts.catalogue(language)
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        catalogue.gettext, catalogue.ngettext, newstyle=True
    )
    env.globals.update(
        asset=asset,
        fresh_key=fresh_key,
        priorities=tuple(Priority),
        dispositions=tuple(Disposition),
        responses=tuple(Done),
        voice_codes=tuple(Said),
    )
    env.filters.update(filters(language))
    return env


def _simulated(gateway: Any, viewer: Viewer | None) -> bool:
    """Whether there is a simulated site at which this viewer may simulate."""
    return viewer is not None and any(
        one.demo and viewer.may(Action.SIMULATE, one.id)
        for one in gateway.registry.directory.sites.values()
    )


def fresh_key() -> str:
    """An idempotency key for a form: sent twice, it is done once."""
    return uuid.uuid4().hex


def is_htmx(request: Request) -> bool:
    """Whether htmx asks for a part of a page rather than a person for a whole one."""
    return request.headers.get("hx-request") == "true"


def render(
    request: Request,
    name: str,
    *,
    viewer: Viewer | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """The page `name` with what every page needs: language, menu, CSRF token, pilot note."""
    asked = request.headers.get("accept-language", "")
    language = viewer.language if viewer else texts.preferred(asked)
    gateway = auth.gateway_of(request)
    body = (
        environment(language)
        .get_template(name)
        .render(
            request=request,
            viewer=viewer,
            language=language,
            menu=entries(viewer, request.url.path, simulated=_simulated(gateway, viewer)),
            csrf=auth.csrf_token(request),
            now=gateway.clock.now(),
            demo=gateway.settings.demo,
            partial=is_htmx(request),
            **context,
        )
    )
    response = HTMLResponse(body, status, headers=headers)
    if viewer is None:
        response.headers.append("vary", "Accept-Language")
    if auth.find_session(request) is None and hasattr(request.state, "form_token"):
        auth.set_cookie(request, response, auth.FORM_COOKIE, request.state.form_token, hours=1)
    return response
