"""OpenAPI beyond its routes: what a stranger needs who has nothing but the address."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

DESCRIPTION = """
A home-care telemonitoring gateway: sensors in homes publish over MQTT, rules raise **alerts**,
people take and close them, reviews change the rules. A pilot system, not for clinical decisions.

**Sign in.** Programs send `Authorization: Bearer TOKEN`; an operator makes one with
`homecare token`. A browser that is signed in may call the API with its session cookie; requests
that change something then carry the header `X-CSRF-Token` (see `GET /api/v1/session`).

**Rights.** A token has roles at sites. What it has no right to see is *not found* (404), never
forbidden. Technicians and administrators see no readings, no reasons of alerts and no payloads.

**Time** is RFC 3339 in UTC with milliseconds. Accelerated demo sites have a clock of their own:
fields that end in `_at` and concern readings are on the site's clock, what people do is on the
wall clock; each description says which.

**Values** are decimal strings (`"71.4"`) with UCUM units (`kg`), at the signal's resolution, so
that no digit is invented or lost.

**Errors** are problem details (RFC 9457, `application/problem+json`) with a `hint` that says what
to do.

**Live.** `GET /events` is a server-sent event stream; resume it with `Last-Event-ID`.

**Repeating is safe.** Actions take a `key` of your making; the same key twice does nothing twice.
"""

TAGS = [
    {"name": "alerts", "description": "What needs a person now, and what people do with it."},
    {"name": "residents", "description": "Residents, their latest values and their readings."},
    {"name": "devices", "description": "Devices, when they were heard, and what was rejected."},
    {"name": "registry", "description": "Sites, homes, residents and devices from one file."},
    {"name": "rules", "description": "Rules, their versions, and which run live where."},
    {"name": "reviews", "description": "Living-lab reviews that decide about rules."},
    {"name": "simulation", "description": "Simulated homes: progress, orders, the score."},
    {"name": "session", "description": "Who the caller is."},
    {"name": "live", "description": "The event stream."},
    {"name": "health", "description": "For load balancers, monitoring and operators."},
]

PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["about:blank"]},
        "title": {"type": "string", "examples": ["acknowledge: alert K7Q2"]},
        "status": {"type": "integer", "examples": [409]},
        "detail": {"type": "string", "examples": ["Aoife has it since 03:15"]},
        "hint": {"type": "string", "examples": ["Take it over if you are nearer"]},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
STANDARD = {
    "401": "No valid token or session.",
    "404": "It does not exist, or the caller may not know that it does.",
    "422": "The request does not fit the description; nothing was changed.",
}


def describe(app: FastAPI) -> None:
    """Replace the stock generator, adding sign-in and the problems that every route can answer."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                summary="Alerts, readings, devices and rules of a home-care pilot",
                description=DESCRIPTION,
                routes=app.routes,
                tags=TAGS,
                license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
            )
            _add_security(schema)
            _add_problems(schema)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _add_security(schema: dict[str, Any]) -> None:
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "`homecare token`"},
        "session": {"type": "apiKey", "in": "cookie", "name": "homecare_session"},
    }
    components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    for path, operations in schema["paths"].items():
        if path.startswith("/api/") or path == "/events":
            for operation in operations.values():
                operation["security"] = [{"bearer": []}, {"session": []}]


def _add_problems(schema: dict[str, Any]) -> None:
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in schema["paths"].items():
        if not path.startswith("/api/"):
            continue
        for operation in operations.values():
            responses = operation["responses"]
            for status, meaning in STANDARD.items():
                responses[status] = {"description": meaning, "content": body}
