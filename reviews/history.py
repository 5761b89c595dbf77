"""One home's sealed readings as the engine would have been fed them, and what they cover. Pure.

Whole columns at a time: of a home in which one person lives alone all the time, what a rule reads
is a slice of the snapshot itself. Only where somebody moved in or out, or monitoring was paused, is
anything cut and put together.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from devices.signals import CATALOGUE, Kind
from gateway.registry.entries import ALARMS
from gateway.series import sealed
from gateway.series.sealed import SealedHome
from gateway.series.store import Ints
from gateway.watch import subjects
from reviews import stated
from reviews.comparing import Covered
from reviews.job import Device, Setting
from rules.compiled import Channel
from rules.places import PREVAILING
from rules.rule import Rule

COVERAGE = "coverage"
DAY_MS = 86_400_000
FOREVER = 1 << 53

Interval = tuple[int, int]  # [from, until)


class _Living(NamedTuple):
    """Who lived in the home alone, over a time; None: nobody, or several."""

    start: int
    end: int
    sole: str | None


class History:
    """One home's readings by subject: `subjects[subject][signal, place]`."""

    def __init__(self, job: Setting, home: SealedHome, watched: Sequence[Rule]) -> None:
        self._job = job
        self._home = home
        self._living = _living(job, home.home)
        self._devices = _devices(job, home)
        self._watched = watched
        uses = {ref for rule in watched for ref in rule.uses}
        self._signals = {ref.signal for ref in uses}
        self._covering = {ref.place or "" for ref in uses if ref.signal == COVERAGE}
        self._covered: dict[tuple[str, ...], dict[str, list[Interval]]] = {}
        self._told: dict[tuple[object, ...], Covered] = {}
        self._heard: list[tuple[Device, str | None, list[Interval]]] | None = None
        parts: dict[str, dict[tuple[str, str | None], list[Channel]]] = {}
        for subject, signal, place, channel in (*self._routed(), *self._stated()):
            parts.setdefault(subject, {}).setdefault((signal, place), []).append(channel)
        self.subjects = {
            subject: {key: _joined(channels) for key, channels in own.items()}
            for subject, own in parts.items()
        }
        self.copied = sum(len(one) for own in self.subjects.values() for one in own.values()
                          if one.at.base is None)  # fmt: skip
        self.first = min((int(c.at[0]) for c in home.channels if len(c)), default=None)

    def _routed(self) -> Iterator[tuple[str, str, str | None, Channel]]:
        for one in self._home.channels:
            wanted = one.signal in self._signals and one.signal not in PREVAILING
            if wanted and not one.ignored:
                whole = Channel(one.at, one.x, one.order)
                for subject, times in self._concerned(one.resident, one.signal):
                    heard = self._unsilenced(subject, one.signal, times)
                    yield subject, one.signal, one.place, _cut(whole, heard)
        for covered in sorted(self._covering):
            level = self._level(covered)
            for subject, times in self._concerned(None, COVERAGE):
                yield subject, COVERAGE, covered, _cut(level, times)

    def _stated(self) -> Iterator[tuple[str, str, str | None, Channel]]:
        """States that several devices report, as each subject hears them."""
        parts: dict[tuple[str, str], list[stated.Part]] = {}
        for one in self._home.channels:
            if one.signal in self._signals & PREVAILING and not one.ignored and len(one):
                for subject, times in self._concerned(one.resident, one.signal):
                    for low, high in _bounds(one.at, self._unsilenced(subject, one.signal, times)):
                        columns = (one.at, one.x, one.order, one.device)
                        part = stated.Part(one.place, *(column[low:high] for column in columns))
                        parts.setdefault((subject, one.signal), []).append(part)
        known = self._devices
        stood = {i: known[n].stood for i, n in enumerate(self._home.devices) if n in known}
        for (subject, signal), own in parts.items():
            for place, channel in stated.heard(own, stood):
                yield subject, signal, place, channel

    def _concerned(self, resident: str | None, signal: str) -> Iterator[tuple[str, list[Interval]]]:
        """Whose rules see such a reading, and when: `subjects.concerned` over all of time."""
        times: dict[str, list[Interval]] = {}
        for start, end, sole in self._living:
            found = subjects.concerned(self._job.site, self._home.home, resident, sole, signal)
            for subject in found:
                own = times.setdefault(subject, [])
                if own and own[-1][1] == start:
                    own[-1] = own[-1][0], end
                else:
                    own.append((start, end))
        yield from times.items()

    def _unsilenced(self, subject: str, signal: str, times: list[Interval]) -> list[Interval]:
        resident = subject.removeprefix("resident:")
        for pause in self._job.pauses:
            if pause.resident == resident and (pause.alarms or signal not in ALARMS):
                times = list(_without(times, (pause.start, pause.end)))
        return times

    # --- what was covered

    def covered(
        self, segments: Sequence[tuple[str, int, int]], rules: Sequence[Rule] | None = None
    ) -> Covered:
        """Resident-days (of a home's rule: home-days) with a sign of what the rules read: a
        measurement counts for a day or as far as a rule looks back, a sensor until it is silent.

        `segments`: (subject, from, until). `rules`: only of these; none: of all that are watched.
        """
        watched = self._watched if rules is None else rules
        about = tuple(rule.text for rule in watched)
        if about not in self._covered:
            self._covered[about] = self._seen(watched)
        asked = about, *segments
        if asked not in self._told:
            self._told[asked] = self._count(segments, self._covered[about])
        return self._told[asked]

    def _count(
        self, segments: Sequence[tuple[str, int, int]], seen: Mapping[str, Sequence[Interval]]
    ) -> Covered:
        possible = found = 0
        for one in segments:
            subject, start, end = one
            possible += end - start
            found += sum(
                max(0, min(until, end) - max(since, start))
                for since, until in seen.get(subject, ())
            )
        return Covered(self._home.home, found / DAY_MS, possible / DAY_MS)

    def _seen(self, watched: Sequence[Rule]) -> dict[str, list[Interval]]:
        lookback = max((rule.lookback_ms for rule in watched), default=0)
        signals = {ref.signal for rule in watched for ref in rule.uses}
        wanted = {n: d.hold_ms for n, d in self._devices.items() if signals & set(d.signals)}
        found: dict[str, list[Interval]] = {}
        for channel in self._home.channels:
            if channel.ignored:
                continue
            hold = _hold(channel.signal, lookback) if channel.signal in signals else 0
            for device, at in _by_device(channel):
                own = max(hold, wanted.get(self._home.devices[device], 0))
                if own:
                    for subject, times in self._concerned(channel.resident, COVERAGE):
                        for low, high in _bounds(at, times):
                            found.setdefault(subject, []).extend(_held(at[low:high], own))
        return {subject: _union(intervals) for subject, intervals in found.items()}

    def _level(self, of: str) -> Channel:
        """`coverage@signal` of the home, or of a place, from what was heard; hubs' own words are
        not in the store.
        """
        if self._heard is None:
            self._heard = list(self._intervals())
        signal, placed, wanted = of.partition("@")
        covered = _union(
            one
            for device, place, own in self._heard
            if signal in device.signals and (not placed or place == wanted)
            for one in own
        )
        for gap in self._job.gaps:
            covered = list(_without(covered, gap))
        changes = [(at, x) for one in covered for at, x in zip(one, (1, 0), strict=True)]
        kept = [change for change in changes if change[0] <= self._job.end]
        table = np.array(kept, np.int64).reshape(-1, 2)
        return Channel(table[:, 0], table[:, 1], np.zeros(len(table), np.int64))

    def _intervals(self) -> Iterator[tuple[Device, str | None, list[Interval]]]:
        """While each device was heard, and where it stood then."""
        for channel in self._home.channels:
            if channel.ignored:
                continue
            for device, at in _by_device(channel):
                known = self._devices.get(self._home.devices[device])
                for stood in () if known is None or not self._covering else known.stood:
                    low, high = at.searchsorted((stood.start, stood.end))
                    if stood.heard and low < high:
                        assert known is not None
                        held = _held(at[low:high], known.hold_ms)
                        own = [(since, min(until, stood.end)) for since, until in held]
                        yield known, stood.place, own


