"""Today's rule and a proposal over the same sealed history, with the operators that run live.

The history is folded home by home, so that memory is one home's. A subject's history falls into
segments wherever it moved house or its own values changed: what held then, holds then. Consent is
as it is now: whoever withdrew it is in no job.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from gateway.series.sealed import Sealed
from reviews.comparing import Comparison, Covered, Span, compare
from reviews.history import History
from reviews.job import Job, Segment
from rules.compiled import Backtest, Item, Kernel
from rules.language import parse_rule
from rules.plan import Plan, plan
from rules.rule import Rule

THREADS = 2  # the fold lets go of the interpreter's lock; more would wait for each other
AT_ONCE = 16  # homes that a thread takes at a time
MOST_COPIED = 5_000_000  # readings kept outside of the snapshot, of homes that had to be cut


class _Of(NamedTuple):
    """What one home gave."""

    then: list[Span]
    now: list[Span]
    covered: Covered
    readings: int


class Past:
    """One sealed history, ready to be asked again and again with other rules and numbers.

    What was measured, who lived where and what was covered depend on no parameter: they are worked
    out once a home, at its first question. Any number of threads, one question at a time.
    """

    def __init__(self, snapshot: Sealed, kernel: Kernel | None) -> None:
        self.snapshot = snapshot
        self._kernel = kernel
        self._about: tuple[object, ...] = ()  # what the kept histories are of
        self._known: dict[str, History] = {}
        self._copied = 0
        self._mine = threading.local()

    def _prepare(self, job: Job, watched: Sequence[Rule]) -> None:
        """Forgets the kept histories where the question is about something else."""
        about = (
            *(job.site, job.end, job.stays, job.pauses, job.devices, job.gaps),
            *(rule.text for rule in watched),
        )
        if about != self._about:
            self._about = about
            self._known.clear()
            self._copied = 0

    def _home(self, job: Job, home: str, watched: Sequence[Rule]) -> History:
        known = self._known.get(home)
        if known is None:
            known = History(job, self.snapshot.home(home), watched)
            if self._copied + known.copied < MOST_COPIED:
                self._copied += known.copied
                self._known[home] = known
        return known

    def _driver(self) -> Backtest:
        """One a thread."""
        if not hasattr(self._mine, "driver"):
            self._mine.driver = Backtest(self._kernel)
        driver: Backtest = self._mine.driver
        return driver

    def compare(self, job: Job, progress: Callable[[float], None]) -> Comparison:
        """Both versions over every home of the job."""
        then, now = parse_rule(job.then_text), parse_rule(job.now_text)
        homes = sorted({one.home for one in job.segments})
        batches = [homes[i : i + AT_ONCE] for i in range(0, len(homes), AT_ONCE)]
        plans = _Plans(job)
        found: list[_Of] = []
        self._prepare(job, [then, now])
        with ThreadPoolExecutor(THREADS) as pool:
            work = partial(self._homes, job, then, now, plans)
            for batch in pool.map(work, batches):
                found += batch
                progress(len(found) / len(homes))
        return compare(
            [span for one in found for span in one.then],
            [span for one in found for span in one.now],
            job.marked,
            [one.covered for one in found],
            len({one.subject for one in job.segments}),
            job.zone,
            job.start,
            job.end,
            sum(one.readings for one in found),
        )

    def _homes(
        self, job: Job, then: Rule, now: Rule, plans: "_Plans", homes: Sequence[str]
    ) -> list[_Of]:
        driver = self._driver()
        found = []
        for home in homes:
            history = self._home(job, home, [then, now])
            own = _since_heard(history, [one for one in job.segments if one.home == home])
            spans = _spans(job, home, own, then, now, plans, history, driver)
            covered = history.covered(own)
            found.append(_Of(spans["then"], spans["now"], covered, self.snapshot.rows(home)))
        return found


def run(
    job: Job, snapshot: Sealed, progress: Callable[[float], None], kernel: Kernel | None
) -> Comparison:
    """One question of one history."""
    return Past(snapshot, kernel).compare(job, progress)


class _Plans:
    """Residents with the same values share a plan; its layout is then made once."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._made: dict[tuple[str, tuple[tuple[str, str], ...]], Plan] = {}

    def of(self, rule: Rule, values: Mapping[str, str]) -> Plan:
        key = rule.text, tuple(sorted(values.items()))
        if key not in self._made:
            numbers = {name: Decimal(value) for name, value in values.items()}
            self._made[key] = plan(rule, numbers, self._job.zone, self._job.holidays)
        return self._made[key]


def _since_heard(history: History, segments: Sequence[Segment]) -> list[Segment]:
    """Nobody misses what came before a home's first reading: there was no home yet."""
    if history.first is None:
        return list(segments)
    first = history.first
    return [one._replace(start=max(one.start, first - 1)) for one in segments if one.end > first]


def _spans(
    job: Job,
    home: str,
    segments: Sequence[Segment],
    then: Rule,
    now: Rule,
    plans: _Plans,
    history: History,
    driver: Backtest,
) -> dict[str, list[Span]]:
    """Episodes of both versions; one that goes on over the border of two segments stays one."""
    found: dict[tuple[str, str], list[Span]] = {}
    for start, end in sorted({(one.start, one.end) for one in segments}):
        items = [
            Item(f"{side} {one.subject}", home, one.subject, plans.of(rule, values))
            for one in segments
            if (one.start, one.end) == (start, end)
            for side, rule, values, off in (
                ("then", then, one.then, job.then_off),
                ("now", now, one.now, job.now_off),
            )
            if not off
        ]
        for episode in driver.episodes(items, history.subjects, start, end, evidence=False):
            side, subject = episode.key.split(" ", 1)
            spans = found.setdefault((side, subject), [])
            if spans and spans[-1].end is None and episode.onset <= start + 1:
                spans[-1] = replace(spans[-1], end=episode.end)
            else:
                spans.append(Span(subject, home, episode.onset, episode.end))
    return {side: _of_side(found.items(), side) for side in ("then", "now")}


def _of_side(found: Iterable[tuple[tuple[str, str], list[Span]]], wanted: str) -> list[Span]:
    return [span for (side, _), spans in found if side == wanted for span in spans]
