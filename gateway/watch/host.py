"""The engine host: journal → placing → rules → alerts, in one thread and one transaction a batch.

Episodes, alerts, outbox rows, dead letters, technical alerts and the journal's offset commit
together; only then is anything published. What the engine knows is kept now and then with the
offset it stood at; a restart takes it from there and feeds itself the rows in between without a
word, so that a stop at any moment changes nothing.
"""

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from devices.reading import Reading
from gateway import rulebook
from gateway.alerts import timers
from gateway.alerts.episodes import Technical
from gateway.clock import Clock
from gateway.config import Settings
from gateway.db import reading
from gateway.intake.journal import Journal
from gateway.intake.placing import Dead, place
from gateway.intake.rows import Row
from gateway.intake.status import Gap, IntakeStatus
from gateway.intake.violations import Violation
from gateway.notify.stream import Bulletin
from gateway.registry import Registry
from gateway.series.projector import Projector
from gateway.series.store import Store
from gateway.watch import restarting, settling
from gateway.watch.compiling import Preparing
from gateway.watch.history import History
from gateway.watch.listening import Listening
from gateway.watch.notices import Mandates
from gateway.watch.settling import Settling
from gateway.watch.site import SiteWatch
from gateway.watch.sites import Sites

_log = structlog.get_logger("watch")

