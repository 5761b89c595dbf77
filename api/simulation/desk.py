"""Runs of simulators, and orders that wait for them. In memory: a simulator tells all again."""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from api.simulation.models import AnswerIn, GivenOut, HomeIn, OrderOut, ReportIn

SILENT_MS = 10_000
FORGOTTEN_MS = 24 * 3_600_000
KEPT = 50  # orders of a run, newest
MOST_RUNS = 50


@dataclass(slots=True)
class Given:
    """An order and what became of it."""

    order: OrderOut
    what: str
    by: str
    at: int  # wall clock
    state: str = "waiting"
    words: str = ""


@dataclass(slots=True)
class Run:
    """One simulator."""

    report: ReportIn
    heard_at: int  # wall clock
    cast: dict[tuple[str, str], HomeIn] = field(default_factory=dict)
    given: deque[Given] = field(default_factory=lambda: deque(maxlen=KEPT))

    def state(self, now: int) -> str:
        """In one word."""
        if self.report.ended:
            return "ended"
        if now - self.heard_at > SILENT_MS:
            return "silent"
        return "paused" if self.report.paused else "running"


class Desk:
    """Between simulators and people. Used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}
        self._count = 0

    def report(self, report: ReportIn, now: int) -> tuple[list[OrderOut], bool]:
        """What a simulator says; what it is to do, and whether its homes are still unknown."""
        with self._lock:
            run = self._runs.get(report.run)
            if run is None:
                self._forget(now)
                run = self._runs[report.run] = Run(report, now)
            run.report, run.heard_at = report, now
            if report.cast is not None:
                run.cast = {(one.site, one.home): one for one in report.cast}
            self._settle(run, report.answers)
            waiting = [one.order for one in run.given if one.state == "waiting"]
            return waiting, not run.cast

    def order(self, run_id: str, order: OrderOut, what: str, by: str, now: int) -> GivenOut | None:
        """Handed out with the next report; None where there is no such run any more."""
        with self._lock:
            run = self._runs.get(run_id)
            if run is None or run.report.ended:
                return None
            self._count += 1
            given = Given(order.model_copy(update={"order": self._count}), what, by, now)
            run.given.append(given)
            return told(given)

    def runs(self) -> list[tuple[str, Run]]:
        """Newest word first."""
        with self._lock:
            found = list(self._runs.items())
        return sorted(found, key=lambda one: -one[1].heard_at)

    def run(self, run_id: str) -> Run | None:
        """One of them."""
        with self._lock:
            return self._runs.get(run_id)

    def orders(self, run: Run) -> list[GivenOut]:
        """Newest first."""
        with self._lock:
            return [told(one) for one in reversed(run.given)]

    def _settle(self, run: Run, answers: Iterable[AnswerIn]) -> None:
        by_order = {one.order: one for one in answers}
        for given in run.given:
            answer = by_order.get(given.order.order)
            if answer is not None and given.state == "waiting":
                given.state = "done" if answer.done else "refused"
                given.words = answer.words

    def _forget(self, now: int) -> None:
        for name, run in list(self._runs.items()):
            if now - run.heard_at > FORGOTTEN_MS:
                del self._runs[name]
        while len(self._runs) >= MOST_RUNS:
            oldest = min(self._runs, key=lambda name: self._runs[name].heard_at)
            del self._runs[oldest]


def told(given: Given) -> GivenOut:
    """As people see it."""
    return GivenOut.model_validate(
        {
            "order": given.order.order,
            "kind": given.order.kind,
            "what": given.what,
            "by": given.by,
            "at": given.at,
            "state": given.state,
            "words": given.words,
        }
    )
