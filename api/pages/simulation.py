"""The simulator: what runs, what is staged in it, and whether what was planted is noticed.

Only where simulated sites are. The orders are the API's; a simulator carries them out within a
second or two, and the page says what became of each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import PageViewer
from api.http.simulation import desk_of, shown
from api.pages.forms import text_of
from api.pages.page import is_htmx, render
from api.simulation import noticed, orders
from api.simulation.desk import Run
from api.simulation.models import OrderIn, RunOut, ScoreOut
from devices.errors import Refused, Spoken
from gateway.access import Viewer, not_found
from gateway.texts import format_decimal
from simulators.faults import FAULTS

router = APIRouter(prefix="/simulator")

SHOWN = 10  # situations at first
SPEEDS = ("1", "10", "60", "600", "max")
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Staging:
    """What was put into the form, to be shown again where it was refused."""

    home: str = ""
    what: str = ""
    length: str = "1 h"
    more: str = ""


@router.get("")
def simulator(
    request: Request,
    viewer: PageViewer,
    run: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=5_000)] = SHOWN,
) -> Response:
    """The run that was heard last, or the one that is named."""
    return _page(request, viewer, run, Staging(), limit=limit)


@router.post("/orders")
def order(
    request: Request,
    viewer: PageViewer,
    run: Annotated[str, Form(max_length=32)],
    kind: Annotated[str, Form(max_length=20)],
    speed: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Start, pause, speed, end."""
    _let_in(request, viewer)
    return _give(request, viewer, {"run": run, "kind": kind, "speed": speed or None}, Staging())


@router.post("/stage")
def stage(
    request: Request,
    viewer: PageViewer,
    run: Annotated[str, Form(max_length=32)],
    home: Annotated[str, Form(max_length=LONGEST)] = "",
    what: Annotated[str, Form(max_length=LONGEST)] = "",
    length: Annotated[str, Form(max_length=LONGEST)] = "",
    more: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """A scenario or a fault, in a home, now."""
    _let_in(request, viewer)
    staging = Staging(home, what, length, more)
    site, _, name = home.strip().partition("/")
    kind, _, chosen = what.partition(":")
    wanted: dict[str, Any] = {"run": run, "kind": kind, "site": site, "home": name}
    try:
        wanted |= {"fault": _fault(chosen, staging)} if kind == "fault" else {"scenario": chosen}
    except Refused as refused:
        return _page(request, viewer, run, staging, refused)
    return _give(request, viewer, wanted, staging)


def _let_in(request: Request, viewer: Viewer) -> None:
    """Before anything is read: who may not simulate does not learn that there is such a page."""
    if not orders.simulated(auth.gateway_of(request), viewer):
        raise not_found("open", "page")


def _give(request: Request, viewer: Viewer, wanted: dict[str, Any], staging: Staging) -> Response:
    name = str(wanted["run"])
    try:
        given = orders.give(desk_of(request), auth.gateway_of(request), viewer, _order(wanted))
    except Refused as refused:
        return _page(request, viewer, name, staging, refused)
    return RedirectResponse(f"/simulator?run={wanted['run']}#order-{given.order}", 303)


def _order(wanted: dict[str, Any]) -> OrderIn:
    from pydantic import ValidationError

    try:
        return OrderIn.model_validate(wanted)
    except ValidationError as error:
        where = ", ".join(str(part["loc"][0]) for part in error.errors() if part["loc"])
        raise Refused(
            "tell the simulator",
            where,
            Spoken("something is missing or is written in another way"),
            Spoken("Choose a home and what happens there"),
        ) from error


def _fault(name: str, staging: Staging) -> dict[str, str | list[str]]:
    """An entry of a fault file from the form: its length, and `key: value` lines."""
    found: dict[str, str | list[str]] = {"fault": name}
    if staging.length.strip():
        found["for"] = staging.length.strip()
    for line in staging.more.replace(";", "\n").splitlines():
        if not line.strip():
            continue
        key, sign, value = line.partition(":")
        if not sign or not value.strip():
            raise Refused(
                "lay a fault", line.strip(), Spoken("it is not `key: value`"), Spoken("One a line")
            )
        if key.strip() == "devices":
            found["devices"] = [word.strip() for word in value.strip(" []").split(",")]
        else:
            found[key.strip()] = value.strip()
    return found


def _page(
    request: Request,
    viewer: Viewer,
    name: str,
    staging: Staging,
    refused: Refused | None = None,
    *,
    limit: int = SHOWN,
) -> Response:
    gateway, desk = auth.gateway_of(request), desk_of(request)
    _let_in(request, viewer)
    runs = orders.visible(desk, gateway, viewer)
    chosen = next((one for one in runs if one[0] == name), runs[0] if runs else None)
    context: dict[str, Any] = {"run": None, "score": None, "live": None}
    if chosen is not None:
        context = _of_run(request, viewer, chosen[0], chosen[1])
    return render(
        request,
        "simulator_live.html" if is_htmx(request) else "simulator.html",
        viewer=viewer,
        status=422 if refused is not None else 200,
        runs=[shown(request, viewer, one) for _, one in runs],
        problems=[] if refused is None else [("", text_of(refused))],
        staging=staging,
        scenarios=orders.every_scenario(),
        faults=FAULTS,
        speeds=SPEEDS,
        limit=limit,
        number=_numbers(viewer.language),
        **context,
    )


def _numbers(language: str) -> Callable[..., str]:
    """Counts and rates as that language writes them."""

    def number(value: float, decimals: int | None = None) -> str:
        exact = Decimal(str(int(value) if value == int(value) else value))
        rounded = exact if decimals is None else round(exact, decimals)
        return format_decimal(rounded, language, decimals)

    return number


def _of_run(request: Request, viewer: Viewer, name: str, run: Run) -> dict[str, Any]:
    gateway = auth.gateway_of(request)
    live: RunOut = shown(request, viewer, run)
    score: ScoreOut = noticed.score(gateway, viewer, name, run)
    sites = gateway.registry.directory.sites
    return {
        "run": name,
        "live": live,
        "score": score,
        "zone": sites[live.sites[0]].zone,
        "homes": _homes(run, live.sites),
    }


def _homes(run: Run, sites: Sequence[str]) -> list[str]:
    """Names to choose from; any other can be typed."""
    return [f"{site}/{home}" for site, home in sorted(run.cast) if site in sites]