BATCH_ROWS = 256
LOOK_S = 0.5  # between looks at link, registry, rulebook, alert timers
MANDATES_S = 60.0  # between looks at mandates that end
REPLAY_S = 5.0  # late readings of a home are replayed together
SLICE_S = 0.05  # replays at a stretch
REST = 4.0  # times as long as a slice took, before the next
REST_IDLE = 0.5  # the same while nothing else waits
IDLE_S = 0.05  # between two looks at an idle journal: how late a timer may be


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
        self._clock, self._engine = clock, engine
        self._registry, self._journal = registry, journal
        self._delay = settings.watch.watermark_delay_ms
        self.projector = projector
        self.history = History(store, self._reread_all)
        self.sites = Sites(self.history, self._delay, settings.watch.silence_factor)
        self._listening = Listening(self.sites, engine, clock, intake)
        self.settling = Settling(
            self.sites,
            engine,
            clock,
            journal,
            lambda news: bulletin.publish(news),  # noqa: PLW0108  # looked up when it happens
            settings.watch.snapshot_s,
        )
        self._preparing = Preparing(settings.watch.compiled_from_residents)
        self._mandates = Mandates()
        self._revision = -1
        self._directory_changed = threading.Event()
        self._looked = self._replayed = self._minded = float("-inf")
        self._unfinished = False  # homes are left from the last slice of replays
        self._slice_ended, self._slice_took = float("-inf"), 0.0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._ready = False
        self._fault = ""
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
    def problem(self) -> str:
        """Why it does not go on; empty: all is well."""
        return self.settling.problem or self._fault

    @property
    def frozen(self) -> bool:
        """Whether wall sites' clocks stand until the broker's backlog is in."""
        return self._listening.frozen

    @property
    def offset(self) -> int:
        """Of the journal: consumed."""
        return self.sites.offset

    def on_gap(self, gap: Gap) -> None:
        """For the intake, from its threads."""
        self._listening.tell(gap)

    def on_violation(self, violation: Violation) -> None:
        """For the intake, from its threads."""
        self._listening.tell(violation)

    def watermarks(self) -> dict[str, int]:
        """Each site's clock, as far as rules have settled it. Any thread."""
        return {watch.id: watch.watermark for watch in tuple(self.sites.watches.values())}

    def site_now(self, site: str) -> int:
        """A site's clock: wall time, or the newest moment a data site has told. Any thread."""
        watch = self.sites.watches.get(site)
        if watch is None or not watch.data:
            return self._clock.now()
        return watch.known_at

    def hubs(self, site: str, home: str) -> list[tuple[int, str, bool]]:
        """What a home's hubs last said of themselves: at, hub, online. Any thread."""
        watch = self.sites.watches.get(site)
        return [] if watch is None else list(watch.hub_log.get(home, ()))

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
        self._listening.take_up(kept.alive_at)
        self._revision = kept.revision
        self._ready = True
        self.settling.commit()

    def step(self) -> bool:
        """Do what can be done now; whether there was a row to consume."""
        if not self._ready:
            self.prepare()
        if self.settling.problem and not self.settling.commit():  # first what is owed
            settling.pause(self._stopping)
            return False
        self._look()
        rows = self._journal.read(self.sites.offset, BATCH_ROWS)
        if rows:
            self._consume(rows)
        elif not self.frozen and (idle_at := self._journal.idle_at()) is not None:
            self.sites.advance_walls(idle_at)
        self._replay(idle=not rows)
        self.settling.commit_if_due(rows[-1].received_at if rows else None)
        return bool(rows)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self.step()
                self._fault = ""
                if not busy:
                    self._journal.wait(self.sites.offset, IDLE_S)
            except Exception as error:  # noqa: BLE001  # no fault may end the watch for good
                _log.exception("watch_failed")
                self._fault = f"a fault in the gateway: {type(error).__name__}"
                settling.pause(self._stopping)
        self._finish()

    def _finish(self) -> None:
        try:
            while rows := self._journal.read(self.sites.offset, BATCH_ROWS):
                self._consume(rows)
            self.settling.commit(shoot=True)
        except Exception:  # noqa: BLE001  # what was not kept is repeated at the next start
            _log.exception("watch_stopped_unkept")

    def _consume(self, rows: Sequence[Row]) -> None:
        readings: list[Reading] = []
        frozen = self.frozen
        for row in rows:
            if self.sites.needs_replay(row):
                self._replay(idle=True, all_of_it=True)
            readings += self._take(row, frozen=frozen)
        last = rows[-1]
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
            self.settling.dead(row, [dead])
            self.sites.everywhere(Technical("handler-failed", "", "message", 0))
            self.sites.offset = row.offset
            return []
        if placed.dead:
            self.settling.dead(row, placed.dead)
        if placed.refused_for_consent:
            self.settling.redact(row.offset)
        return placed.readings

    def _replay(self, *, idle: bool, all_of_it: bool = False) -> None:
        """Homes that were heard late: at once when idle, else together after a while.

        In slices, with rests in between: however much is late, what comes meanwhile (a call for
        help may be in it) waits for one home's replay at most, and a flood is still caught up with.
        """
        late = list(self.sites.late())
        if not late:
            self._unfinished = False
            return
        now = self._clock.monotonic()
        soon = idle or self._unfinished or now - self._replayed >= REPLAY_S
        rest = min((REST_IDLE if idle else REST) * self._slice_took, REPLAY_S)
        if not all_of_it and (now < self._slice_ended + rest or not soon):
            return
        if not self.settling.commit():  # a replay compares with what is recorded
            return
        self._replayed = now
        done = 0
        with reading(self._engine) as conn:
            for watch, home in late:
                self._replay_one(conn, watch, home)
                done += 1
                if not all_of_it and self._clock.monotonic() - now >= SLICE_S:
                    break
        self._unfinished = done < len(late)
        self._slice_ended = self._clock.monotonic()
        self._slice_took = self._slice_ended - now

    def _replay_one(self, conn: sa.Connection, watch: SiteWatch, home: str) -> None:
        try:
            self.sites.replay(conn, watch, home)
        except SQLAlchemyError:
            raise
        except Exception:  # noqa: BLE001  # one home's past must not stop all that comes after it
            _log.exception("replay_failed", site=watch.id, home=home)
            watch.late.pop(home, None)
            watch.recents.clear(watch.known_at, [home])
            self.sites.everywhere(Technical("handler-failed", "", "replay", 0))

    def _look(self) -> None:
        now = self._clock.monotonic()
        if now - self._looked < LOOK_S:
            return
        self._looked = now
        self._listening.look()
        self._registry.refresh()
        with reading(self._engine) as conn:
            revision = rulebook.revision(conn)
            swept = timers.due(conn, self._clock.now())
            if now - self._minded >= MANDATES_S or revision != self._revision:
                self._minded = now
                self._mind_mandates(conn)
        if self._directory_changed.is_set() or revision != self._revision:
            self._directory_changed.clear()
            self._revision = revision
            self._read_anew()
        if swept:
            self.settling.sweep()
        if (form := self._preparing.look(self.sites.residents)) is not None:
            self.sites.use_nodes(form)

    def _read_anew(self) -> None:
        """Registry and rulebook as they stand now, in force from the next instant on."""
        directory = self._registry.directory
        now, delay = self._clock.now(), self._delay
        self.sites.use(directory, lambda site: restarting.start_of(directory, site, now, delay))
        with reading(self._engine) as conn:
            self.sites.read_rulebook(conn)
        self.sites.settle()

    def _mind_mandates(self, conn: sa.Connection) -> None:
        clocks = {site: self.site_now(site) for site in self.sites.watches}
        for found in self._mandates.look(conn, self._clock.now(), clocks):
            if found.site in self.sites.watches:
                self.sites.watches[found.site].findings.append(found)

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
