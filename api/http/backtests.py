"""Back-tests for programs: rules over a site's past, and against other rules or numbers."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import Field

from api.auth import ApiViewer, gateway_of
from api.bounds import Id
from api.bounds import Moment as At
from api.http import PREFIX
from api.http.models import In, Moment, Out
from api.pages.clocks import site_now
from api.pages.lab_desk import desk_of
from gateway.access.audit import note_look
from gateway.db import reading
from reviews import backtests
from reviews.backtests import Question

router = APIRouter(prefix=f"{PREFIX}/backtests", tags=["rules"])

LONGEST = 64  # rules of one side
MOST_TEXT = 100_000  # characters of one rule file


class BacktestIn(In):
    """Which rules, over which past, against what."""

    site: str = Field(examples=["borgarbyggd"])
    start: At = Field(alias="from", description="Site clock", examples=[1_788_220_800_000])
    end: At | None = Field(None, alias="to", description="Site clock; none: now")
    rules: list[Annotated[str, Field(max_length=MOST_TEXT)]] = Field(
        description="Texts of rule files", min_length=1, max_length=LONGEST
    )
    against: list[Annotated[str, Field(max_length=MOST_TEXT)]] = Field([], max_length=LONGEST)
    numbers: dict[str, str] = Field(
        {}, alias="set", description="Numbers of the other side", examples=[{"limit": "88 %"}]
    )


class BacktestOut(Out):
    """A back-test asked for, under way, done or failed."""

    id: int
    site: str
    state: str = Field(description="queued, running, done or failed", examples=["done"])
    progress: int = Field(description="Percent")
    problem: str | None
    snapshot: str | None = Field(description="sha256 of the history that was sealed for it")
    engine: str | None = Field(description="Hash of the engine that ran")
    by_name: str
    asked_at: Moment = Field(description="Wall clock")
    finished_at: Moment | None = Field(description="Wall clock")
    result: dict[str, Any] | None = Field(
        description="The report: `rules` counted, the `difference` between the two sides, and all "
        "`episodes`. Times in ms UTC of the site's clock"
    )


@router.post("", summary="Back-test rules", status_code=202)
def ask_backtest(request: Request, viewer: ApiViewer, body: BacktestIn) -> BacktestOut:
    """Queued; ask for it by its number until it is done."""
    gateway = gateway_of(request)
    backtests.require_all(viewer, body.site)
    now = site_now(gateway, body.site)
    end = now if body.end is None else min(body.end, now)
    question = Question(
        body.site, body.start, end, tuple(body.rules), tuple(body.against), body.numbers or None
    )
    asked = desk_of(request).backtest(viewer, question)
    return _found(request, viewer, asked)


@router.get("/{backtest_id}", summary="One back-test")
def read_backtest(
    request: Request, viewer: ApiViewer, backtest_id: Annotated[Id, Path(examples=[4])]
) -> BacktestOut:
    """Its progress, then its report. Your look is recorded."""
    return _found(request, viewer, backtest_id)


def _found(request: Request, viewer: ApiViewer, backtest_id: int) -> BacktestOut:
    gateway = gateway_of(request)
    with reading(gateway.engine) as conn:
        found = backtests.find(conn, viewer, backtest_id)
    if found.result is not None:
        what = f"back-test {found.id}"
        note_look(gateway.engine, viewer, what, found.site, None, gateway.clock.now())
    return BacktestOut.model_validate(found)
