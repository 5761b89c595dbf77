"""One home's sealed readings as the engine would have been fed them, and what they cover. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from typing import Any, Protocol

from devices.signals import CATALOGUE, Kind
from gateway.registry.entries import ALARMS
from gateway.watch import subjects
from gateway.watch.coverage import Coverage, Level, Sensor
from reviews.comparing import Covered
from reviews.job import Device, Job, Segment
from rules.language import Rule

DAY_MS = 86_400_000

Point = tuple[str, str, str | None, int, int, int]  # subject, signal, place, at, x, order


class Readings(Protocol):
    """The columns of a sealed snapshot that are used (gateway.series.Columns has them)."""

    @property
    def at(self) -> Any: ...
    @property
    def x(self) -> Any: ...
    @property
    def offset(self) -> Any: ...
    @property
    def index(self) -> Any: ...
    @property
    def quality(self) -> Any: ...
    @property
    def signal(self) -> Any: ...
    @property
    def place(self) -> Any: ...
    @property
    def device(self) -> Any: ...
    @property
    def resident(self) -> Any: ...
    def __len__(self) -> int: ...


class History:
    """One home's readings as the engine would have been fed them."""

    def __init__(
        self, job: Job, home: str, columns: Readings, signals: set[str], rule: Rule
    ) -> None:
        self._job = job
        self._home = home
        self._rule = rule
        self._stays = [one for one in job.stays if one.home == home]
        living = {one.resident for one in self._stays}
        self._pauses = [one for one in job.pauses if one.resident in living]
        self._devices = _devices(job, home, columns)
        self._seen: dict[str, list[list[int]]] = {}  # subject -> intervals [from, until), in order
        self.points = list(self._all(columns, signals))
        self._times = [point[3] for point in self.points]

    def between(self, start: int, end: int, lookback_ms: int) -> Iterable[Point]:
        """Points of (start, end] and of the look-back before it, in order."""
        first = bisect_right(self._times, start - lookback_ms - 1)
        return self.points[first : bisect_right(self._times, end)]

    def covered(self, segments: Sequence[Segment]) -> Covered:
        """Resident-days (of a home's rule: home-days) with a sign of what the rule reads: a
        measurement counts for a day or as far as the rule looks back, a sensor until it is silent.
        """
        possible = seen = 0
        for one in segments:
            possible += one.end - one.start
            for since, until in self._seen.get(one.subject, ()):
                seen += max(0, min(until, one.end) - max(since, one.start))
        return Covered(self._home, seen / DAY_MS, possible / DAY_MS)

    def _mark(self, subject: str, at: int, hold_ms: int) -> None:
        intervals = self._seen.setdefault(subject, [])
        if intervals and at <= intervals[-1][1]:
            intervals[-1][1] = max(intervals[-1][1], at + hold_ms)
        else:
            intervals.append([at, at + hold_ms])

    def _holds(self, signals: set[str]) -> dict[str, int]:
        """How long one measurement of each signal counts, ms; of events their device says it."""
        return {
            name: max(CATALOGUE[name].max_age_ms, self._rule.lookback_ms, DAY_MS)
            for name in signals
            if CATALOGUE[name].kind is not Kind.EVENT and not CATALOGUE[name].by_gateway
        }

    def _all(self, columns: Readings, signals: set[str]) -> Iterator[Point]:
        heard = self._heard(columns, signals)
        levels = self._levels(columns)
        return merge(heard, levels, key=lambda point: (point[3], point[5]))

    def _heard(self, columns: Readings, signals: set[str]) -> Iterator[Point]:
        wanted = {n: d.hold_ms for n, d in self._devices.items() if signals & set(d.signals)}
        holds = self._holds(signals)
        for at, x, offset, index, quality, signal, place, device, resident in zip(
            columns.at.tolist(),
            columns.x.tolist(),
            columns.offset.tolist(),
            columns.index.tolist(),
            columns.quality.tolist(),
            columns.signal.tolist(),
            columns.place.tolist(),
            columns.device.tolist(),
            columns.resident.tolist(),
            strict=True,
        ):
            if quality & subjects.IGNORED:
                continue
            hold_ms = max(holds.get(signal, 0), wanted.get(device, 0))
            if hold_ms:
                for subject in self._subjects(resident, at, "coverage"):
                    self._mark(subject, at, hold_ms)
            if signal not in signals:
                continue
            for subject in self._subjects(resident, at, signal):
                if not self._silenced(subject, signal, at):
                    yield subject, signal, place, at, x, offset << subjects.ORDER_BITS | index

    def _levels(self, columns: Readings) -> Iterator[Point]:
        """`coverage@signal` from what was heard; hubs' own words are not in the store."""
        coverage = Coverage()
        for device in self._devices.values():
            coverage.register(
                Sensor(device.key, self._home, device.hub, device.signals, device.hold_ms)
            )
        for begin, end in self._job.gaps:
            coverage.gap(begin, begins=True)
            coverage.gap(end, begins=False)
        for at, quality, name in zip(
            columns.at.tolist(), columns.quality.tolist(), columns.device.tolist(), strict=True
        ):
            known = self._devices.get(name)
            if known is not None and not quality & subjects.IGNORED:
                yield from self._told(coverage.advance(at - 1))
                coverage.heard(known.key, at)
        yield from self._told(coverage.advance(self._job.end))

    def _told(self, levels: Iterable[Level]) -> Iterator[Point]:
        for level in levels:
            for subject in self._subjects(None, level.at, "coverage"):
                yield subject, "coverage", level.signal, level.at, level.x, 0

    def _subjects(self, resident: str | None, at: int, signal: str) -> tuple[str, ...]:
        """Whose rules see it, as live."""
        living = [one.resident for one in self._stays if one.start <= at < one.end]
        sole = living[0] if len(living) == 1 else None
        return subjects.concerned(self._job.site, self._home, resident, sole, signal)

    def _silenced(self, subject: str, signal: str, at: int) -> bool:
        resident = subject.removeprefix("resident:")
        return any(
            one.start <= at < one.end and (one.alarms or signal not in ALARMS)
            for one in self._pauses
            if one.resident == resident
        )


def _devices(job: Job, home: str, columns: Readings) -> dict[str, Device]:
    """A home's devices with what they measure: as registered, and as they were heard to."""
    measured: dict[str, set[str]] = {}
    for name, signal in set(zip(columns.device.tolist(), columns.signal.tolist(), strict=True)):
        measured.setdefault(name, set()).add(signal)
    return {
        one.name: one._replace(signals=tuple(sorted({*one.signals, *measured.get(one.name, ())})))
        for one in job.devices
        if one.home == home
    }