def _hold(signal: str, lookback_ms: int) -> int:
    """How long one measurement counts, ms; of events their device says it."""
    known = CATALOGUE[signal]
    if known.kind is Kind.EVENT or known.by_gateway:
        return 0
    return max(known.max_age_ms, lookback_ms, DAY_MS)


def _living(job: Setting, home: str) -> list[_Living]:
    """All of time, cut wherever somebody moved in or out."""
    stays = [one for one in job.stays if one.home == home]
    cuts = sorted({-FOREVER, FOREVER, *(at for one in stays for at in (one.start, one.end))})
    found = []
    for start, end in itertools.pairwise(cuts):
        living = [one.resident for one in stays if one.start <= start and end <= one.end]
        found.append(_Living(start, end, living[0] if len(living) == 1 else None))
    return found


def _devices(job: Setting, home: SealedHome) -> dict[str, Device]:
    """A home's devices with what they measure: as registered, and as they were heard to."""
    measured: dict[str, set[str]] = {}
    for channel in home.channels:
        for device, _ in _by_device(channel):
            measured.setdefault(home.devices[device], set()).add(channel.signal)
    return {
        one.name: one._replace(signals=tuple(sorted({*one.signals, *measured.get(one.name, ())})))
        for one in job.devices
        if one.home == home.home
    }


