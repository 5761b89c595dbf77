"""The demo's "Try it": lines to paste that publish by hand, and what became of them.

`homecare demo` sets `app.state.demo` to a DemoPanel; a real gateway leaves it None, and no page
shows a password of a device then. The panel's devices are of demo sites only.
"""

import shlex
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import auth
from api.auth import PageViewer
from api.pages.page import is_htmx, render
from api.pages.sentences import signal_name
from devices.signals import CATALOGUE, Kind
from gateway.access import Action, Viewer, not_found
from gateway.db import reading
from gateway.intake import deadletters
from gateway.texts import catalogue, format_value

router = APIRouter()

RECENT = 8


@dataclass(frozen=True, slots=True)
class TryIt:
    """One line to paste into a terminal."""

    title: str  # "Weigh Anna by hand"
    site: str
    home: str
    device: str
    host: str
    port: int
    user: str
    password: str
    payload: str  # JSON of the product's own dialect
    expect: str  # what one sees where, seconds later
    urgent: bool = False  # SOS and fall have their own topic

    @property
    def topic(self) -> str:
        """Where the device publishes."""
        last = "urgent" if self.urgent else "reading"
        return f"homecare/v1/{self.site}/{self.home}/{self.device}/{last}"

    @property
    def line(self) -> str:
        """For a shell; QoS 1, so that the broker says it has it."""
        words = [
            *("mosquitto_pub", "-V", "311", "-q", "1"),
            *("-h", self.host, "-p", str(self.port)),
            *("-u", self.user, "-P", self.password),
            *("-t", self.topic, "-m", self.payload),
        ]
        return shlex.join(words)


@dataclass(frozen=True, slots=True)
class DemoPanel:
    """All that the demo offers to try."""

    lines: tuple[TryIt, ...]
    note: str = ""  # what a reader should know first


def panel(request: Request, viewer: Viewer) -> DemoPanel | None:
    """The demo's panel, as far as this viewer works at its sites."""
    found: DemoPanel | None = request.app.state.demo
    if found is None:
        return None
    lines = tuple(one for one in found.lines if viewer.may(Action.SEE_DEVICES, one.site))
    return DemoPanel(lines, found.note) if lines else None


@router.get("/try")
def try_it(request: Request, viewer: PageViewer) -> Response:
    """Publish a reading by hand and watch it arrive."""
    found = panel(request, viewer)
    if found is None:
        raise not_found("open", "page")
    name = "try_log.html" if is_htmx(request) else "try.html"
    return render(request, name, viewer=viewer, panel=found, log=_log(request, viewer, found))


@dataclass(frozen=True, slots=True)
class Arrived:
    """One reading of the panel's devices that was stored."""

    device: str
    name: str
    text: str
    at: int  # site clock
    zone: str


def _log(request: Request, viewer: Viewer, found: DemoPanel) -> dict[str, Any]:
    """What arrived from the panel's devices, and what was rejected at their homes and why."""
    gateway = auth.gateway_of(request)
    rejected: list[deadletters.DeadLetter] = []
    homes = {(one.site, one.home) for one in found.lines}
    with reading(gateway.engine) as conn:
        for site in sorted({one.site for one in found.lines}):
            letters = deadletters.listing(conn, viewer, site, RECENT * 4)
            rejected += [one for one in letters if (one.site, one.home) in homes]
    devices = {(one.site, one.home, one.device) for one in found.lines}
    arrived = [
        Arrived(
            row.device,
            signal_name(row.signal, row.place, viewer.language),
            _said(row.signal, row.x, viewer.language),
            row.at,
            gateway.registry.directory.sites[site].zone,
        )
        for site, home in sorted(homes)
        if viewer.may(Action.SEE_READINGS, site)
        for row in gateway.reading_room.latest(viewer, site, home=home)
        if (site, home, row.device) in devices
    ]
    arrived.sort(key=lambda one: -one.at)
    rejected.sort(key=lambda one: -one.id)
    return {"arrived": arrived[:RECENT], "rejected": rejected[:RECENT]}


def _said(signal: str, x: int, language: str) -> str:
    """The value; of an event, that it was reported."""
    if CATALOGUE[signal].kind is Kind.EVENT:
        return catalogue(language).gettext("reported")
    return format_value(x, signal, language)
