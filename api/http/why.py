"""Why, and why not, for programs: what a rule said of somebody at a moment, node by node."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from api.auth import ApiViewer, gateway_of
from api.http import PREFIX
from api.http.models import In, Moment, Out
from api.pages.why_asking import LIMIT, Asked, answer_to
from api.pages.why_lines import Line
from api.pages.why_view import view
from devices.errors import Refused
from gateway.access import Viewer

router = APIRouter(prefix=f"{PREFIX}/why", tags=["rules"])


class WhyReadingOut(Out):
    """What a source last said at the moment."""

    name: str = Field(examples=["Body weight"])
    value: str = Field(description="Empty: an event has none", examples=["71.4 kg"])
    at: Moment = Field(description="Site clock")
    age_ms: int = Field(examples=[7_680_000])


class WhyLineOut(Out):
    """One operator of the rule."""

    number: int = Field(description="As people count lines", examples=[2])
    depth: int
    step: int = Field(description="Of the plan; what evidence calls a node")
    word: str = Field(examples=["above"])
    file_line: int = Field(description="In the rule's file", examples=[21])
    text: str
    answer: str = Field(description="true, false or unknown; never one for another")
    value: str = Field(description="Of what is compared", examples=["1.8 kg"])
    needed: str = Field(description="What would have turned it", examples=["needs 2.1 kg or more"])
    readings: list[WhyReadingOut]
    missing: list[str] = Field(examples=[["SpO₂ unknown: 9 h old, it counts for 4 hours"]])
    since: str
    follows: str = Field(description="What it would say next if nothing new came")
    misses: list[str] = Field(description="Single readings that would have turned it")
    stopped: bool = Field(description="Here a rule that did not speak stopped")


class WhyBrakeOut(Out):
    """What could keep it from being heard or told."""

    kind: str = Field(examples=["paused"])
    text: str
    on: bool = Field(description="At that moment it did")


class WhyStepOut(Out):
    """What came of a recorded episode."""

    text: str
    at: Moment | None = None
    site_clock: bool = Field(description="The time is the site's clock; else the wall's")


class WhyOut(Out):
    """One rule, one subject, one moment."""

    site: str
    rule: str = Field(examples=["weight-up"])
    version: str = Field(description="`draft`: none of the rulebook", examples=["3f9c2a"])
    mode: str = Field(description="As it was then: live, shadow or off; `draft`")
    subject: str = Field(examples=["resident:anna"])
    at: Moment = Field(description="Site clock")
    zone: str = Field(description="In which texts tell the time", examples=["Europe/Dublin"])
    answer: str = Field(description="true, false, unknown, or gone: nothing is kept of that time")
    verdict: str = Field(examples=["No: stopped at line 2."])
    sentence: str
    lines: list[WhyLineOut]
    clear_lines: list[WhyLineOut]
    enough: list[str] = Field(description="What would have turned the whole rule")
    rests_on: list[WhyReadingOut] = Field(description="Where it is true: what made it so")
    brakes: list[WhyBrakeOut]
    alert: str | None = Field(None, description="Code of the alert of the recorded episode")
    came_of_it: list[WhyStepOut]
    notes: list[str]
    first_at: Moment | None = Field(None, description="The oldest reading that is kept")
    previous_at: Moment | None = Field(None, description="The reading before")
    next_at: Moment | None = Field(None, description="The next reading")


class WhyIn(In):
    """A question with a draft, which runs nowhere and is kept nowhere."""

    draft: str = Field(description="A rule file (YAML)", max_length=200_000)
    resident: str | None = None
    site: str | None = None
    home: str | None = None
    at: str | None = Field(None, examples=["2026-11-04 03:10"])
    values: dict[str, str] = Field(default={}, max_length=100)


@router.get("", summary="Why a rule spoke, or did not, at a moment")
def read_why(
    request: Request,
    viewer: ApiViewer,
    rule: Annotated[str, Query(examples=["spo2-low"])],
    resident: Annotated[str | None, Query(examples=["anna"])] = None,
    site: Annotated[str | None, Query(description="With `home`: of a rule about homes")] = None,
    home: Annotated[str | None, Query(description="Instead of `resident`")] = None,
    at: Annotated[
        str | None, Query(description="Site's wall time, RFC 3339 or ms UTC; default: now")
    ] = None,
    version: Annotated[str | None, Query(description="Default: the one in force then")] = None,
) -> WhyOut:
    """Computed anew by the rules engine; the look is recorded. `limit-NAME=VALUE` asks with other
    numbers than those that held.
    """
    known = {"rule": rule, "resident": resident, "site": site, "home": home, "at": at,
             "version": version}  # fmt: skip
    fields = {name: text for name, text in known.items() if text}
    limits = {k: v for k, v in request.query_params.items() if k.startswith(LIMIT)}
    return _out(request, viewer, Asked.of({**fields, **limits}))


@router.post("", summary="Why a draft would have spoken, or not")
def ask_draft(request: Request, viewer: ApiViewer, body: WhyIn) -> WhyOut:
    """The same with a rule file that runs nowhere. The look is recorded."""
    fields = {
        "draft": body.draft,
        "resident": body.resident or "",
        "site": body.site or "",
        "home": body.home or "",
        "at": body.at or "",
        **{LIMIT + name: text for name, text in body.values.items()},
    }
    return _out(request, viewer, Asked.of(fields))


def _out(request: Request, viewer: Viewer, asked: Asked) -> WhyOut:
    if not (asked.resident or asked.home):
        raise Refused("ask why", asked.rule or "a draft", "about nobody", "Name a resident")
    answer = answer_to(gateway_of(request), viewer, asked)
    shown = view(answer, viewer.language)
    return WhyOut(
        site=answer.site.id,
        rule=answer.rule.name,
        version=answer.version,
        mode=answer.mode,
        subject=answer.whom.subject,
        at=answer.question.at,
        zone=answer.site.zone,
        answer=shown.mark,
        verdict=shown.verdict,
        sentence=shown.sentence,
        lines=[_line(one) for one in shown.lines],
        clear_lines=[_line(one) for one in shown.clear_lines],
        enough=list(shown.enough),
        rests_on=[WhyReadingOut.model_validate(one) for one in shown.rests],
        brakes=[WhyBrakeOut.model_validate(one) for one in shown.brakes],
        alert=answer.told.code if answer.told is not None else None,
        came_of_it=[WhyStepOut.model_validate(one) for one in shown.steps],
        notes=list(shown.notes),
        first_at=answer.first_at,
        previous_at=answer.previous_at,
        next_at=answer.next_at,
    )


def _line(one: Line) -> WhyLineOut:
    names = WhyLineOut.model_fields
    fields = {name: getattr(one, name) for name in names if name not in {"answer", "readings"}}
    readings = [WhyReadingOut.model_validate(r) for r in one.readings]
    return WhyLineOut(**fields, answer=one.mark, readings=readings)
