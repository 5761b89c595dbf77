"""The engine host: journal → placing → rules → alerts, in one thread and one transaction a batch.

Episodes, alerts, outbox rows, dead letters, technical alerts and the journal's offset commit
together; only then is anything published. What the engine knows is kept now and then with the
offset it stood at; a restart takes it from there and feeds itself the rows in between without a
word, so that a stop at any moment changes nothing.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from devices.reading import Reading
from gateway import rulebook
from gateway.alerts import service, timers
from gateway.alerts.episodes import EpisodeChange, EventKind, News, Technical
from gateway.clock import Clock
from gateway.config import Settings
from gateway.db import reading, writing
from gateway.intake import deadletters
from gateway.intake.journal import Journal
from gateway.intake.placing import Dead, place
from gateway.intake.rows import Row
from gateway.intake.status import Gap as IntakeGap
from gateway.intake.status import IntakeStatus
from gateway.intake.violations import Violation
from gateway.notify.stream import Bulletin
from gateway.registry import Registry
from gateway.series.projector import Projector
from gateway.series.store import Store
from gateway.watch import keeping, restarting
from gateway.watch.hearing import Hearing
from gateway.watch.history import History
from gateway.watch.keeping import Gap
from gateway.watch.notices import Mandates, gap_finding, violation_finding
from gateway.watch.sites import Sites

_log = structlog.get_logger("watch")

BATCH_ROWS = 256
LOOK_S = 0.5  # between looks at link, registry, rulebook, alert timers
KEEP_S = 1.0  # the offset is committed at least so often, so that a restart has little to repeat
REPLAY_S = 5.0  # late readings of a home are replayed together
IDLE_S = 0.05  # between two looks at an idle journal: how late a timer may be
RETRY_S = 1.0  # after a database that refused
TOLD = frozenset({EventKind.RAISED, EventKind.AGAIN_LOUD})


class Heard(NamedTuple):
    """How a site is heard, for pages. Times are on the site's clock."""

    homes: int
    homes_heard: int
    last_at: int | None  # the newest moment of the site's clock that anything told
    watermark: int
    unheard: Sequence[tuple[str, str, int]]  # home, device, last heard


