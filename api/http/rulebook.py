"""Rules and the rulebook for programs: which version runs where, by what right. Read only."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from api.auth import ApiViewer, gateway_of
from api.http import PREFIX
from api.http.models import Moment, Out
from api.pages.clocks import site_now
from api.pages.sites import my_sites
from gateway import rulebook
from gateway.access import Action, not_found
from gateway.db import reading
from gateway.texts.phrases import format_parameter, render
from rules.file.language import Rule
from rules.sentences.sentence import sentence

router = APIRouter(prefix=f"{PREFIX}/rules", tags=["rules"])


class ParameterOut(Out):
    """A number that a site or a resident may set within a range."""

    name: str = Field(examples=["limit"])
    label: str = Field(examples=["Oxygen below"])
    value: str = Field(description="As the site runs it", examples=["88"])
    unit: str = Field(description="UCUM, or `clock`: minutes after midnight", examples=["%"])
    low: str = Field(examples=["80"])
    high: str = Field(examples=["94"])
    step: str = Field(examples=["1"])
    shown: str = Field(description="For people", examples=["88 %"])


class MandateOut(Out):
    """What allows a version to run."""

    kind: str = Field(description="founding, adopted or stop", examples=["founding"])
    by: str = Field(validation_alias="by_name")
    reason: str
    created_at: Moment
    expires_at: Moment | None = Field(None, description="Expiry shouts; it switches nothing off")


class RunningOut(Out):
    """One rule version at one site."""

    site: str
    rule: str = Field(examples=["spo2-low"])
    version: str = Field(description="Hash of its meaning", examples=["3f9c2a"])
    title: str
    sentence: str = Field(description="What it says with the site's values")
    mode: str = Field(description="live, shadow or off", examples=["live"])
    priority: str = Field(examples=["soon"])
    effective_at: Moment = Field(description="Site clock; in the future: scheduled")
    mandate: MandateOut | None = None
    parameters: list[ParameterOut]


class RuleOut(RunningOut):
    """With everything a person should know of it."""

    why: str
    source: str
    not_for: str
    guidance: list[str]
    text: str = Field(description="The rule file (YAML)")


class ChangeOut(Out):
    """One change of a rule at a site."""

    kind: str = Field(examples=["adopted"])
    by: str = Field(validation_alias="by_name")
    reason: str
    resident: str | None = None
    name: str | None = Field(None, description="Of a parameter")
    before: str | None = None
    after: str | None = None
    at: Moment = Field(description="Wall clock")
    effective_at: Moment = Field(description="Site clock")


@router.get("", summary="What runs where, now and scheduled")
def list_rules(
    request: Request,
    viewer: ApiViewer,
    site: Annotated[str | None, Query(description="Only this site")] = None,
) -> list[RunningOut]:
    """Every entry of the rulebook in force or still to come."""
    viewer.require(Action.SEE_RULES, site)
    gateway = gateway_of(request)
    found: list[RunningOut] = []
    with reading(gateway.engine) as conn:
        for place in my_sites(gateway.registry.directory, viewer, Action.SEE_RULES):
            if site in (None, place.id):
                at = site_now(gateway, place.id)
                found += [
                    RunningOut(**_running(entry, viewer.language))
                    for entry in rulebook.entries(conn, place.id, at)
                ]
    return found


@router.get("/{site}/{rule}", summary="One rule at one site")
def read_rule(
    request: Request,
    viewer: ApiViewer,
    site: Annotated[str, Path(examples=["donegal"])],
    rule: Annotated[str, Path(examples=["spo2-low"])],
) -> RuleOut:
    """The version in force in the live lane, with its file."""
    viewer.require(Action.SEE_RULES, site)
    gateway = gateway_of(request)
    with reading(gateway.engine) as conn:
        entry = rulebook.live_entry(conn, site, rule, site_now(gateway, site))
    if entry is None:
        raise not_found("open", "rule")
    known = rulebook.rule_of(entry.text)
    return RuleOut(
        **_running(entry, viewer.language),
        why=known.why,
        source=known.source,
        not_for=known.not_for,
        guidance=list(known.guidance),
        text=entry.text,
    )


@router.get("/{site}/{rule}/history", summary="Who changed it, when and why")
def read_history(
    request: Request,
    viewer: ApiViewer,
    site: Annotated[str, Path(examples=["donegal"])],
    rule: Annotated[str, Path(examples=["spo2-low"])],
) -> list[ChangeOut]:
    """Newest first."""
    with reading(gateway_of(request).engine) as conn:
        changes = rulebook.history(conn, viewer, site, rule)
    return [ChangeOut.model_validate(one) for one in changes]


def _running(entry: rulebook.Entry, language: str) -> dict[str, Any]:
    rule = rulebook.rule_of(entry.text)
    return {
        "site": entry.site,
        "rule": entry.rule_name,
        "version": entry.version,
        "title": rule.title,
        "sentence": render(sentence(rule, entry.values), language),
        "mode": str(entry.mode),
        "priority": str(rule.priority),
        "effective_at": entry.effective_at,
        "mandate": MandateOut.model_validate(entry.mandate) if entry.mandate else None,
        "parameters": _parameters(rule, entry, language),
    }


def _parameters(rule: Rule, entry: rulebook.Entry, language: str) -> list[ParameterOut]:
    return [
        ParameterOut(
            name=name,
            label=one.label,
            value=f"{entry.values[name]:f}",
            unit=one.unit,
            low=f"{one.low:f}",
            high=f"{one.high:f}",
            step=f"{one.step:f}",
            shown=format_parameter(entry.values[name], one.unit, language),
        )
        for name, one in rule.parameters.items()
    ]
