"""The registry for programs: what a file would change, and changing it."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api.auth import ApiViewer, api_viewer, gateway_of
from api.bounds import REGISTRY_BODY
from api.http import PREFIX
from api.http.models import In, Out
from api.onboarding import bring_in
from devices.errors import Refused
from gateway.access import Action
from gateway.registry import importing
from gateway.registry.plans import Plan, What


class KnownFirst(APIRoute):
    """Who asks is settled before the body is read: a stranger sends no 42 MB into our memory."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own, which reads the body and only then asks the route's dependencies."""
        handle = super().get_route_handler()

        async def known_first(request: Request) -> Response:
            viewer = await run_in_threadpool(api_viewer, request)
            viewer.require(Action.IMPORT_REGISTRY)
            return await handle(request)

        return known_first


router = APIRouter(prefix=f"{PREFIX}/registry", tags=["registry"], route_class=KnownFirst)

EXAMPLE = """sites:
  - id: donegal
    name: Donegal
    zone: Europe/Dublin
    languages: [en, ga]
    emergency: [112, 999]
    fallback_phone: +353 74 910 0000
"""


class FileIn(In):
    """A registry file."""

    name: str = Field(description="Its ending tells the format", examples=["homes.yaml"])
    text: str = Field(max_length=20_000_000, examples=[EXAMPLE])


class ChangeOut(Out):
    """What becomes of one thing."""

    action: str = Field(description="added, changed or ended", examples=["added"])
    kind: str = Field(examples=["device"])
    id: str = Field(examples=["donegal/home-1/scale"])
    detail: str
    line: int


class LineOut(Out):
    """Something said of one line of the file."""

    line: int = Field(examples=[17])
    reason: str = Field(examples=["resident 'anna' has no consent column: write a day, or no"])


class PasswordOut(Out):
    """A device's or hub's password, at the only moment at which it can be read."""

    login: str = Field(examples=["donegal.home-1.hub-1"])
    password: str


class PlanOut(Out):
    """What the file would change; with problems, nothing."""

    file: str
    changes: list[ChangeOut]
    unchanged: int
    problems: list[LineOut]
    notes: list[LineOut] = Field(description="Where the file's word is left aside, and why")
    left: list[str] = Field(description="Registered but not in the file: they stay as they are")
    applied: bool
    passwords: list[PasswordOut] = Field(description="New ones; shown once")


@router.post(
    "/import",
    summary="Import a registry file, or see what it would change",
    max_body_size=REGISTRY_BODY,
)
def import_file(
    request: Request,
    viewer: ApiViewer,
    file: FileIn,
    dry_run: Annotated[bool, Query(description="Change nothing; only say")] = True,
) -> PlanOut:
    """All of it or nothing; the same file twice changes nothing. 422 when a row is wrong."""
    viewer.require(Action.IMPORT_REGISTRY)
    gateway = gateway_of(request)
    now = gateway.clock.now()
    plan = importing.plan(file.text, file.name, gateway.registry.directory, now)
    for site in sorted(plan.sites):
        viewer.require(Action.IMPORT_REGISTRY, site)
    if dry_run:
        return _said(plan, applied=False, passwords=[])
    if plan.problems:
        raise Refused(
            "import",
            file.name,
            "; ".join(f"line {one.line}: {one.reason}" for one in plan.problems[:20]),
            "Mend the file and try again; nothing was changed",
        )
    made = bring_in(gateway.engine, plan, viewer, now)
    gateway.registry.reload()
    passwords = [PasswordOut(login=one.login, password=one.password) for one in made]
    return _said(plan, applied=True, passwords=passwords)


def _said(plan: Plan, *, applied: bool, passwords: list[PasswordOut]) -> PlanOut:
    return PlanOut(
        file=plan.file,
        changes=[
            ChangeOut.model_validate(one)
            for one in plan.changes
            if one.action is not What.UNCHANGED
        ],
        unchanged=plan.counts()[What.UNCHANGED] if not plan.problems else 0,
        problems=[LineOut.model_validate(one) for one in plan.problems],
        notes=[LineOut.model_validate(one) for one in plan.notes],
        left=list(plan.left),
        applied=applied,
        passwords=passwords,
    )
