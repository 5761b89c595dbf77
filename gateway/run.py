"""The one place where the gateway is put together: what it is made of, and in which order it starts.

Start: databases → registry → journal → store → projector → host → intake; stop in reverse, so that
nothing is taken in that nobody would pass on. `api/app.py` serves HTTP over the built gateway.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway.clock import Clock
from gateway.config import Settings
from gateway.notify.stream import Bulletin

if TYPE_CHECKING:
    from gateway.intake.journal import Journal
    from gateway.intake.run import Intake
    from gateway.registry.directory import Registry
    from gateway.series.projector import Projector
    from gateway.series.reading_room import ReadingRoom
    from gateway.series.store import Store
    from gateway.watch.host import EngineHost


@dataclass
class Gateway:
    """A built gateway. Nothing runs before `start`."""

    settings: Settings
    clock: Clock
    engine: sa.Engine  # of state.db
    registry: "Registry"
    journal: "Journal"
    intake: "Intake"
    store: "Store"
    projector: "Projector"
    reading_room: "ReadingRoom"
    host: "EngineHost"
    bulletin: Bulletin
    broker_url: str

    def start(self) -> None:
        """Everything, in order."""
        raise NotImplementedError

    def stop(self) -> None:
        """In reverse order; waits until what was taken in is passed on or safely journalled."""
        raise NotImplementedError

    def health(self) -> dict[str, Any]:
        """`{"live": bool, "ready": bool, "checks": {name: {"ok", "value", "since", "hint"}}}`."""
        raise NotImplementedError

    def metrics(self) -> bytes:
        """Prometheus text."""
        raise NotImplementedError


def build(settings: Settings, clock: Clock | None = None) -> Gateway:
    """Compose, opening and migrating the databases. Raises HomecareError saying what to do."""
    raise NotImplementedError
