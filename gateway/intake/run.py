"""The intake as it runs: subscriber, writer and journal, what they tell, and who keeps house."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy import Engine

from gateway.clock import Clock
from gateway.config import Settings
from gateway.db import writing
from gateway.intake import broker_config as embedded
from gateway.intake import deadletters, topics
from gateway.intake.ballast import Ballast
from gateway.intake.broker_stream import look
from gateway.intake.consent import gate
from gateway.intake.draining import Draining
from gateway.intake.journal import DAY_MS, Journal
from gateway.intake.keyring import Keyring
from gateway.intake.seals import Seals
from gateway.intake.status import Gap, GapKind, IntakeStatus
from gateway.intake.violations import Follower, Violation
from gateway.intake.writer import Writer
from gateway.mqtt import Address, Delivery, Link, Subscriber
from gateway.registry import Registry

log = logging.getLogger(__name__)

LOOK_S = 0.5
PRUNE_S = 60.0
BACKLOG_S = 60.0  # how long after a gap a message without time may have waited

__all__ = ["Gap", "Intake", "IntakeStatus", "open_journal_of"]


def open_journal_of(
    settings: Settings, engine: Engine, clock: Clock, registry: Registry
) -> tuple[Journal, Seals]:
    """The journal of a gateway: its keys, and the registry's say in whose they are."""
    journal: Journal

    def site_at(site: str) -> int | None:
        known = registry.directory.sites.get(site)
        return journal.site_at(site) if known is not None and known.clock == "data" else None

    keyring = Keyring(
        settings.key_folder, lambda site, home: registry.directory.home(site, home) is not None
    )
    seals = Seals(keyring, settings.key_folder, clock)
    seals.follow(registry.directory)
    registry.on_change(seals.follow)
    journal = Journal(
        engine,
        clock,
        keyring,
        payload_limit=settings.journal.payload_limit,
        retention_days=settings.journal.retention_days,
        withhold=gate(lambda: registry.directory, site_at),
    )
    return journal, seals


