"""The JSON API under /api/v1: one router a file, registered here by name."""

from collections.abc import Sequence
from importlib import metadata

from fastapi import APIRouter

VERSION = metadata.version("homecare-gateway")
PREFIX = "/api/v1"


def routers() -> Sequence[APIRouter]:
    """Every route for programs."""
    from api.http import (  # imported when the application is built: a command starts faster
        alerts,
        backtests,
        deadletters,
        devices,
        events,
        health,
        homes,
        own_rules,
        pasts,
        readings,
        registry,
        reviews,
        rulebook,
        session,
        simulation,
        why,
    )

    return [
        alerts.router,
        readings.router,
        homes.router,
        own_rules.router,
        devices.router,
        deadletters.router,
        registry.router,
        rulebook.router,
        backtests.router,
        why.router,
        reviews.router,
        simulation.router,
        pasts.router,
        session.router,
        events.router,
        health.router,
    ]
