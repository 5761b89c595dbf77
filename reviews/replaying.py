"""Today's rule and a proposal over the same sealed history, with the engine that runs live. Pure.

The history is read home by home, so that memory is one home's. A subject's history falls into
segments wherever it moved house or its own values changed: what held then, holds then. Consent is
as it is now: whoever withdrew it is in no job.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from heapq import merge
from typing import Any, NamedTuple, Protocol

from gateway.registry.entries import ALARMS
from gateway.watch import subjects
from gateway.watch.coverage import Coverage, Level, Sensor
from reviews.comparing import Comparison, Covered, Marked, Span, compare
from rules.backtest import replay
from rules.language import Rule, parse_rule
from rules.plan import Plan, plan

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


class Stay(NamedTuple):
    """Somebody lives in a home from `start` until, but without, `end`."""

    resident: str
    home: str
    start: int
    end: int


class Pause(NamedTuple):
    """Monitoring was paused, `alarms` too where that was confirmed apart."""

    resident: str
    start: int
    end: int
    alarms: bool


class Segment(NamedTuple):
    """A subject in a home with the same values throughout (start, end]."""

    subject: str
    home: str
    start: int
    end: int
    then: dict[str, str]  # parameter -> decimal
    now: dict[str, str]


class Device(NamedTuple):
    """Which readings are one device's, and how long each of them covers."""

    home: str
    name: str
    key: int
    hub: str | None
    signals: tuple[str, ...]
    hold_ms: int


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a replay needs beside the snapshot; travels to the child as JSON."""

    site: str
    zone: str
    start: int  # the history that is counted: (start, end]
    end: int
    then_text: str
    now_text: str
    then_off: bool
    now_off: bool
    segments: tuple[Segment, ...]
    stays: tuple[Stay, ...]
    pauses: tuple[Pause, ...]
    devices: tuple[Device, ...]
    marked: tuple[Marked, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "marked": [asdict(one) for one in self.marked]}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Job":
        """The inverse of `to_json`."""
        return cls(
            **{
                **raw,
                "segments": tuple(Segment(*one) for one in raw["segments"]),
                "stays": tuple(Stay(*one) for one in raw["stays"]),
                "pauses": tuple(Pause(*one) for one in raw["pauses"]),
                "devices": tuple(
                    Device(home, name, key, hub, tuple(signals), hold_ms)
                    for home, name, key, hub, signals, hold_ms in raw["devices"]
                ),
                "marked": tuple(
                    Marked(Span(**one["span"]), one["minutes"]) for one in raw["marked"]
                ),
            }
        )

    @property
    def lookback_ms(self) -> int:
        """How much before `start` the snapshot must hold, so that the rules begin primed."""
        return max(parse_rule(text).lookback_ms for text in (self.then_text, self.now_text))


def run(job: Job, read: Callable[[str], Readings], progress: Callable[[float], None]) -> Comparison:
    """Both versions over every home. `read` gives a home's columns in order of time."""
    then, now = parse_rule(job.then_text), parse_rule(job.now_text)
    signals = {ref.signal for rule in (then, now) for ref in rule.uses}
    signals |= {ref.place or "" for rule in (then, now) for ref in rule.uses
                if ref.signal == "coverage"}  # fmt: skip
    homes = sorted({one.home for one in job.segments})
    old: list[Span] = []
    new: list[Span] = []
    covered: list[Covered] = []
    readings = 0
    for done, home in enumerate(homes):
        columns = read(home)
        readings += len(columns)
        history = History(job, home, columns, signals)
        own = [one for one in job.segments if one.home == home]
        if not job.then_off:
            old += _episodes(job, home, own, then, history, "then")
        if not job.now_off:
            new += _episodes(job, home, own, now, history, "now")
        covered.append(history.covered(own))
        progress((done + 1) / len(homes))
    people = len({one.subject for one in job.segments})
    return compare(old, new, job.marked, covered, people, job.zone, job.start, job.end, readings)


class History:
    """One home's readings as the engine would have been fed them."""

    def __init__(self, job: Job, home: str, columns: Readings, signals: set[str]) -> None:
        self._job = job
        self._home = home
        self._stays = [one for one in job.stays if one.home == home]
        self._pauses = [one for one in job.pauses if one.resident in
                        {stay.resident for stay in self._stays}]  # fmt: skip
        self._devices = _devices(job, home, columns)
        self.days: dict[str, set[int]] = {}  # subject -> days with a sign of what the rule reads
        self.points = list(self._all(columns, signals))
        self._times = [point[3] for point in self.points]

    def between(self, start: int, end: int, lookback_ms: int) -> Iterable[Point]:
        """Points of (start, end] and of the look-back before it, in order."""
        first = bisect_right(self._times, start - lookback_ms - 1)
        return self.points[first : bisect_right(self._times, end)]

    def covered(self, segments: Sequence[Segment]) -> Covered:
        """Resident-days (of a home rule: home-days) with a sign, of those there were."""
        possible = sum((one.end - one.start) / DAY_MS for one in segments)
        seen = 0.0
        for subject in {one.subject for one in segments}:
            for day in self.days.get(subject, ()):
                begin = self._job.start + day * DAY_MS
                seen += (
                    max(
                        (
                            min(one.end, begin + DAY_MS) - max(one.start, begin)
                            for one in segments
                            if one.subject == subject
                            and one.start < begin + DAY_MS
                            and begin < one.end
                        ),
                        default=0,
                    )
                    / DAY_MS
                )
        return Covered(self._home, seen, possible)

    def _all(self, columns: Readings, signals: set[str]) -> Iterator[Point]:
        heard = self._heard(columns, signals)
        levels = self._levels(columns)
        return merge(heard, levels, key=lambda point: (point[3], point[5]))

    def _heard(self, columns: Readings, signals: set[str]) -> Iterator[Point]:
        wanted = {d.name for d in self._devices.values() if signals & set(d.signals)}
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
            if signal in signals or device in wanted:
                day = (at - self._job.start) // DAY_MS
                for subject in self._subjects(resident, at, "coverage"):
                    self.days.setdefault(subject, set()).add(day)
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


def _episodes(
    job: Job, home: str, segments: Sequence[Segment], rule: Rule, history: History, side: str
) -> list[Span]:
    """Episodes of one version; one that goes on over the border of two segments stays one."""
    found: dict[str, list[Span]] = {}
    for start, end in sorted({(one.start, one.end) for one in segments}):
        items = []
        for one in segments:
            if (one.start, one.end) == (start, end):
                plan_ = _plan(rule, one.then if side == "then" else one.now, job.zone)
                items.append((one.subject, home, one.subject, plan_))
        lookback = max(item[3].lookback_ms for item in items)
        points = history.between(start, end, lookback)
        for episode in replay(items, points, job.zone, start, end):
            spans = found.setdefault(episode.key, [])
            if spans and spans[-1].end is None and episode.onset <= start + 1:
                spans[-1] = replace(spans[-1], end=episode.end)
            else:
                spans.append(Span(episode.key, home, episode.onset, episode.end))
    return [one for spans in found.values() for one in spans]


def _plan(rule: Rule, values: Mapping[str, str], zone: str) -> Plan:
    return plan(rule, {name: Decimal(value) for name, value in values.items()}, zone)
