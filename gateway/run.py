"""Where the gateway is put together: what it is made of, and in which order it starts.

Start: databases, registry, journal, store, projector, host, intake; stop in reverse, so that
nothing is taken in that nobody would pass on. `api/app.py` serves HTTP over the built gateway.
"""

import contextlib
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog

from devices.errors import HomecareError
from gateway.alerts import tables as _alert_tables  # noqa: F401  # declared before migrating
from gateway.clock import Clock, SystemClock
from gateway.config import Settings
from gateway.db import migrate, open_journal, open_state
from gateway.intake.journal import Journal
from gateway.intake.run import Intake, open_journal_of
from gateway.notify.page import PageChannel
from gateway.notify.sender import Sender
from gateway.notify.stream import Bulletin
from gateway.registry import Registry
from gateway.series import open_store
from gateway.series.projector import Projector
from gateway.series.reading_room import ReadingRoom
from gateway.series.store import Store
from gateway.watch.asking import WhyRoom
from gateway.watch.host import EngineHost
from gateway.watch.vital_signs import Metrics, health

_log = structlog.get_logger("gateway")


@dataclass
class Gateway:
    """A built gateway. Nothing runs before `start`."""

    settings: Settings
    clock: Clock
    engine: sa.Engine  # of state.db
    registry: Registry
    journal: Journal
    intake: Intake
    store: Store
    projector: Projector
    reading_room: ReadingRoom
    why_room: WhyRoom
    host: EngineHost
    bulletin: Bulletin
    sender: Sender
    files: contextlib.ExitStack  # databases and store, closed at the end

    def start(self) -> None:
        """Everything, in order."""
        self.projector.start()
        self.host.start()
        self.sender.start()
        self.intake.start()
        _log.info("started", offset=self.host.offset)

    def stop(self) -> None:
        """In reverse order; what was taken in is passed on or safely journalled."""
        for name, step in (
            ("intake", self.intake.stop),
            ("sender", self.sender.stop),
            ("watch", self.host.stop),
            ("projector", self.projector.stop),
            ("bulletin", self.bulletin.close),
            ("files", self.files.close),
        ):
            try:
                step()
            except Exception:  # noqa: BLE001  # what follows must be stopped all the same
                _log.exception("stop_failed", part=name)
        _log.info("stopped", offset=self.host.offset)

    @property
    def broker_url(self) -> str:
        """Where devices publish, for pages; empty while the embedded broker is away."""
        try:
            address = self.intake.address()
        except HomecareError:
            return ""
        return f"mqtt://{address.host}:{address.port}"

    def health(self) -> dict[str, Any]:
        """`{"live": bool, "ready": bool, "checks": {name: {"ok", "value", "since", "hint"}}}`."""
        return health(self)

    def metrics(self) -> bytes:
        """Prometheus text."""
        return self.measures.text(self)

    def __post_init__(self) -> None:
        self.measures = Metrics()
        self.host.settling.on_alert = self.measures.alert


def build(settings: Settings, clock: Clock | None = None) -> Gateway:
    """Compose, opening and migrating the databases. Raises HomecareError saying what to do."""
    clock = clock or SystemClock()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.ExitStack() as files:
        engine = open_state(settings.state_place)
        files.callback(engine.dispose)
        migrate(engine, "state")
        journal_engine = open_journal(settings.journal_file)
        files.callback(journal_engine.dispose)
        migrate(journal_engine, "journal")
        registry = Registry(engine, clock)
        journal, seals = open_journal_of(settings, journal_engine, clock, registry)
        store = open_store(settings)
        files.callback(store.close)
        bulletin = Bulletin()
        intake = Intake(settings, journal, clock, registry=registry, seals=seals, state=engine)
        host = EngineHost(
            settings, clock, engine, registry, journal, store, bulletin, intake=intake.status
        )
        host.projector = Projector(store, host.reread, clock)
        intake.on_gap(host.on_gap)
        intake.on_violation(host.on_violation)
        sender = Sender(engine, clock, [PageChannel(bulletin)], bulletin.publish)
        kept = files.pop_all()
    return Gateway(
        settings=settings,
        clock=clock,
        engine=engine,
        registry=registry,
        journal=journal,
        intake=intake,
        store=store,
        projector=host.projector,
        reading_room=ReadingRoom(store, engine, registry, clock),
        why_room=WhyRoom(
            engine,
            registry,
            store,
            host.history,
            clock,
            lambda: host.offset,
            host.hubs,
            settings.watch.silence_factor,
        ),
        host=host,
        bulletin=bulletin,
        sender=sender,
        files=kept,
    )
