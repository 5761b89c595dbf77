"""The event stream: what was just committed, to everybody who may see it.

A named event `alert` for programs and scripts; for the worklist also its changed lines as HTML
(unnamed messages, which hx-sse swaps). The heartbeat is a real event: a comment ping would be
invisible to the page, and the page must know when it is no longer live. It is not the alarm's
guarantee: escalation runs on the server whether anybody looks or not.
"""

import json
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.auth import ApiViewer, find_session, gateway_of
from api.bounds import LARGEST_ID, Id
from devices.errors import HomecareError
from gateway.access import Action, Viewer
from gateway.alerts import worklist
from gateway.alerts.episodes import EventKind, News, Priority
from gateway.db import reading

router = APIRouter(tags=["live"])

HEARTBEAT_S = 15.0
TOGETHER_S = 0.05  # changed lines are rendered together when news comes in bursts
BURST = 50
REMEMBERED = 1_000  # ids told on one stream, so that what was missed and what comes are told once
# What puts an alert (back) on the list of those who look: the page says "1 new".
FRESH = frozenset(
    {
        EventKind.RAISED,
        EventKind.AGAIN_LOUD,
        EventKind.RAN_OUT,
        EventKind.FREED,
        EventKind.UNDONE,
    }
)


@router.get(
    "/events",
    response_class=EventSourceResponse,
    summary="Server-sent events: alerts as they change, and a heartbeat",
)
async def events(
    request: Request,
    viewer: ApiViewer,
    rows: Annotated[bool, Query(description="Also changed lines of the worklist as HTML")] = False,
    after: Annotated[Id | None, Query(description="Go on after this event id")] = None,
    last_event_id: Annotated[
        str | None, Header(description="Sent by a browser that reconnects; wins over `after`")
    ] = None,
) -> AsyncIterator[ServerSentEvent]:
    """`event: alert` with `{"id","code","site","kind","priority","at","fresh"}`; nothing clinical.

    `event: heartbeat` every 15 s with `{"at"}`, wall clock, ms UTC. Without 60 s of either, you
    are not live: say so, and fetch the list.
    """
    start = known_id(last_event_id) if last_event_id else after
    gateway = gateway_of(request)
    reader = _Reader(gateway, viewer, rows, request)
    with gateway.bulletin.subscribe(viewer) as subscription:
        yield reader.heartbeat()
        if start is not None:
            for event in await reader.missed(start):
                yield event
        while True:
            try:
                news = await subscription.get(reader.patience())
            except StopAsyncIteration:
                return  # too far behind, or the gateway stops: the reader comes back
            if news is not None:
                for event in reader.take(news):
                    yield event
            if reader.due_rows(idle=news is None):
                yield await reader.lines()
            if reader.due_heartbeat():
                if not await reader.still_signed_in():
                    return
                yield reader.heartbeat()


class _Reader:
    """One open stream."""

    def __init__(self, gateway: Any, viewer: Viewer, rows: bool, request: Request) -> None:
        self._gateway = gateway
        self._viewer = viewer
        self._rows = rows
        self._request = request
        self._told: deque[int] = deque(maxlen=REMEMBERED)  # news comes from several threads,
        # so a smaller id may follow a larger one: what was told is known by id, not by order
        self._changed: dict[int, None] = {}
        self._people_of: set[str] = set()  # sites with a changed line about a person
        self._beat = time.monotonic()

    def patience(self) -> float:
        """Seconds to wait for the next news."""
        if self._changed:
            return TOGETHER_S
        return max(0.05, self._beat + HEARTBEAT_S - time.monotonic())

    async def missed(self, start: int) -> list[ServerSentEvent]:
        """What happened between the page (or the lost connection) and now."""

        def read() -> list[News]:
            with reading(self._gateway.engine) as conn:
                return worklist.events_after(conn, self._viewer, start)

        found = [event for news in await run_in_threadpool(read) for event in self.take(news)]
        return [*found, await self.lines()] if self._changed else found

    def take(self, news: News) -> list[ServerSentEvent]:
        """The event of one piece of news, if it is new to this reader and theirs to see."""
        if news.id in self._told or not visible(self._viewer, news):
            return []
        self._told.append(news.id)
        if self._rows:
            self._changed[news.alert_id] = None
            if news.priority is not Priority.DEVICE:
                self._people_of.add(news.site)
        data = {
            "id": news.id,
            "code": news.code,
            "site": news.site,
            "kind": news.kind,
            "priority": news.priority,
            "at": news.at,
            "fresh": news.kind in FRESH,
        }
        return [ServerSentEvent(raw_data=json.dumps(data), event="alert", id=str(news.id))]

    def due_rows(self, *, idle: bool) -> bool:
        """Whether the changed lines should be sent now."""
        return bool(self._changed) and (idle or len(self._changed) >= BURST)

    async def lines(self) -> ServerSentEvent:
        """The changed lines, as this viewer sees them."""
        from api.pages.worklist import rows_as_partials  # pages are built on these routes' helpers

        changed, self._changed = list(self._changed), {}
        sites, self._people_of = self._people_of, set()
        session = find_session(self._request)

        def draw() -> str:
            now = self._gateway.clock.now()
            worklist.note_looks(self._gateway.engine, self._viewer, sites, now)
            with reading(self._gateway.engine) as conn:
                return rows_as_partials(
                    conn,
                    self._viewer,
                    changed,
                    session.csrf if session else "",
                    self._gateway.clock.now(),
                )

        return ServerSentEvent(raw_data=await run_in_threadpool(draw))

    def due_heartbeat(self) -> bool:
        """Whether fifteen seconds are over."""
        return time.monotonic() - self._beat >= HEARTBEAT_S

    def heartbeat(self) -> ServerSentEvent:
        """A real event, so that the page can see it."""
        self._beat = time.monotonic()
        data = json.dumps({"at": self._gateway.clock.now()})
        return ServerSentEvent(raw_data=data, event="heartbeat")

    async def still_signed_in(self) -> bool:
        """A session that ended, or a right that was given or taken, ends the stream: who may still
        listen comes back at once, with the rights of that moment.
        """
        from api.auth import api_viewer  # looked up anew: the request's own state is a memory

        def look() -> bool:
            if hasattr(self._request.state, "session"):
                del self._request.state.session
            try:
                return api_viewer(self._request) == self._viewer
            except HomecareError:
                return False

        return await run_in_threadpool(look)


def known_id(text: str) -> int | None:
    """The id that a browser gives back; None: it is none of ours, so nothing is told as missed."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))):
        return None
    return min(int(text), LARGEST_ID)


def visible(viewer: Viewer, news: News) -> bool:
    """Whether this viewer may know of it; the same rule as the list's, without a query."""
    if news.priority is Priority.DEVICE:
        return viewer.may(Action.SEE_DEVICES, news.site)
    return viewer.sees_resident(news.site, news.resident, Action.SEE_ALERTS)