class EngineHost:
    """One per gateway. `step` is all it does, so that tests can do it themselves."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        engine: sa.Engine,
        registry: Registry,
        journal: Journal,
        store: Store,
        bulletin: Bulletin,
        *,
        intake: Callable[[], IntakeStatus] | None = None,
        projector: Projector | None = None,
    ) -> None:
        """`intake`: how the way in stands now; None: nothing can be missed (tests, replays)."""
        self._settings, self._clock, self._engine = settings, clock, engine
        self._registry, self._journal, self._bulletin = registry, journal, bulletin
        self._store = store
        self._intake = intake
        self.projector = projector
        self._delay = settings.watch.watermark_delay_ms
        history = History(store, self._reread_all)
        self.sites = Sites(history, self._delay, settings.watch.silence_factor)
        self._mandates = Mandates()
        self._hearing = Hearing(None)
        self._gap: Gap | None = None  # clocks stand, or a gap lasts
        self._dead: list[tuple[Row, Sequence[Dead]]] = []
        self._redact: list[int] = []
        self._told: deque[IntakeGap | Violation] = deque()
        self._revision = -1
        self._directory_changed = threading.Event()
        self._looked = self._kept = self._replayed = self._shot = float("-inf")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._ready = False
        self.problem = ""  # why it does not go on, for health
        self.on_alert: Callable[[int], None] = lambda _: None  # ms from receipt to alert
        registry.on_change(lambda _: self._directory_changed.set())

    # -- whoever builds the gateway

    def start(self) -> None:
        """Take up where it stopped, then go on in a thread."""
        self.prepare()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Consume what is journalled, keep what is known, end."""
        self._stopping.set()
        self._journal.wake()
        if self._thread is not None:
            self._thread.join(30)
            self._thread = None

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def offset(self) -> int:
        """Of the journal: consumed."""
        return self.sites.offset

    def on_gap(self, gap: IntakeGap) -> None:
        """For the intake, from its threads."""
        self._told.append(gap)

    def on_violation(self, violation: Violation) -> None:
        """For the intake, from its threads."""
        self._told.append(violation)

    def watermarks(self) -> dict[str, int]:
        """Each site's clock, as far as rules have settled it. Any thread."""
        return {watch.id: watch.watermark for watch in tuple(self.sites.watches.values())}

    def site_now(self, site: str) -> int:
        """A site's clock: wall time, or the newest moment a data site has told. Any thread."""
        watch = self.sites.watches.get(site)
        if watch is None or not watch.data:
            return self._clock.now()
        return watch.known_at

    def heard(self, site: str) -> Heard | None:
        """How a site is heard. Any thread."""
        watch = self.sites.watches.get(site)
        if watch is None:
            return None
        heard, homes = watch.silence.homes_heard()
        unheard = [(one.home, one.device, last) for one, last in watch.silence.unheard()]
        return Heard(homes, heard, watch.known_at or None, watch.watermark, unheard)

    # -- what it does

    def prepare(self) -> None:
        """Load what was kept and repeat, in silence, what followed it."""
        kept = restarting.take_up(
            self.sites, self._engine, self._registry, self._journal, self._clock, self._delay
        )
        self._hearing = Hearing(kept.alive_at)
        self._gap = next((gap for gap in self.sites.gaps if gap.last_offset is None), None)
        if self._gap is not None and self._gap.start_at is not None:
            self._hearing.gap_since = self._gap.start_at
        self._revision = kept.revision
        self._ready = True
        self._commit()

    def step(self) -> bool:
        """Do what can be done now; whether there was a row to consume."""
        if not self._ready:
            self.prepare()
        if self.problem:
            self._commit()  # first what is owed
        self._look()
        rows = self._journal.read(self.sites.offset, BATCH_ROWS)
        if rows:
            self._consume(rows)
        elif not self.frozen and (idle_at := self._journal.idle_at()) is not None:
            self.sites.advance_walls(idle_at)
        self._replay(idle=not rows)
        self._commit_if_due(rows[-1].received_at if rows else None)
        return bool(rows)

    @property
    def frozen(self) -> bool:
        """Whether wall sites' clocks stand until the broker's backlog is in."""
        return self._intake is not None and self._hearing.frozen

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self.step()
                if not busy:
                    self._journal.wait(self.sites.offset, IDLE_S)
            except Exception as error:  # noqa: BLE001  # no fault may end the watch for good
                _log.exception("watch_failed")
                self.problem = self.problem or f"a fault in the gateway: {type(error).__name__}"
                self._stopping.wait(RETRY_S)
        self._finish()

    def _finish(self) -> None:
        try:
            while rows := self._journal.read(self.sites.offset, BATCH_ROWS):
                self._consume(rows)
            self._commit(shoot=True)
        except Exception:  # noqa: BLE001  # what was not kept is repeated at the next start
            _log.exception("watch_stopped_unkept")

    def _consume(self, rows: Sequence[Row]) -> None:
        readings: list[Reading] = []
        frozen = self.frozen
        for row in rows:
            if self.sites.needs_replay(row):
                self._replay(idle=True)
            readings += self._take(row, frozen=frozen)
        last = rows[-1]
        self.sites.offset = last.offset
        if not frozen:
            self.sites.advance_walls(last.received_at)
        if self.projector is not None:
            self.projector.offer(rows[0].offset, last.offset, readings)

    def _take(self, row: Row, *, frozen: bool) -> list[Reading]:
        try:
            placed = self.sites.handle(row, frozen=frozen)
        except Exception:  # noqa: BLE001  # fatal for alarms if it ended here: told, and go on
            _log.exception("message_failed", offset=row.offset)
            dead = Dead(None, "handler-failed", "a fault in the gateway; tell its developers")
            self._dead.append((row, [dead]))
            self._everywhere("handler-failed", "message")
            self.sites.offset = row.offset
            return []
        if placed.dead:
            self._dead.append((row, placed.dead))
        if placed.refused_for_consent:
            self._redact.append(row.offset)
        return placed.readings

    def _everywhere(self, kind: str, key: str) -> None:
        for watch in self.sites.watches.values():
            for active in (True, False):  # it happened; it stays until somebody has seen it
                watch.findings.append(
                    Technical(kind, watch.id, key, watch.watermark, active=active)
                )

    def _replay(self, *, idle: bool) -> None:
        """Homes that were heard late: at once when idle, else together after a while."""
        late = list(self.sites.late())
        if not late:
            return
        now = self._clock.monotonic()
        if not idle and now - self._replayed < REPLAY_S:
            return
        self._replayed = now
        self._commit()  # a replay compares with what is recorded
        if self.problem:
            return
        with reading(self._engine) as conn:
            for watch, home in late:
                self.sites.replay(conn, watch, home)

    # -- looking up

    def _look(self) -> None:
        now = self._clock.monotonic()
        if now - self._looked < LOOK_S:
            return
        self._looked = now
        self._listen(now)
        self._registry.refresh()
        with reading(self._engine) as conn:
            revision = rulebook.revision(conn)
            swept = timers.due(conn, self._clock.now())
            changed = revision != self._revision
            if changed:
                self._revision = revision
                self.sites.read_rulebook(conn)
        if self._directory_changed.is_set():
            self._directory_changed.clear()
            self.sites.use(self._registry.directory, self._start_of)
            changed = True
        if changed:
            with reading(self._engine) as conn:
                self.sites.read_rulebook(conn)
            self.sites.settle()
        if swept:
            self._sweep()

    def _start_of(self, site: str) -> int:
        return restarting.start_of(self._registry.directory, site, self._clock.now(), self._delay)

    def _listen(self, now: float) -> None:
        while self._told:
            told = self._told.popleft()
            self.sites_told(told)
        if self._intake is None:
            return
        status = self._intake()
        was_frozen = self.frozen
        ended, begins_at = self._hearing.look(
            connected=status.connected,
            drained=status.drained and status.journal_offset <= self.sites.offset,
            epoch=status.epoch,
            now=self._clock.now(),
            monotonic=now,
        )
        if begins_at is not None:
            self.sites.gap_begins(begins_at)
            self._keep_gap(start_at=begins_at)
        if self.frozen and not was_frozen and self._gap is None:
            self._keep_gap(start_at=None)
        if ended is not None:
            self.sites.gap_ends(ended.since, ended.at, begun=ended.begun)
            self._close_gap(ended.since, ended.at)

    def sites_told(self, told: IntakeGap | Violation) -> None:
        """A gap or a refusal that the intake tells of."""
        watches = self.sites.watches
        if isinstance(told, Violation):
            found = violation_finding(told, watches, self._clock.now())
        else:
            found = gap_finding(told, watches, self._clock.now())
        for one in found:
            watches[one.site].findings.append(one)

    def _keep_gap(self, start_at: int | None) -> None:
        with writing(self._engine) as conn:
            if self._gap is None:
                first = self.sites.offset + 1
                number = keeping.open_gap(conn, start_at, first)
                self._gap = Gap(number, start_at, None, first, None)
                self.sites.gaps = [*self.sites.gaps, self._gap]
            else:
                self._set_gap(conn, self._gap._replace(start_at=start_at))

    def _close_gap(self, since: int | None, at: int) -> None:
        with writing(self._engine) as conn:
            if self._gap is None:
                first = self.sites.offset + 1
                number = keeping.open_gap(conn, since, first)
                self._gap = Gap(number, since, None, first, None)
                self.sites.gaps = [*self.sites.gaps, self._gap]
            closed = self._gap._replace(start_at=since, end_at=at, last_offset=self.sites.offset)
            self._set_gap(conn, closed)
            keeping.forget_gaps(conn, at - restarting.GAPS_MS)
        self._gap = None

    def _set_gap(self, conn: sa.Connection, gap: Gap) -> None:
        keeping.change_gap(conn, gap)
        self.sites.gaps = [gap if one.id == gap.id else one for one in self.sites.gaps]
        self._gap = gap

    def _sweep(self) -> None:
        with writing(self._engine) as conn:
            news = timers.sweep(conn, self._clock.now())
        self._bulletin.publish(news)

    # -- keeping

    def _commit_if_due(self, received_at: int | None) -> None:
        now = self._clock.monotonic()
        owed = self._dead or any(watch.findings for watch in self.sites.watches.values())
        if owed or now - self._kept >= KEEP_S:
            self._commit(received_at)

    def _commit(self, received_at: int | None = None, *, shoot: bool = False) -> None:
        """Everything found since the last time, with the offset; then tell."""
        monotonic, now = self._clock.monotonic(), self._clock.now()
        shoot = shoot or monotonic - self._shot >= self._settings.watch.snapshot_s
        news: list[News] = []
        try:
            with writing(self._engine) as conn:
                for row, dead in self._dead:
                    deadletters.record(conn, row, dead)
                for watch in self.sites.watches.values():
                    for found in watch.findings:
                        if isinstance(found, EpisodeChange):
                            news += service.apply(conn, [found], now)
                        else:
                            news += service.technical(conn, [found], now)
                keeping.keep(conn, self.sites.offset, now, self.watermarks())
                if shoot:
                    shots = {watch.id: watch.dump() for watch in self.sites.watches.values()}
                    keeping.keep_snapshots(conn, self.sites.offset, shots)
        except SQLAlchemyError as error:
            # Nothing is lost: findings and offset stay, and are committed before anything else.
            _log.exception("watch_cannot_commit")
            self.problem = f"the state database refused: {type(error).__name__}"
            self._stopping.wait(RETRY_S)
            return
        self.problem = ""
        self._kept = monotonic
        self._dead.clear()
        for watch in self.sites.watches.values():
            watch.findings.clear()
        if shoot:
            self._shot = monotonic
            self._journal.claim(keeping.NAME, self.sites.offset)
        self._after(news, received_at)

    def _after(self, news: list[News], received_at: int | None) -> None:
        self._bulletin.publish(news)
        if received_at is not None:
            now = self._clock.now()
            for one in news:
                if one.kind in TOLD:
                    self.on_alert(now - received_at)
        if self._redact:
            self._journal.redact(self._redact)
            self._redact.clear()

    # -- the past

    def reread(self, after: int, limit: int) -> tuple[list[Reading], int]:
        """For the projector: readings of the next rows, and the last row's offset."""
        rows = self._journal.read(after, limit)
        directory = self._registry.directory
        found = [one for row in rows for one in place(row, directory).readings]
        return found, rows[-1].offset if rows else after

    def _reread_all(self, after: int, upto: int) -> list[Reading]:
        found: list[Reading] = []
        while after < upto:
            readings, last = self.reread(after, min(2_000, upto - after))
            if last == after:
                break
            found += [one for one in readings if one.offset <= upto]
            after = last
        return found
