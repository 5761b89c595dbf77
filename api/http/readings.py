"""Residents and their readings for programs. Every look is recorded."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from api.auth import ApiViewer, gateway_of
from api.bounds import Moment as At
from api.http import PREFIX
from api.http.models import Moment, Out
from api.pages.clocks import site_now
from api.pages.sites import my_sites
from devices.errors import Refused
from devices.reading import Quality
from devices.signals import CATALOGUE, from_counts
from gateway.access import Action, Viewer, not_found
from gateway.access.audit import note_look
from gateway.series.store import Query as Readings

router = APIRouter(prefix=f"{PREFIX}/residents", tags=["residents"])

WEEK_MS = 7 * 86_400_000
DOUBTS = tuple(flag for flag in Quality if flag)

Resident = Annotated[str, Path(description="The resident's id", examples=["anna"])]


class ResidentOut(Out):
    """A resident, where they live, what holds now."""

    id: str = Field(examples=["anna"])
    site: str = Field(examples=["borgarbyggd"])
    name: str = Field(examples=["Anna J."])
    born: int | None = Field(None, description="Year", examples=[1942])
    home: str | None = Field(None, examples=["hvanneyri-7"])
    language: str = Field(examples=["is"])
    paused: bool = Field(description="Monitoring is paused now")
    consented: bool = Field(description="Monitoring is agreed to now")


class LatestOut(Out):
    """The newest reading of one signal of one device."""

    signal: str = Field(examples=["body_weight"])
    device: str = Field(examples=["scale"])
    place: str | None = Field(None, examples=["bathroom"])
    value: str = Field(description="Decimal, at the signal's resolution", examples=["71.4"])
    word: str | None = Field(None, description="Of a state", examples=["open"])
    unit: str = Field(description="UCUM; 1: without unit", examples=["kg"])
    at: Moment = Field(description="Site clock")
    old: bool = Field(description="Older than the signal holds: the value is not known now")
    doubts: list[str] = Field(description="What is doubtful about it", examples=[["untimed"]])


class BucketOut(Out):
    """Down-sampled readings: lowest and highest really occurred, so no peak is hidden."""

    start: Moment = Field(description="Site clock")
    low: str = Field(examples=["69.1"])
    high: str = Field(examples=["71.4"])
    mean: str = Field(examples=["70.22"])
    count: int = Field(examples=[4])


class ReadingsOut(Out):
    """One signal of one resident over an interval."""

    resident: str
    signal: str = Field(examples=["body_weight"])
    unit: str = Field(examples=["kg"])
    loinc: str | None = Field(None, examples=["29463-7"])
    width_ms: int = Field(description="Of one bucket")
    buckets: list[BucketOut]


@router.get("", summary="Residents the caller may see")
def list_residents(
    request: Request,
    viewer: ApiViewer,
    site: Annotated[str | None, Query(description="Only this site")] = None,
) -> list[ResidentOut]:
    """Those who live in a home now."""
    viewer.require(Action.SEE_RESIDENTS)
    gateway = gateway_of(request)
    directory = gateway.registry.directory
    found = []
    for place in my_sites(directory, viewer):
        at = site_now(gateway, place.id)
        found += [
            _resident(person, at)
            for person in directory.residents(place.id)
            if site in (None, place.id)
            and person.home(at) is not None
            and viewer.sees_resident(place.id, person.id)
        ]
    for name in {one.site for one in found}:
        note_look(gateway.engine, viewer, f"residents:{name}", name, None, gateway.clock.now())
    return found


@router.get("/{resident}", summary="One resident")
def read_resident(request: Request, viewer: ApiViewer, resident: Resident) -> ResidentOut:
    """Without readings. Looking is recorded."""
    gateway = gateway_of(request)
    person = gateway.registry.directory.resident(resident)
    if person is None:
        raise not_found("open", "resident")
    viewer.require_resident(Action.SEE_RESIDENTS, person.site, person.id, "open")
    now = gateway.clock.now()
    note_look(gateway.engine, viewer, f"resident:{person.id}", person.site, person.id, now)
    return _resident(person, site_now(gateway, person.site))


@router.get("/{resident}/latest", summary="The newest value of everything, with its age")
def read_latest(request: Request, viewer: ApiViewer, resident: Resident) -> list[LatestOut]:
    """A value without its time is never shown."""
    gateway = gateway_of(request)
    person = _person(gateway, viewer, resident)
    now = site_now(gateway, person.site)
    rows = gateway.reading_room.latest(viewer, person.site, resident=person.id)
    return [
        LatestOut(
            signal=row.signal,
            device=row.device,
            place=row.place,
            value=str(from_counts(CATALOGUE[row.signal], row.x)),
            word=CATALOGUE[row.signal].word(row.x),
            unit=CATALOGUE[row.signal].unit,
            at=row.at,
            old=now - row.at > CATALOGUE[row.signal].max_age_ms,
            doubts=[str(flag.name).lower() for flag in DOUBTS if row.quality & flag],
        )
        for row in rows
    ]


@router.get("/{resident}/readings", summary="One signal over time, down-sampled")
def read_readings(
    request: Request,
    viewer: ApiViewer,
    resident: Resident,
    signal: Annotated[str, Query(description="A name of the catalogue", examples=["pulse"])],
    start: Annotated[
        At | None, Query(description="ms UTC, site clock; default: a week before `end`")
    ] = None,
    end: Annotated[At | None, Query(description="ms UTC, site clock; default: now")] = None,
    buckets: Annotated[int, Query(ge=1, le=2_000, description="How many at most")] = 200,
    place: Annotated[str | None, Query(description="Only where it was measured")] = None,
    implausible: Annotated[
        Literal["without", "with"], Query(description="Values no living person shows")
    ] = "without",
) -> ReadingsOut:
    """Lowest, highest and mean of each bucket; empty ones are left out."""
    gateway = gateway_of(request)
    person = _person(gateway, viewer, resident)
    entry = CATALOGUE.get(signal)
    if entry is None:
        raise Refused(
            "read readings", signal, "no such signal", f"Known: {', '.join(sorted(CATALOGUE))}"
        )
    until = site_now(gateway, person.site) + 1 if end is None else end
    since = until - WEEK_MS if start is None else start
    query = Readings(
        person.site,
        resident=person.id,
        signals=(signal,),
        place=place,
        start=since,
        end=until,
        without=int(Quality.IMPLAUSIBLE) if implausible == "without" else 0,
    )
    width = max(1, -(-(until - since) // buckets))
    digit = Decimal(1).scaleb(-entry.decimals - 1)
    return ReadingsOut(
        resident=person.id,
        signal=signal,
        unit=entry.unit,
        loinc=entry.loinc,
        width_ms=width,
        buckets=[
            BucketOut(
                start=one.start,
                low=str(from_counts(entry, one.low)),
                high=str(from_counts(entry, one.high)),
                mean=str((Decimal(str(one.mean)) * entry.resolution).quantize(digit)),
                count=one.count,
            )
            for one in gateway.reading_room.buckets(viewer, query, width)
        ],
    )


def _person(gateway: Any, viewer: Viewer, resident: str) -> Any:
    person = gateway.registry.directory.resident(resident)
    if person is None:
        raise not_found("open", "resident")
    viewer.require_resident(Action.SEE_READINGS, person.site, person.id, "open")
    return person


def _resident(person: Any, at: int) -> ResidentOut:
    return ResidentOut(
        id=person.id,
        site=person.site,
        name=person.name,
        born=person.born,
        home=person.home(at),
        language=person.language,
        paused=person.paused(at),
        consented=person.consented(at),
    )
