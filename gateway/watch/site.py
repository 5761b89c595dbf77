"""One site as it is watched: engine, coverage, silence and doubts, on the site's own clock.

What comes out depends on the journal's rows and the moments of advancing alone, never on when this
code runs: nothing here reads a clock. Findings are collected until the host commits them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from devices.reading import Reading
from devices.signals import CATALOGUE, Kind
from gateway.alerts.episodes import EpisodeChange
from gateway.intake.placing import CALLS, Placed
from gateway.registry import DeviceEntry, Directory, SiteEntry
from gateway.watch import sensors, subjects
from gateway.watch.alone import Alone
from gateway.watch.calls import unattributed_call
from gateway.watch.coverage import Coverage, Level
from gateway.watch.doubts import Doubts
from gateway.watch.enrolments import Enrolment
from gateway.watch.findings import Finding, finding, withdrawn
from gateway.watch.history import Seen
from gateway.watch.packing import pack, unpack
from gateway.watch.recent import Checkpoint, Recents
from gateway.watch.shadows import Shadows
from gateway.watch.silence import Silence, Watched
from gateway.watch.states import PREVAILING, Said, States
from gateway.watch.subjects import IGNORED, ORDER_BITS
from rules.engine.episodes import Change
from rules.engine.live import Engine
from rules.engine.nodes import Maker, PlainNodes

_MEASURED = frozenset(
    name
    for name, signal in CATALOGUE.items()
    if signal.kind is Kind.MEASUREMENT and name not in ("battery", "link_quality")
)
_IMPLAUSIBLE = 8  # Quality.IMPLAUSIBLE, as the plain int that a reading carries


class SiteWatch:
    """Everything that is known of one site between two rows of the journal."""

    def __init__(
        self, site: SiteEntry, factor: float, start: int, make: Maker = PlainNodes
    ) -> None:
        self.site = site
        self.id = site.id
        self.data = site.clock == "data"
        self.factor = factor
        self.engine = Engine(site.zone, start, make)
        self.coverage = Coverage()
        self.states = States(site.id)
        self.silence = Silence(site.id)
        self.doubts = Doubts(site.id)
        self.enrolled: dict[str, Enrolment] = {}
        self.findings: list[Finding] = []
        self.late: dict[str, int] = {}  # home -> earliest late reading not yet replayed
        self.known_at = start  # the newest moment of the site's clock that any row told
        self.recents = Recents()
        self.hub_log: dict[str, list[tuple[int, str, bool]]] = {}  # home -> at, hub, online
        self.shadows = Shadows()
        self._alone = Alone()
        self._directory: Directory | None = None
        self.started = not self.data or start > 0  # a data site's clock begins at its first tick
        self._earliest: int | None = None  # reading of a data site before its first tick
        self._covered: frozenset[str] = frozenset()  # signals of which a rule needs coverage
        self._urgent: frozenset[str] = frozenset()
        self._whom: dict[str, set[str]] = {}  # home -> subjects of its rules

    @property
    def watermark(self) -> int:
        """Up to it, inclusive, everything is settled."""
        return self.engine.watermark

    # -- what is watched

    def use(self, directory: Directory, at: int | None = None) -> None:
        """The registry as it stands at `at` (None: now): devices, holds, hubs."""
        at = self.known_at if at is None else at
        self._directory = directory
        self.recents.clear(self.known_at)
        self.site = directory.sites.get(self.id, self.site)
        devices = directory.devices(self.id)
        watched = [
            Watched(
                one.key,
                one.device,
                one.home,
                one.hub,
                one.interval_ms,
                int(one.interval_ms * self.factor),
            )
            for one in devices
            if one.interval_ms is not None and one.holding(at) is not None
        ]
        self.findings += self.silence.watch(watched, at)
        for one in devices:
            sensors.place(self.coverage, one, at, self.factor)

    def enrol(self, enrolments: Mapping[str, Enrolment], prime: "Prime") -> None:
        """Make `enrolments` the ones in force from the watermark on.

        Open episodes stay open where a key stays; a key that goes is withdrawn and says so.
        """
        for key in [key for key in self.enrolled if key not in enrolments]:
            self._withdraw(self.enrolled.pop(key))
        changed = {
            key: one for key, one in enrolments.items() if not one.same(self.enrolled.get(key))
        }
        others = {self.enrolled[key].home for key in changed if key in self.enrolled}
        self.recents.clear(self.known_at, others | {one.home for one in changed.values()})
        before = dict(self.enrolled)
        self.enrolled = {
            key: one if key in changed else before[key] for key, one in enrolments.items()
        }
        self._sum_up()
        prime(changed, before)

    def _withdraw(self, enrolment: Enrolment) -> None:
        self.engine.withdraw(enrolment.key)
        self.recents.clear(self.known_at, [enrolment.home])
        self.findings.append(
            withdrawn(self.id, enrolment, self.watermark, consent=not self._agreed(enrolment))
        )

    def _agreed(self, enrolment: Enrolment) -> bool:
        if self._directory is None or enrolment.resident is None:
            return True
        resident = self._directory.resident(enrolment.resident)
        return resident is not None and resident.consented(self.watermark + 1)

    def _sum_up(self) -> None:
        refs = {
            (ref.signal, ref.place, one.rule.urgent)
            for one in {id(e.plan): e for e in self.enrolled.values()}.values()
            for ref in one.rule.uses
        }
        covered = {place for name, place, _ in refs if name == "coverage" and place}
        self._covered = frozenset(place.partition("@")[0] for place in covered)
        self._urgent = frozenset(name for name, _, urgent in refs if urgent)
        self._whom = {}
        for enrolment in self.enrolled.values():
            self._whom.setdefault(enrolment.home, set()).add(enrolment.subject)

    @property
    def covered(self) -> frozenset[str]:
        """Signals of which some rule needs to know whether they would have been seen."""
        return self._covered

    # -- rows

    def take(self, placed: Placed, received_at: int) -> None:
        """All of one row of a device of this site; `received_at` is on the site's clock."""
        now = received_at
        if self.data:
            for one in placed.readings:
                now = max(now, one.at)
        self.known_at = max(self.known_at, now)
        device = placed.device
        if placed.heard is not None and device is not None:
            self.findings += self.silence.heard(device.key, now)
        if self.doubts.unusual(placed):
            self.findings += self.doubts.of_message(placed, now)
        if placed.status is not None and device is not None:
            self._hub(device, now, online=bool(placed.status["online"]))
        for one in placed.readings:
            self.read(one, device, now)
            if not self.started and (self._earliest is None or one.at < self._earliest):
                self._earliest = one.at

    def read(self, one: Reading, device: DeviceEntry | None, now: int) -> None:
        """One reading: to coverage, to whom it concerns, and aside when it is late."""
        quality, signal, at = one.quality, one.signal, one.at
        if quality & IGNORED:
            if quality & _IMPLAUSIBLE and device is not None:
                self.findings += self.doubts.implausible(device, signal, now)
            return
        sole = None if device is None else self._heard(one, device, now)
        self.recents.hear(one, self.engine.watermark, self.checkpoint)
        order = one.offset << ORDER_BITS | one.index
        whom = subjects.concerned(self.id, one.home, one.resident, sole, signal)
        if signal in self._urgent:
            self._urge(whom, one, order, now)
        elif signal in CALLS and not whom:
            self.findings.append(unattributed_call(self.site, one, now))
        elif signal in PREVAILING:
            self._state(whom, one)
        else:
            feed = self.engine.feed
            for subject in whom:
                feed(subject, signal, one.place, at, one.x, order)
        if at <= self.engine.watermark:
            self._late(one.home, at)

    def _heard(self, one: Reading, device: DeviceEntry, now: int) -> str | None:
        """What it says of its device; who lived there alone, where it is nobody's own."""
        signal = one.signal
        if self.doubts.doubted:
            self.findings += self.doubts.plausible(device, signal, now)
        if signal in _MEASURED and self.silence.watches(device.key):
            self.silence.measured(device.key, signal, now)
        covered = self._covered
        if covered:
            sensors.hear(self.coverage, device, signal, one.at, covered, self.factor)
        if one.resident is not None:
            return None
        holding = device.holding(one.at)
        return None if holding is None else holding.sole_resident

    def _state(self, whom: Iterable[str], one: Reading) -> None:
        """It waits until the clock has passed it: what other devices say counts as well."""
        if one.at > self.engine.watermark:
            seen = Seen.of(one)
            for subject in whom:
                self.states.hear(Said.to(subject, one.home, seen))

    def _urge(self, whom: Iterable[str], one: Reading, order: int, now: int) -> None:
        """At once, ahead of the watermark; a call that nobody's rule hears is told all the same."""
        if one.signal in CALLS and not whom:
            self.findings.append(unattributed_call(self.site, one, now))
        for subject in whom:
            changes = self.engine.feed_urgent(subject, one.signal, one.place, one.at, one.x, order)
            self._collect(changes, now)

    def cover(self, coverage: Coverage, device: DeviceEntry | None, signal: str, at: int) -> None:
        """A reading proves that its device would have reported what it measures."""
        if device is not None:
            sensors.hear(coverage, device, signal, at, self._covered, self.factor)

    def _hub(self, device: DeviceEntry, at: int, *, online: bool) -> None:
        """A connection's status stands for all that speaks through its hub."""
        if device.hub is None:
            return
        at = max(at, self.watermark + 1)
        self.coverage.hub(device.home, device.hub, at, online=online)
        log = self.hub_log.setdefault(device.home, [])
        log.append((at, device.hub, online))
        del log[:-HUB_LOG]

    def checkpoint(self, home: str, since: int) -> Checkpoint | None:
        """What is known of a home now, to go back to; None: not just now."""
        if not self.started:
            return None
        known = self.engine.checkpoint(sorted(self._whom.get(home, ())), since)
        if known is None:
            return None
        coverage, states = self.coverage.of_home(home), self.states.of_home(home)
        return Checkpoint(self.watermark, known, coverage, states)

    def _late(self, home: str, at: int) -> None:
        first = self.late.get(home)
        if first is None or at < first:
            self.late[home] = at

    # -- time

    def begin(self, tick: int) -> None:
        """A data site's clock begins just before what came before its first tick."""
        start = tick if self._earliest is None else min(tick, self._earliest)
        self.engine = Engine(self.site.zone, start - 1, self.engine.make)
        self.recents.clear(self.known_at)
        self.started = True
        self.known_at = max(self.known_at, tick)
        if self._directory is not None:
            self.use(self._directory)  # what stands there is asked for the time that it is now

    def advance(self, to: int) -> None:
        """Close everything up to and including `to`: levels, deadlines, timers, in this order."""
        if to <= self.engine.watermark or not self.started:
            return
        self.known_at = max(self.known_at, to)
        for level in self.coverage.advance(to):
            self.say(self.engine, level)
        if self._directory is not None:
            for told in self.states.advance(to, self._directory):
                self.engine.feed(told.subject, told.signal, told.place, told.at, told.x, told.order)
        changes = self.engine.advance(to)
        if changes:
            self._collect(changes, to)
        found = self.silence.advance(to)
        if found:
            self.findings += found
        if self.shadows.waiting:
            self.findings += self.shadows.judge(self.id, to)

    def say(self, engine: Engine, level: Level) -> None:
        """Tell rules what is covered: the home's, and its resident's who lives there alone."""
        for subject in self.told_of(level):
            engine.feed(subject, "coverage", level.of, level.at, level.x, 0)

    def say_who_lives_alone(self, at: int) -> None:
        """Somebody may have moved: coverage is said anew where that changes whom it covers."""
        assert self._directory is not None
        homes = self._directory.homes(self.id)
        for subject, covered, x in self._alone.at(homes, self.coverage, at):
            self.engine.feed(subject, "coverage", covered, at, x, 0)

    def told_of(self, level: Level) -> list[str]:
        """The subjects that a level concerns."""
        assert self._directory is not None
        home = self._directory.home(self.id, level.home)
        sole = None if home is None else home.sole_occupant(level.at)
        whom = [subjects.of_home(self.id, level.home)]
        return whom if sole is None else [*whom, subjects.of_resident(sole)]

    def gap(self, begin: int, end: int | None) -> None:
        """The gateway heard nothing from `begin` on (and hears again at `end`)."""
        begin = max(begin, self.watermark + 1)
        self.coverage.gap(begin, begins=True)
        if end is not None:
            self.coverage.gap(max(end, begin), begins=False)
            self.silence.floor = max(self.silence.floor, end)

    def hears_again(self, at: int) -> None:
        """The end of a gap that was begun before; nobody is blamed for the time in it."""
        self.coverage.gap(max(at, self.watermark + 1), begins=False)
        self.silence.floor = max(self.silence.floor, at)

    def _collect(self, changes: Iterable[Change], known_at: int) -> None:
        for change in changes:
            enrolment = self.enrolled.get(change.key)
            if enrolment is None:
                continue
            found = finding(self.id, enrolment, change, known_at)
            if found is not None:
                self.findings.append(found)
                if self.site.live and isinstance(found, EpisodeChange):
                    self.shadows.mind(found)

    # -- keeping

    def dump(self) -> bytes:
        """For a snapshot."""
        return msgspec.msgpack.encode(
            {
                "form": FORM,
                "engine": self.engine.snapshot(),
                "coverage": self.coverage.dump(),
                "states": self.states.dump(),
                "silence": self.silence.dump(),
                "doubts": self.doubts.dump(),
                "late": self.late,
                "shadows": self.shadows.waiting,
                "alone": self._alone.known,
                "hubs": self.hub_log,
                "known_at": self.known_at,
                "started": self.started,
                "earliest": self._earliest,
                "enrolled": [pack(one) for one in self.enrolled.values()],
            }
        )

    def restore(self, data: bytes) -> None:
        """From a snapshot of this form. Raises SnapshotRefused or ValueError: start anew."""
        dumped: dict[str, Any] = msgspec.msgpack.decode(data)
        if dumped.get("form") != FORM:
            raise ValueError(f"snapshot of form {dumped.get('form')}, not {FORM}")
        self.enrolled = {one.key: one for one in map(unpack, dumped["enrolled"])}
        plans = {key: one.plan for key, one in self.enrolled.items()}
        self.engine = Engine.restore(dumped["engine"], plans, self.engine.make)
        self.coverage = Coverage.restore(dumped["coverage"])
        self.states.restore(dumped["states"])
        self.silence.restore(dumped["silence"])
        self.doubts.restore(dumped["doubts"])
        self.late = dumped["late"]
        self.shadows = Shadows([tuple(one) for one in dumped["shadows"]])
        self._alone = Alone(dumped["alone"])
        self.hub_log = {
            home: [(at, hub, online) for at, hub, online in log]
            for home, log in dumped["hubs"].items()
        }
        self.known_at = dumped["known_at"]
        self.started = dumped["started"]
        self._earliest = dumped["earliest"]
        self.recents.clear(self.known_at)
        self._sum_up()


FORM = 4  # of before it is refused: the site begins anew from its past
HUB_LOG = 200  # changes of a home's hubs that are remembered for replays
Prime = Callable[[Mapping[str, Enrolment], Mapping[str, Enrolment]], None]
