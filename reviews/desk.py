"""Where replays are asked for, queued and run, and where reviews are looked after.

One replay at a time, in a child process (`reviews.child`); a thread here seals the history, asks
the child, follows its progress and stores aggregates. File and child are kept for some minutes, so
that the next number that somebody tries is answered at once (`reviews.worker`).

Every minute the desk opens a review for each stop that has none, and opens reviews again whose
outcome left the forecast.
"""

import json
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa
import structlog

from devices.errors import Refused, Spoken
from gateway import rulebook
from gateway.access import Action, Viewer
from gateway.access.audit import note_look
from gateway.clock import Clock
from gateway.db import reading, writing
from gateway.registry import Registry
from gateway.rulebook import Mode, keep, text_hash
from gateway.rulebook.entries import dump_values
from gateway.series.store import Query, Store
from reviews import outcome, tables
from reviews.backtests import Question, require_all, task_of
from reviews.records import find
from reviews.running import MEMORY_MIB, Runner
from reviews.talking import filled, open_for_stops
from rules.file.language import Rule

DAY_MS = 86_400_000
WEEKS = 12
LOOK_AFTER_SECONDS = 60.0
log = structlog.get_logger("reviews")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see replayed."""

    rule: Rule
    values: Mapping[str, Decimal]
    mode: Mode = Mode.LIVE
    weeks: int = WEEKS


class Asked(NamedTuple):
    """A back-test in the queue."""

    backtest_id: int


class Desk:
    """Thread-safe. `site_at` gives a site's own clock."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        registry: Registry,
        store: Store,
        site_at: Callable[[str], int],
        silence_factor: float,
        memory_mib: int = MEMORY_MIB,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._store = store
        self.site_at = site_at
        self._registry, self._silence_factor = registry, silence_factor
        self.runner = Runner(engine, clock, registry, store, silence_factor, memory_mib)
        self._queue: queue.Queue[int | Asked | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        """Replays that a stop of the gateway cut short are marked as failed, then work begins."""
        with writing(self._engine) as conn:
            for table in (tables.evidence, tables.backtest):
                conn.execute(
                    table.update()
                    .where(table.c.state.in_(["queued", "running"]))
                    .values(state="failed", problem="The gateway was stopped meanwhile. Ask again.")
                )
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="reviews", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends a running child; waits for the thread."""
        self._stopping = True
        self._queue.put(None)
        self.runner.worker.cut_short()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
        self.runner.worker.forget()

    def ask(self, viewer: Viewer, review_id: int, wish: Wish) -> int:
        """Queue a replay of `wish` beside what is live; the same question is answered once."""
        now = self._clock.now()
        with reading(self._engine) as conn:
            site = find(conn, viewer, review_id).site
        first = self._first_reading(site)
        with writing(self._engine) as conn:
            review = find(conn, viewer, review_id)
            viewer.require(Action.PROPOSE, review.site)
            at = self.site_at(review.site)
            end = self.runner.worker.pinned(review.site, at)
            base = rulebook.base_entry(conn, review.site, review.rule_name, at)
            if base is None or wish.rule.name != review.rule_name:
                raise Refused(
                    "replay a rule",
                    f"{wish.rule.name} at {review.site}",
                    Spoken("it is not the rule of this review, or not in force"),
                    Spoken("Open the review again"),
                )
            values = dump_values(filled(base, wish.rule, wish.values))
            keep(conn, wish.rule, now)
            asked = {
                "review_id": review_id,
                "purpose": "compare",
                "base_entry_id": base.id,
                "text_hash": text_hash(wish.rule.text),
                "values": values,
                "mode": wish.mode.value,
            }
            known = self._known(conn, asked, at)
            if known is not None:
                return known
            made = conn.execute(
                tables.evidence.insert()
                .values(
                    **asked,
                    state="queued",
                    progress=0,
                    start_at=max(end - wish.weeks * 7 * DAY_MS, first - 1),
                    end_at=end,
                    asked_at=now,
                )
                .returning(tables.evidence.c.id)
            )
            evidence_id: int = made.scalar_one()
        self._queue.put(evidence_id)
        return evidence_id

    def backtest(self, viewer: Viewer, question: Question) -> int:
        """Queue a back-test of files that no review holds. Raises Refused before anything runs."""
        require_all(viewer, question.site)
        now = self._clock.now()
        note_look(self._engine, viewer, "back-test of rules", question.site, None, now)
        with writing(self._engine) as conn:
            task_of(conn, self._registry.directory, question, self._silence_factor)
            made: int = conn.execute(
                tables.backtest.insert()
                .values(
                    site=question.site,
                    question=json.dumps(asdict(question)),
                    state="queued",
                    progress=0,
                    by_user=viewer.user_id,
                    by_name=viewer.name,
                    asked_at=now,
                )
                .returning(tables.backtest.c.id)
            ).scalar_one()
        self._queue.put(Asked(made))
        return made

    def _first_reading(self, site: str) -> int:
        found = self._store.read(Query(site=site, limit=1))
        if not len(found):
            raise Refused(
                "replay a rule",
                site,
                Spoken("no reading of this site is stored yet"),
                Spoken("Wait until something was measured"),
            )
        return int(found.at[0])

    def _known(self, conn: sa.Connection, asked: Mapping[str, Any], at: int) -> int | None:
        """The same question, not failed, asked within the last day of the site's clock."""
        of = tables.evidence.c
        query = sa.select(of.id).where(
            *(of[name] == value for name, value in asked.items()),
            of.state != "failed",
            of.end_at > at - DAY_MS,
        )
        return conn.execute(query.order_by(of.id.desc()).limit(1)).scalar()

    def _work(self) -> None:
        while not self._stopping:
            try:
                evidence_id = self._queue.get(timeout=LOOK_AFTER_SECONDS)
            except queue.Empty:
                self._guarded(self.look_after)
                continue
            if evidence_id is not None and not self._stopping:
                self._guarded(lambda wanted=evidence_id: self.run(wanted))  # type: ignore[misc]  # bound now

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:  # the thread must outlive whatever one piece of work runs into
            log.exception("review work failed")

    def look_after(self) -> None:
        """What time asks for: a review for every stop, a daily count for every forecast."""
        self.runner.worker.tidy()
        with writing(self._engine) as conn:
            now = self._clock.now()
            for review_id in open_for_stops(conn, now):
                log.info("review opened for a stop", review=review_id)
            wanted = outcome.due(conn, now, self.site_at)
        for evidence_id in wanted:
            self._queue.put(evidence_id)

    def run(self, evidence_id: "int | Asked") -> None:
        """Compute one evidence now; a count that left its forecast opens the review again."""
        if isinstance(evidence_id, Asked):
            self.runner.backtest(evidence_id.backtest_id)
            return
        self.runner.run(evidence_id)
        with writing(self._engine) as conn:
            outcome.reopen_where_outside(conn, evidence_id, self._clock.now())