class Intake:
    """From the broker to the journal."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        clock: Clock,
        *,
        registry: Registry | None = None,
        seals: Seals | None = None,
        state: Engine | None = None,
    ) -> None:
        """`state`: where dead letters lie, which end with the journal's retention."""
        self._settings, self._journal, self._clock = settings, journal, clock
        self._registry, self._seals, self._state = registry, seals, state
        self._subscriber = Subscriber(
            self.address,
            embedded.CLIENT_ID,
            topics.SUBSCRIPTIONS,
            topics.PROBE,
            self._deliver,
            on_session=self._session,
            clock=clock,
            full=lambda: self._writer.full(),  # noqa: PLW0108  # it is made below
        )
        self._writer = Writer(
            journal,
            Ballast(settings.data / "ballast", settings.journal.ballast_mib),
            clock,
            self._subscriber.acknowledge,
            on_missing=self._missing,
            resume=self._subscriber.resume,
        )
        self._follower: Follower | None = None
        self._on_gap: list[Callable[[Gap], None]] = []
        self._on_violation: list[Callable[[Violation], None]] = []
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep_house, name="intake", daemon=True)
        self._gaps = 0
        self._backlog_until = 0.0  # monotonic
        self._session_at = 0.0
        self._first_at = -1.0  # of the first session ever at this broker
        self._broker = settings.broker.url or "embedded"
        self._known = journal.knows(self._broker)
        self._meet = False
        self._seen_at: int | None = None  # wall ms at which the link last stood
        url = settings.broker.url
        self._draining = Draining(
            None if url is not None else lambda: look(embedded.read_endpoint(settings))
        )
        self._drained_offset = 0
        self._pruned_at = 0.0

    # -- whoever builds the gateway

    def start(self) -> None:
        """Connect and take in, until `stop`. A broker that is away is waited for."""
        self._writer.start()
        self._subscriber.start()
        if self._settings.broker.url is None:
            where = embedded.folder(self._settings)
            self._follower = Follower(where / "nats.log", self._violated, where / "violations.mark")
            self._follower.start()
        self._keeper.start()

    def stop(self) -> None:
        """Journal and acknowledge what has arrived, then disconnect; the session stays."""
        self._stopping.set()
        self._writer.stop()
        self._subscriber.stop()
        self._keeper.join(10)
        self._note_contact()
        if self._follower is not None:
            self._follower.stop()

    def address(self) -> Address:
        """Where the broker is now. Raises Failed."""
        broker = self._settings.broker
        if broker.url is None:
            return embedded.read_endpoint(self._settings).gateway()
        return Address.of(
            broker.url,
            username=broker.username,
            password=broker.password,
            authority=broker.authority,
            protocol=broker.protocol,
        )

    def on_gap(self, callback: Callable[[Gap], None]) -> None:
        """Called from the intake's threads: must be quick and must not raise."""
        self._on_gap.append(callback)

    def on_violation(self, callback: Callable[[Violation], None]) -> None:
        """For each thing that the embedded broker refused a client; as `on_gap`."""
        self._on_violation.append(callback)

    def status(self) -> IntakeStatus:
        link, written = self._subscriber.link(), self._writer.written()
        age = None if link.probed_at is None else self._clock.monotonic() - link.probed_at
        problem = written.problem or link.problem
        if not link.alive and not self._stopping.is_set():
            problem = problem or "the network thread has ended"
        return IntakeStatus(
            connected=link.connected,
            epoch=link.epoch,
            probe_age_s=age,
            drained=self._draining.done(link),
            queue=written.queued,
            journal_offset=self._journal.last_offset(),
            stored=written.stored,
            duplicates=written.duplicates,
            gaps=self._gaps,
            clock_behind_ms=self._journal.behind_ms(),
            problem=problem,
            faults=link.faults,
            drained_offset=self._drained_offset,
        )

    # -- the network thread

    def _deliver(self, delivery: Delivery) -> None:
        waited = False
        if not self._subscriber.subscribed:
            waited = self._known  # a broker brings what it held before it confirms anything
        elif self._backlog_until:
            waited = self._clock.monotonic() < self._backlog_until
            if not waited:
                self._backlog_until = 0.0
        self._writer.offer(delivery, backlog=waited)

    def _session(self, present: bool) -> None:
        """Connected and subscribed. What that means is found out by the keeper."""
        now = self._clock.monotonic()
        self._session_at = now
        if not self._known:
            self._known = True
            self._meet = True  # written by the keeper: this thread never waits for the disk
            self._first_at = now
            return  # the first contact ever: nothing can have been missed
        self._backlog_until = now + BACKLOG_S
        self._gap("link" if present else "session-lost", self._last_seen())

    def _last_seen(self) -> int | None:
        return self._seen_at if self._seen_at is not None else self._journal.last_received_at()

    # -- gaps

    def _gap(
        self,
        kind: GapKind,
        since: int | None,
        device: str | None = None,
        missing: int = 0,
    ) -> None:
        self._gaps += 1
        gap = Gap(kind, since, self._clock.now(), device, missing)
        log.warning("intake.gap", extra={"kind": kind, "since": since, "device": device})
        for callback in self._on_gap:
            callback(gap)

    def _missing(self, device: str, count: int) -> None:
        self._gap("sequence", None, device, count)

    def _violated(self, violation: Violation) -> None:
        log.warning(
            "broker.refused",
            extra={"kind": violation.kind, "topic": violation.topic, "client": violation.client},
        )
        for callback in self._on_violation:
            callback(violation)

    # -- keeping house

    def _keep_house(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                self._look()
            except Exception:
                log.exception("intake.fault")

    def _look(self) -> None:
        link = self._subscriber.link()
        now = self._clock.monotonic()
        if not link.alive and not self._stopping.is_set():
            log.error("intake.thread_ended")
            self._subscriber.start()
        if link.connected:
            self._seen_at = self._clock.now()
            self._drain(link, now)
        self._note_contact()
        if now - self._pruned_at >= PRUNE_S:
            self._pruned_at = now
            self._prune()

    def _note_contact(self) -> None:
        if self._meet:
            self._meet = False
            self._journal.meet(self._broker, self._clock.now())

    def _drain(self, link: Link, now: float) -> None:
        began = self._session_at
        if self._draining.look(
            link,
            taken=self._writer.offered,
            settled=self._writer.settled,
            session_s=now - began,
            stranded=began != self._first_at,
        ):
            self._drained_offset = self._journal.last_offset()

    def _prune(self) -> None:
        now = self._clock.now()
        self._journal.prune(now)
        if self._seals is not None and self._registry is not None:
            self._seals.follow(self._registry.directory)
        if self._state is not None:
            with writing(self._state) as conn:
                deadletters.forget(conn, now - self._settings.journal.retention_days * DAY_MS)