def _by_device(channel: sealed.Channel) -> Iterator[tuple[int, Ints]]:
    """(device, the times of its readings, in order)."""
    if not len(channel):
        return
    low, high = int(channel.device.min()), int(channel.device.max())
    if low == high:
        yield low, channel.at
        return
    for device in np.unique(channel.device).tolist():
        yield device, channel.at[channel.device == device]


def _held(at: Ints, hold_ms: int) -> Iterator[Interval]:
    """Times that lie within `hold_ms` of the one before are one interval."""
    if not len(at):
        return
    breaks = np.flatnonzero(at[1:] > at[:-1] + hold_ms)
    starts = at[np.concatenate([[0], breaks + 1])].tolist()
    ends = (at[np.concatenate([breaks, [len(at) - 1]])] + hold_ms).tolist()
    yield from zip(starts, ends, strict=True)


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _without(intervals: Iterable[Interval], hole: Interval) -> Iterator[Interval]:
    for start, end in intervals:
        if start < min(end, hole[0]):
            yield start, min(end, hole[0])
        if max(start, hole[1]) < end:
            yield max(start, hole[1]), end


def _bounds(at: Ints, times: Sequence[Interval]) -> Iterator[tuple[int, int]]:
    for start, end in times:
        low = int(at.searchsorted(start)) if start > -FOREVER else 0
        high = int(at.searchsorted(end)) if end < FOREVER else len(at)
        if low < high:
            yield low, high


def _cut(whole: Channel, times: Sequence[Interval]) -> Channel:
    """Only what was measured within `times`."""
    parts = [
        Channel(whole.at[low:high], whole.x[low:high], whole.order[low:high])
        for low, high in _bounds(whole.at, times)
    ]
    if len(parts) == 1:
        return parts[0]
    empty = np.zeros(0, np.int64)
    columns = zip(*((one.at, one.x, one.order) for one in parts), strict=True)
    return Channel(*(map(np.concatenate, columns) if parts else (empty, empty, empty)))


def _joined(channels: Sequence[Channel]) -> Channel:
    """One signal at one place that was both the home's and somebody's own, in order."""
    heard = [one for one in channels if len(one)]
    if len(heard) <= 1:
        return heard[0] if heard else channels[0]
    at, x, order = (
        np.concatenate(column)
        for column in zip(*((one.at, one.x, one.order) for one in heard), strict=True)
    )
    by_time = np.lexsort((order, at))
    return Channel(at[by_time], x[by_time], order[by_time])
