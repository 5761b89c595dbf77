"""The desk of reviews beside the running gateway: made once per application."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool

from api import auth
from api.pages.clocks import site_now
from reviews.desk import Desk

_lock = threading.Lock()


def desk_of(request: Request) -> Desk:
    """The application's desk; started with the application, or here by the first who asks."""
    return _desk(request.app.state, auth.gateway_of(request))


def _desk(state: Any, gateway: Any) -> Desk:
    with _lock:
        if getattr(state, "desk", None) is None:
            desk = Desk(
                gateway.engine,
                gateway.clock,
                gateway.registry,
                gateway.store,
                lambda site: site_now(gateway, site),
                gateway.settings.watch.silence_factor,
            )
            desk.start()
            state.desk = desk
    found: Desk = state.desk
    return found


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Replays and what time asks of reviews run for as long as the application does."""
    desk = await run_in_threadpool(_desk, app.state, app.state.gateway)
    yield
    app.state.desk = None
    await run_in_threadpool(desk.stop)
