"""A simulated past for a running gateway: only it may write its store. Simulated sites alone."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from api.auth import ApiViewer, gateway_of
from api.bounds import Moment as At
from api.http import PREFIX
from api.http.models import In, Out
from devices.errors import Refused
from gateway.access import Action, Viewer, not_found
from gateway.access.audit import Verb, audit
from gateway.db import writing
from gateway.series import handing
from gateway.series import past as pasts
from gateway.series.duckdb import DuckDBStore

router = APIRouter(prefix=f"{PREFIX}/pasts", tags=["simulation"])

Name = Annotated[str, Field(max_length=64, examples=["donegal"])]
MOST_HOMES = 10_000


class KnownIn(In):
    """Of which homes, and which time."""

    site: Name
    homes: list[Name] = Field(max_length=MOST_HOMES)
    start: At = Field(alias="from", examples=[1_788_220_800_000])
    end: At = Field(alias="to", examples=[1_788_825_600_000])


class DayOut(Out):
    """A day that is written."""

    home: str
    day: int = Field(description="Days since 1970 of the date on which it begins")
    maker: str = Field(description="What made it: the same command makes the same")


class KnownOut(Out):
    """What stands in the way of writing, or need not be written again."""

    days: list[DayOut]
    journalled: dict[str, int] = Field(
        description="Homes that were heard over the broker in that time: when first, ms UTC"
    )


class HandedIn(In):
    """A file that lies in the data folder, where `homecare simulate history` puts it."""

    file: Name


class SiteIn(In):
    """Whose past."""

    site: Name


class CountOut(Out):
    """How many readings it was."""

    readings: int


@router.post("/known", summary="Days of a simulated past that are written")
def known(request: Request, viewer: ApiViewer, body: KnownIn) -> KnownOut:
    """And homes that have readings of their own in that time."""
    store = _store(request, viewer, body.site)
    days = pasts.days_of(store, body.site)
    return KnownOut(
        days=[DayOut(home=home, day=day, maker=maker) for (home, day), maker in days.items()],
        journalled=dict(
            pasts.journalled(store, body.site, body.homes, body.start, max(body.start, body.end))
        ),
    )


@router.post("", summary="Take in a piece of a simulated past")
def take(request: Request, viewer: ApiViewer, body: HandedIn) -> CountOut:
    """Whole days of homes at simulated sites, once; all of it or nothing."""
    viewer.require(Action.SIMULATE)
    gateway = gateway_of(request)
    past = handing.taken(gateway.settings.data, body.file)
    sites = sorted({one.site for one in past.days})
    for site in sites:
        store = _store(request, viewer, site)
        for home in {one.home for one in past.days if one.site == site}:
            if gateway.registry.directory.home(site, home) is None:
                raise not_found("take in a simulated past", "home")
    if sites:
        pasts.write(store, past)
    now, detail = gateway.clock.now(), f"{len(past):,} readings"
    with writing(gateway.engine) as conn:
        for site in sites:
            audit(conn, viewer, Verb.SIMULATED, f"history:{site}", site, now, detail)
    return CountOut(readings=len(past))


@router.post("/removal", summary="Remove a site's simulated past")
def remove(request: Request, viewer: ApiViewer, body: SiteIn) -> CountOut:
    """As if it had never been written. What the journal held stays."""
    store, gateway = _store(request, viewer, body.site), gateway_of(request)
    found = pasts.remove(store, body.site)
    with writing(gateway.engine) as conn:
        now, detail = gateway.clock.now(), f"{found:,} readings removed"
        audit(conn, viewer, Verb.SIMULATED, f"history:{body.site}", body.site, now, detail)
    return CountOut(readings=found)


def _store(request: Request, viewer: Viewer, site: str) -> DuckDBStore:
    """Raises NotFound for a site that is not simulated or not the viewer's, Refused."""
    gateway = gateway_of(request)
    entry = gateway.registry.directory.sites.get(site)
    if entry is None or not entry.demo or not viewer.may(Action.SIMULATE, site):
        raise not_found("open a simulated past", "site")
    store = gateway.store
    if not isinstance(store, DuckDBStore):
        hint = "Set series.store to duckdb"
        raise Refused("open a simulated past", store.name, "it takes no simulated past", hint)
    return store
