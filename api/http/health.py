"""For load balancers, monitoring and operators. No health value of a person, no name."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.auth import ApiViewer, gateway_of
from api.http import PREFIX
from api.http.models import Out
from gateway.access import Action

router = APIRouter(tags=["health"])


class Live(Out):
    """Alive."""

    live: bool = Field(examples=[True])


class CheckOut(Out):
    """One thing that is looked at."""

    ok: bool
    value: Any = Field(None, description="As measured", examples=[12])
    since: int | None = Field(None, description="ms UTC since when it is so")
    hint: str = Field("", description="What to do about it")


class HealthOut(Out):
    """All checks."""

    live: bool
    ready: bool
    checks: dict[str, CheckOut]


@router.get("/health/live", summary="Is the process alive?")
def live() -> Live:
    """Answers while the web loop turns; looks at nothing else."""
    return Live(live=True)


@router.get("/health/ready", summary="Can it do its work?", response_model=Live)
def ready(request: Request) -> Response:
    """200 when intake, rules and stores work; else 503. Details need a sign-in: /api/v1/health."""
    state = gateway_of(request).health()
    return JSONResponse({"ready": state["ready"], "live": True}, 200 if state["ready"] else 503)


@router.get(f"{PREFIX}/health", summary="Every check, with what to do")
def checks(request: Request, viewer: ApiViewer) -> HealthOut:
    """Needs a role that runs the place."""
    viewer.require(Action.SEE_OPERATIONS)
    state = gateway_of(request).health()
    return HealthOut(
        live=state["live"],
        ready=state["ready"],
        checks={name: CheckOut(**_fields(check)) for name, check in state["checks"].items()},
    )


def _fields(check: dict[str, Any]) -> dict[str, Any]:
    return {name: check[name] for name in ("ok", "value", "since", "hint") if name in check}


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def metrics(request: Request) -> Response:
    """Journal and store lag, dead letters, watermarks, broker epoch, receipt to alert."""
    return Response(gateway_of(request).metrics(), media_type="text/plain; version=0.0.4")
