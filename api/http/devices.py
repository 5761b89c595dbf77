"""Devices for programs: whose, where, when heard. No value of a person."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from api.auth import ApiViewer, gateway_of
from api.http import PREFIX
from api.http.models import Moment, Out
from api.pages import heard
from api.pages.clocks import site_now
from api.pages.sites import my_sites
from gateway.access import Action

router = APIRouter(prefix=f"{PREFIX}/devices", tags=["devices"])


class DeviceOut(Out):
    """One device that is placed somewhere now."""

    site: str = Field(examples=["donegal"])
    home: str = Field(examples=["arranmore-3"])
    device: str = Field(examples=["scale"])
    place: str | None = Field(None, examples=["bathroom"])
    interval_ms: int | None = Field(None, description="Expected at least this often")
    heard_at: Moment | None = Field(
        None, validation_alias="at", description="Site clock; null: never since the start"
    )
    quiet: bool = Field(description="Silent for longer than expected")
    battery: int | None = Field(None, description="%", examples=[84])


@router.get("", summary="Devices, the longest silent first")
def list_devices(
    request: Request,
    viewer: ApiViewer,
    site: Annotated[str | None, Query(description="Only this site")] = None,
    home: Annotated[str | None, Query(description="Only this home")] = None,
    quiet: Annotated[bool | None, Query(description="Only silent ones, or only heard ones")] = None,
) -> list[DeviceOut]:
    """Only sites where the caller sees devices."""
    viewer.require(Action.SEE_DEVICES, site)
    gateway = gateway_of(request)
    found = [
        one
        for place in my_sites(gateway.registry.directory, viewer, Action.SEE_DEVICES)
        if site in (None, place.id)
        for one in heard.devices(gateway, place, home, site_now(gateway, place.id))
        if quiet in (None, one.quiet)
    ]
    found.sort(key=lambda one: (not one.quiet, one.at or 0))
    return [DeviceOut.model_validate(one) for one in found]
