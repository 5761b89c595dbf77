"""A home's readings as they are stored, for programs that work on them. Every look is recorded."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from api.auth import ApiViewer, gateway_of
from api.bounds import Moment as At
from api.http import PREFIX
from api.http.models import Moment, Out
from devices.reading import Quality
from gateway.series.store import Query as Readings

router = APIRouter(prefix=f"{PREFIX}/homes", tags=["residents"])

DAY_MS = 86_400_000

Site = Annotated[str, Path(description="The site's id", examples=["borgarbyggd"])]
Home = Annotated[str, Path(description="The home's id", examples=["hvanneyri-7"])]


class StoredOut(Out):
    """Readings as columns of one length, in order of time."""

    site: str
    home: str
    start: Moment = Field(description="Site clock")
    end: Moment = Field(description="Up to here; ask again from it for what follows")
    at: list[int] = Field(description="ms UTC, site clock")
    x: list[int] = Field(description="Counts of the signal's resolution")
    signal: list[str]
    device: list[str]
    place: list[str | None]
    resident: list[str | None] = Field(description="Whose it is; null: the home's")
    quality: list[int] = Field(description="Bits: what is doubtful about it")
    message: list[int] = Field(description="Equal numbers came in one message")


@router.get("/{site}/{home}/readings", summary="A home's readings as they are stored")
def read_home(
    request: Request,
    viewer: ApiViewer,
    site: Site,
    home: Home,
    start: Annotated[At, Query(description="ms UTC, site clock")],
    end: Annotated[
        At | None, Query(description="ms UTC, site clock; at most, and by default, a day later")
    ] = None,
) -> StoredOut:
    """At most a day at once. What was left over from before a gap is no reading and not here."""
    last = start + DAY_MS if end is None else min(end, start + DAY_MS)
    query = Readings(site, home=home, start=start, end=last, without=int(Quality.RETAINED))
    found = gateway_of(request).reading_room.columns(viewer, query)
    return StoredOut(
        site=site,
        home=home,
        start=start,
        end=last,
        at=found.at.tolist(),
        x=found.x.tolist(),
        signal=found.signal.tolist(),
        device=found.device.tolist(),
        place=found.place.tolist(),
        resident=found.resident.tolist(),
        quality=found.quality.tolist(),
        message=found.offset.tolist(),
    )
