"""One transaction for all that was found, with the offset it was found at; then it is told."""

import threading
from collections.abc import Callable, Sequence

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.alerts import service, timers
from gateway.alerts.episodes import EpisodeChange, EventKind, Missed, News
from gateway.clock import Clock
from gateway.db import writing
from gateway.intake import deadletters
from gateway.intake.journal import Journal
from gateway.intake.placing import Dead
from gateway.intake.rows import Row
from gateway.watch import keeping
from gateway.watch.sites import Sites

_log = structlog.get_logger("watch")

KEEP_S = 1.0  # the offset is committed at least so often, so that a restart has little to repeat
RETRY_S = 1.0  # after a database that refused
PACKING = 0.005  # of the time, at most, goes into snapshots: a call for help waits meanwhile
TOLD = frozenset({EventKind.RAISED, EventKind.AGAIN_LOUD})


class Settling:
    """Owned by the host's thread."""

    def __init__(
        self,
        sites: Sites,
        engine: sa.Engine,
        clock: Clock,
        journal: Journal,
        publish: Callable[[list[News]], None],
        snapshot_s: float,
    ) -> None:
        self._sites, self._engine, self._clock = sites, engine, clock
        self._journal, self._publish = journal, publish
        self._snapshot_s = snapshot_s
        self._dead: list[tuple[Row, Sequence[Dead]]] = []
        self._redact: list[int] = []
        self._kept = self._shot = float("-inf")
        self._packed_s = 0.0  # what the last snapshot took
        self.problem = ""  # why nothing can be committed
        self.on_alert: Callable[[int], None] = lambda _: None  # ms from receipt to alert

    def dead(self, row: Row, letters: Sequence[Dead]) -> None:
        """Parts of a message that are no readings."""
        self._dead.append((row, letters))

    def redact(self, offset: int) -> None:
        """A row of which no value may be kept."""
        self._redact.append(offset)

    def commit_if_due(self, received_at: int | None) -> None:
        """Findings at once; a quiet offset now and then. `received_at`: of the newest row, wall."""
        owed = self._dead or any(watch.findings for watch in self._sites.watches.values())
        if owed or self._clock.monotonic() - self._kept >= KEEP_S:
            self.commit(received_at)

    def commit(self, received_at: int | None = None, *, shoot: bool = False) -> bool:
        """All found since the last time; False: the database refused, and nothing is lost."""
        monotonic = self._clock.monotonic()
        every = max(self._snapshot_s, self._packed_s / PACKING)
        shoot = shoot or monotonic - self._shot >= every
        try:
            with writing(self._engine) as conn:
                news = self._write(conn, shoot=shoot)
        except SQLAlchemyError as error:
            # Findings and offset stay, and are committed before anything else is done.
            _log.exception("watch_cannot_commit")
            self.problem = f"the state database refused: {type(error).__name__}"
            return False
        self.problem = ""
        self._kept = monotonic
        self._dead.clear()
        for watch in self._sites.watches.values():
            watch.findings.clear()
        if shoot:
            self._shot = monotonic
            self._journal.claim(keeping.NAME, self._sites.offset)
        self._tell(news, received_at)
        return True

    def sweep(self) -> None:
        """What the wall clock does to alerts."""
        with writing(self._engine) as conn:
            news = timers.sweep(conn, self._clock.now())
        self._publish(news)

    def _write(self, conn: sa.Connection, *, shoot: bool) -> list[News]:
        now = self._clock.now()
        watches = self._sites.watches.values()
        news: list[News] = []
        for row, letters in self._dead:
            deadletters.record(conn, row, letters)
        for watch in watches:
            for found in watch.findings:
                if isinstance(found, EpisodeChange):
                    news += service.apply(conn, [found], now)
                elif isinstance(found, Missed):
                    service.judge(conn, found, now)
                else:
                    news += service.technical(conn, [found], now)
        keeping.keep(conn, self._sites.offset, now, {one.id: one.watermark for one in watches})
        if shoot:
            began = self._clock.monotonic()
            shots = {watch.id: watch.dump() for watch in watches}
            keeping.keep_snapshots(conn, self._sites.offset, shots)
            self._packed_s = self._clock.monotonic() - began
        return news

    def _tell(self, news: list[News], received_at: int | None) -> None:
        self._publish(news)
        if received_at is not None:
            now = self._clock.now()
            for one in news:
                if one.kind in TOLD:
                    self.on_alert(now - received_at)
        if self._redact:
            self._journal.redact(self._redact)
            self._redact.clear()


def pause(stopping: threading.Event) -> None:
    """Give a refusing database a moment, unless it is time to stop."""
    stopping.wait(RETRY_S)
