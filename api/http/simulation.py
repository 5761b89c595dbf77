"""Live simulations for programs: what a simulator reports, what people tell it, the score."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from api.auth import ApiViewer, gateway_of
from api.http import PREFIX
from api.simulation import noticed, orders
from api.simulation.desk import Desk, Run
from api.simulation.models import (
    CatalogueOut,
    FaultOut,
    GivenOut,
    OrderIn,
    ParameterOut,
    ReportedOut,
    ReportIn,
    RunId,
    RunOut,
    ScenarioOut,
    ScoreOut,
)
from gateway.access import Action, Viewer
from simulators.faults import FAULTS
from simulators.scenarios.staging import DAY

router = APIRouter(prefix=f"{PREFIX}/simulations", tags=["simulation"])


def desk_of(request: Request) -> Desk:
    """The one of this application."""
    desk: Desk = request.app.state.simulations
    return desk


def shown(request: Request, viewer: Viewer, run: Run) -> RunOut:
    """A run as this viewer may see it: of other sites neither homes nor orders."""
    gateway, report = gateway_of(request), run.report
    mine = set(orders.simulated(gateway, viewer))
    whole = set(report.sites) <= mine
    return RunOut.model_validate(
        report.model_dump(exclude={"planted", "cast", "answers", "paused", "ended"})
        | {
            "sites": [site for site in report.sites if site in mine],
            "state": run.state(gateway.clock.now()),
            "refused": [one for one in report.refused if one.hub.split("/")[0] in mine],
            "can_order": whole,
            "orders": desk_of(request).orders(run) if whole else [],
        }
    )


@router.get("", summary="Simulations at the caller's sites")
def list_runs(request: Request, viewer: ApiViewer) -> list[RunOut]:
    """Newest word first; one is forgotten a day after its last."""
    viewer.require(Action.SIMULATE)
    gateway = gateway_of(request)
    found = orders.visible(desk_of(request), gateway, viewer)
    return [shown(request, viewer, run) for _, run in found]


@router.get("/catalogue", summary="Scenarios and faults that can be staged")
def catalogue(request: Request, viewer: ApiViewer) -> CatalogueOut:
    """For who may simulate anywhere."""
    del request
    viewer.require(Action.SIMULATE)
    return CatalogueOut(
        scenarios=[
            ScenarioOut(
                name=one.name,
                title=one.title,
                needs=list(one.needs),
                people=orders.people_of(one),
                days=round(one.lasts_ms / DAY, 3),
            )
            for one in orders.every_scenario()
        ],
        faults=[
            FaultOut(
                name=one.name,
                title=one.title,
                whole_home=one.whole_home,
                parameters=[
                    ParameterOut(name=p.name, what=p.what, default=p.default, required=p.required)
                    for p in one.parameters
                ],
            )
            for one in FAULTS
        ],
    )


@router.post("/reports", summary="A simulator's word, each second")
def report(request: Request, viewer: ApiViewer, told: ReportIn) -> ReportedOut:
    """Answers with the orders that wait for it. For simulated sites alone."""
    return orders.take(desk_of(request), gateway_of(request), viewer, told)


@router.post("/orders", summary="Start, pause, speed, scenario, fault or end", status_code=202)
def order(request: Request, viewer: ApiViewer, wanted: OrderIn) -> GivenOut:
    """Carried out within a second or two; `orders` of the run says what became of it."""
    return orders.give(desk_of(request), gateway_of(request), viewer, wanted)


@router.get("/{run}", summary="One simulation")
def one_run(
    request: Request, viewer: ApiViewer, run: Annotated[RunId, Path(examples=["3f9c2a7b51"])]
) -> RunOut:
    """Its progress and the newest orders."""
    found = orders.found(desk_of(request), gateway_of(request), viewer, run)
    return shown(request, viewer, found)


@router.get("/{run}/score", summary="What was planted, what was noticed, after how long")
def run_score(
    request: Request, viewer: ApiViewer, run: Annotated[RunId, Path(examples=["3f9c2a7b51"])]
) -> ScoreOut:
    """While it goes on; false alerts are those that touch nothing planted."""
    gateway = gateway_of(request)
    found = orders.found(desk_of(request), gateway, viewer, run)
    return noticed.score(gateway, viewer, run, found)
