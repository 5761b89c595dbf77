"""One rule for one resident, for programs: their own limits, and whether it is on for them."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field

from api.auth import ApiViewer, gateway_of
from api.http import PREFIX
from api.http.models import In, Moment, Out
from api.pages.clocks import site_now
from api.pages.own_rules import set_limits, whose
from gateway import rulebook
from gateway.access import Viewer, not_found
from gateway.db import reading, writing

router = APIRouter(prefix=f"{PREFIX}/residents", tags=["rules"])

Resident = Annotated[str, Path(description="The resident's id", examples=["anna"])]
Name = Annotated[str, Path(description="The rule's name", examples=["spo2-low"])]


class SwitchIn(In):
    """Off for this resident, or on again."""

    on: bool = Field(examples=[False])
    reason: str = Field(max_length=1000, examples=["She is with her daughter until Sunday."])


class OwnLimitsIn(In):
    """Their own limits; an empty text goes back to the site's."""

    values: dict[str, str] = Field(examples=[{"limit": "88 %"}])
    reason: str = Field(max_length=1000, examples=["COPD: 88 to 92 % is prescribed."])


class DecidedOut(Out):
    """One care decision about this rule and resident."""

    kind: str = Field(description="switch or parameter", examples=["switch"])
    name: str = Field(description="The parameter's; *: the switch", examples=["*"])
    before: str | None = Field(None, description="0: off; of a parameter its value")
    after: str | None = None
    reason: str
    by: str = Field(validation_alias="by_name", examples=["Nora"])
    at: Moment = Field(description="Wall clock")


class OwnRuleOut(Out):
    """What holds for the resident now, and what was decided, newest first."""

    on: bool
    values: dict[str, str] = Field(description="In use for them", examples=[{"limit": "88"}])
    own: list[str] = Field(description="Which of these are their own", examples=[["limit"]])
    decided: list[DecidedOut]


@router.get("/{resident}/rules/{rule}", summary="One rule for one resident")
def read_own_rule(
    request: Request, viewer: ApiViewer, resident: Resident, rule: Name
) -> OwnRuleOut:
    """Limits in use and whose they are; for who may set them."""
    return _now(request, viewer, resident, rule)


@router.post("/{resident}/rules/{rule}/switch", summary="Switch a rule for one resident")
def switch_rule(
    request: Request, viewer: ApiViewer, resident: Resident, rule: Name, body: SwitchIn
) -> OwnRuleOut:
    """From now on; a rule that answers a call for help is never switched off."""
    gateway = gateway_of(request)
    person = whose(gateway, viewer, resident)
    with writing(gateway.engine) as conn:
        rulebook.switch(
            *(conn, viewer, person.site, person.id, rule),
            on=body.on,
            reason=body.reason,
            now=gateway.clock.now(),
            site_at=site_now(gateway, person.site),
        )
    return _now(request, viewer, resident, rule)


@router.post("/{resident}/rules/{rule}/limits", summary="Set a resident's own limits")
def set_own_limits(
    request: Request, viewer: ApiViewer, resident: Resident, rule: Name, body: OwnLimitsIn
) -> OwnRuleOut:
    """Within the range that a review adopted; all of them or none."""
    gateway = gateway_of(request)
    person = whose(gateway, viewer, resident)
    with writing(gateway.engine) as conn:
        set_limits(conn, gateway, viewer, person, rule, body.values, body.reason)
    return _now(request, viewer, resident, rule)


def _now(request: Request, viewer: Viewer, resident: str, rule: str) -> OwnRuleOut:
    gateway = gateway_of(request)
    person = whose(gateway, viewer, resident)
    at = site_now(gateway, person.site)
    with reading(gateway.engine) as conn:
        entry = rulebook.live_entry(conn, person.site, rule, at)
        if entry is None:
            raise not_found("open", "rule")
        mine = rulebook.overrides(conn, person.site, at).get((rule, person.id), {})
        told = rulebook.history(conn, viewer, person.site, rule)
    values = rulebook.merged(entry, mine)
    return OwnRuleOut(
        on=not rulebook.switched_off(mine),
        values={name: f"{value:f}" for name, value in values.items()},
        own=sorted(mine.keys() & values.keys()),
        decided=[DecidedOut.model_validate(one) for one in told if one.resident == person.id],
    )
