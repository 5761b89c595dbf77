"""What the host hears of the way in: the link's outages, lost messages, refusals."""

from collections import deque
from collections.abc import Callable

import sqlalchemy as sa

from gateway.clock import Clock
from gateway.db import writing
from gateway.intake.status import Gap as IntakeGap
from gateway.intake.status import IntakeStatus
from gateway.intake.violations import Violation
from gateway.watch import keeping
from gateway.watch.hearing import Hearing
from gateway.watch.keeping import Gap
from gateway.watch.notices import gap_finding, violation_finding
from gateway.watch.restarting import GAPS_MS
from gateway.watch.sites import Sites


class Listening:
    """Turns the intake's state into gaps of the sites. `tell` is for any thread."""

    def __init__(
        self,
        sites: Sites,
        engine: sa.Engine,
        clock: Clock,
        intake: Callable[[], IntakeStatus] | None,
    ) -> None:
        """`intake` None: nothing can be missed (tests, replays)."""
        self._sites, self._engine, self._clock, self._intake = sites, engine, clock, intake
        self._hearing = Hearing(None)
        self._gap: Gap | None = None  # clocks stand, or a gap lasts
        self._told: deque[IntakeGap | Violation] = deque()

    def tell(self, told: IntakeGap | Violation) -> None:
        """Something that the intake noticed."""
        self._told.append(told)

    def take_up(self, alive_at: int | None) -> None:
        """After a start: everything was heard until `alive_at` (wall)."""
        self._hearing = Hearing(alive_at)
        self._gap = next((gap for gap in self._sites.gaps if gap.last_offset is None), None)
        if self._gap is not None and self._gap.start_at is not None:
            self._hearing.gap_since = self._gap.start_at

    @property
    def frozen(self) -> bool:
        """Whether wall sites' clocks stand until the broker's backlog is in."""
        return self._intake is not None and self._hearing.frozen

    def look(self) -> None:
        """Now and then, from the host's thread."""
        watches, now = self._sites.watches, self._clock.now()
        while self._told:
            told = self._told.popleft()
            if isinstance(told, Violation):
                found = violation_finding(told, watches, now)
            else:
                found = gap_finding(told, watches, now)
            for one in found:
                watches[one.site].findings.append(one)
        if self._intake is not None:
            self._look(self._intake(), now)

    def _look(self, status: IntakeStatus, now: int) -> None:
        was_frozen = self.frozen
        ended, begins_at = self._hearing.look(
            connected=status.connected,
            drained=status.drained and status.drained_offset <= self._sites.offset,
            epoch=status.epoch,
            now=now,
            monotonic=self._clock.monotonic(),
        )
        if begins_at is not None:
            self._sites.gap_begins(begins_at)
            self._keep(start_at=begins_at)
        elif self.frozen and not was_frozen and self._gap is None:
            self._keep(start_at=None)
        if ended is not None:
            self._sites.gap_ends(ended.since, ended.at, begun=ended.begun)
            self._close(ended.since, ended.at)

    def _keep(self, start_at: int | None) -> None:
        with writing(self._engine) as conn:
            gap = self._opened(conn, start_at)
            self._set(conn, gap._replace(start_at=start_at))

    def _close(self, since: int | None, at: int) -> None:
        with writing(self._engine) as conn:
            gap = self._opened(conn, since)
            last = self._sites.offset
            self._set(conn, gap._replace(start_at=since, end_at=at, last_offset=last))
            keeping.forget_gaps(conn, at - GAPS_MS)
        self._gap = None

    def _opened(self, conn: sa.Connection, start_at: int | None) -> Gap:
        if self._gap is None:
            first = self._sites.offset + 1
            number = keeping.open_gap(conn, start_at, first)
            self._gap = Gap(number, start_at, None, first, None)
            self._sites.gaps = [*self._sites.gaps, self._gap]
        return self._gap

    def _set(self, conn: sa.Connection, gap: Gap) -> None:
        keeping.change_gap(conn, gap)
        self._sites.gaps = [gap if one.id == gap.id else one for one in self._sites.gaps]
        self._gap = gap
