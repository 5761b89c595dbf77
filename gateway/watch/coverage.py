"""Would we have seen it? Coverage of a signal in a home and at each place, as levels over event
time. Pure.

A device covers what it measures, where it stands, from each reading it makes until its hold is over
(its expected interval times the silence factor; a device that speaks only on events: a day), unless
it stands elsewhere by then, its hub was said to be offline or the gateway itself did not hear.
`coverage@motion` of a home is 1 while any device that measures motion covers, else 0;
`coverage@motion@kitchen` asks those in the kitchen alone. Before the first reading a level is not
said at all, which rules take as unknown: so it is where no device ever stood.

Levels are functions of event times alone: the order in which readings arrived never matters. So a
replay of late readings makes the same class say what was covered after all.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import Any, NamedTuple

DAY_MS = 86_400_000
EVENT_HOLD_MS = DAY_MS

# What is queued, in the order of one instant: a reading at the moment of expiry keeps it covered.
HEARD, OFFLINE, ONLINE, GAP_START, GAP_END, EXPIRE = range(6)

Key = tuple[int, int]  # of a device, and since when it stands where it does
Queued = tuple[int, int, Key, str, str]  # at, what, sensor, home, hub
NOBODY: Key = (0, 0)


class Level(NamedTuple):
    """`coverage@of` of `home` is `x` from `at` on."""

    at: int
    home: str
    of: str  # a signal, or signal@place
    x: int


class Sensor(NamedTuple):
    """A device that measures covered signals, at one place."""

    device: int
    since: int  # it stands there from then
    home: str
    place: str | None
    hub: str | None
    signals: tuple[str, ...]
    hold_ms: int
    until: int | None = None  # it stood there, or was listened to

    @property
    def key(self) -> Key:
        """Another place is another sensor."""
        return self.device, self.since

    @property
    def covers(self) -> tuple[str, ...]:
        """What it speaks for: its signals in the home, and at its place."""
        if self.place is None:
            return self.signals
        return (*self.signals, *(f"{signal}@{self.place}" for signal in self.signals))


class Coverage:
    """Of all homes of one site (or of one home, in a replay)."""

    def __init__(self) -> None:
        self._queue: list[Queued] = []
        self._sensors: dict[Key, Sensor] = {}
        self._places: dict[int, list[Key]] = {}  # device -> where it stands and stood
        self._of: dict[tuple[str, str], list[Key]] = {}  # home, what is covered -> sensors
        self._homes: dict[str, set[Key]] = {}  # home -> sensors
        self._until: dict[Key, int] = {}  # sensor -> covers until
        self._expiring: set[Key] = set()  # sensors with an EXPIRE in the queue
        self._offline: set[tuple[str, str]] = set()  # home, hub
        self._gap = False
        self._level: dict[tuple[str, str], int] = {}
        self._to = -1  # advanced

    def known(self, key: Key) -> Sensor | None:
        """The sensor as it was last registered."""
        return self._sensors.get(key)

    def knows(self, device: int) -> bool:
        """Whether it measures, at any place, anything that is covered."""
        return device in self._places

    def standing(self, device: int) -> list[Sensor]:
        """All places at which a device is known to stand or have stood."""
        return [self._sensors[key] for key in self._places.get(device, ())]

    def register(self, sensor: Sensor) -> None:
        """A device measures a covered signal there; or its hold, or how long it stands, changed."""
        key = sensor.key
        before = self._sensors.get(key)
        self._sensors[key] = sensor
        if before is None:
            self._homes.setdefault(sensor.home, set()).add(key)
            self._places.setdefault(sensor.device, []).append(key)
        for one in sensor.covers:
            if before is None or one not in before.covers:
                self._of.setdefault((sensor.home, one), []).append(key)
        if sensor.until is not None and self._until.get(key, -1) > sensor.until:
            # Said to be gone after it was heard: from now on, where that lies in the past.
            self._until[key] = max(sensor.until, self._to + 1)
            self._expiring.add(key)
            heappush(self._queue, (self._until[key], EXPIRE, key, "", ""))

    def heard(self, key: Key, at: int) -> None:
        """A sensor made a reading at `at`."""
        heappush(self._queue, (at, HEARD, key, "", ""))

    def hub(self, home: str, hub: str, at: int, *, online: bool) -> None:
        """A hub's connection began or ended."""
        heappush(self._queue, (at, ONLINE if online else OFFLINE, NOBODY, home, hub))

    def gap(self, at: int, *, begins: bool) -> None:
        """The gateway itself heard nothing from here on, or hears again."""
        heappush(self._queue, (at, GAP_START if begins else GAP_END, NOBODY, "", ""))

    def advance(self, to: int) -> Iterator[Level]:
        """Every change of a level at or before `to`, in the order of time."""
        queue = self._queue
        self._to = max(self._to, to)
        while queue and queue[0][0] <= to:
            at, what, key, home, hub = heappop(queue)
            if what == HEARD:
                yield from self._hear(at, key)
            elif what == EXPIRE:
                yield from self._expire(at, key)
            elif what in (ONLINE, OFFLINE):
                (self._offline.discard if what == ONLINE else self._offline.add)((home, hub))
                yield from self._say_all(at, [of for of in self._of if of[0] == home])
            else:
                self._gap = what == GAP_START
                yield from self._say_all(at, self._of)

    def _hear(self, at: int, key: Key) -> Iterable[Level]:
        sensor = self._sensors.get(key)
        if sensor is None:
            return ()
        before = self._until.get(key)
        until = at + sensor.hold_ms
        if sensor.until is not None and until > sensor.until:
            until = sensor.until
            if until <= at:
                return ()  # it is said to have gone before
        if before is None or until > before:
            self._until[key] = until
            if key not in self._expiring:
                self._expiring.add(key)
                heappush(self._queue, (until, EXPIRE, key, "", ""))
        back = sensor.hub is not None and (sensor.home, sensor.hub) in self._offline
        if back:
            self._offline.discard((sensor.home, str(sensor.hub)))
            return self._say_all(at, [of for of in self._of if of[0] == sensor.home])
        if before is not None and before > at:
            return ()  # the common case: it covered, and goes on
        return self._say_all(at, [(sensor.home, one) for one in sensor.covers])

    def _expire(self, at: int, key: Key) -> Iterable[Level]:
        """One timer a sensor, put off lazily."""
        until = self._until[key]
        if until > at:
            heappush(self._queue, (until, EXPIRE, key, "", ""))
            return ()
        self._expiring.discard(key)
        sensor = self._sensors[key]
        return self._say_all(at, [(sensor.home, one) for one in sensor.covers])

    def _say_all(self, at: int, of: Iterable[tuple[str, str]]) -> list[Level]:
        return [level for home, one in of for level in self._say(at, home, one)]

    def _say(self, at: int, home: str, of: str) -> list[Level]:
        x = int(not self._gap and any(self._covers(at, key) for key in self._of[home, of]))
        if self._level.get((home, of)) == x:
            return []
        if x == 0 and (home, of) not in self._level:
            return []  # never covered: nothing is lost
        self._level[home, of] = x
        return [Level(at, home, of, x)]

    def _covers(self, at: int, key: Key) -> bool:
        sensor = self._sensors[key]
        if sensor.hub is not None and (sensor.home, sensor.hub) in self._offline:
            return False
        return self._until.get(key, at) > at

    def level(self, home: str, of: str) -> int | None:
        """As of the last advance; None: never covered."""
        return self._level.get((home, of))

    def levels(self, home: str) -> list[tuple[str, int]]:
        """What is said of a home, as of the last advance: what is covered, and the level."""
        covered = {one for key in self._homes.get(home, ()) for one in self._sensors[key].covers}
        return [(one, self._level[home, one]) for one in sorted(covered)
                if (home, one) in self._level]  # fmt: skip

    def dark(self) -> list[tuple[str, str]]:
        """Homes and what was covered there once and is not now."""
        return [of for of, x in self._level.items() if x == 0]

    def of_home(self, home: str) -> dict[str, Any]:
        """What is known of one home, as of the last advance, in the form of a dump."""
        keys = self._homes.get(home, set())
        until = [(key, self._until[key]) for key in sorted(keys) if key in self._until]
        return {
            "queue": sorted(
                (at, EXPIRE, key, "", "") for key, at in until if key in self._expiring
            ),
            "expiring": sorted(keys & self._expiring),
            "sensors": [self._sensors[key] for key in sorted(keys)],
            "until": until,
            "offline": sorted(of for of in self._offline if of[0] == home),
            "gap": self._gap,
            "level": [(home, of, x) for of, x in self.levels(home)],
            "to": self._to,
        }

    def adopt(self, home: str, dumped: dict[str, Any]) -> None:
        """What a replay found of one home, as of the same moment, takes the place of what was
        thought of it. What is queued for later still comes.
        """
        for sensor in dumped["sensors"]:
            known = self._sensors.get(sensor.key)
            signals = {*sensor.signals, *(known.signals if known else ())}
            if known is None or len(signals) > len(known.signals):
                self.register((known or sensor)._replace(signals=tuple(sorted(signals))))
        for key, until in dumped["until"]:
            self._until[key] = until
            if key in dumped["expiring"] and key not in self._expiring:
                self._expiring.add(key)
                heappush(self._queue, (until, EXPIRE, key, "", ""))
        offline = {(of, hub) for of, hub in self._offline if of != home}
        self._offline = offline | {(of, hub) for of, hub in dumped["offline"]}
        for of, one, x in dumped["level"]:
            self._level[of, one] = x

    def dump(self) -> dict[str, Any]:
        """For a snapshot."""
        return {
            "queue": self._queue,
            "expiring": sorted(self._expiring),
            "sensors": list(self._sensors.values()),
            "until": list(self._until.items()),
            "offline": sorted(self._offline),
            "gap": self._gap,
            "level": [(*of, x) for of, x in self._level.items()],
            "to": self._to,
        }

    @classmethod
    def restore(cls, dumped: dict[str, Any]) -> "Coverage":
        """From a snapshot."""
        self = cls()
        for device, since, home, place, hub, signals, hold, until in dumped["sensors"]:
            self.register(Sensor(device, since, home, place, hub, tuple(signals), hold, until))
        self._queue = [(at, what, _key(key), home, hub)
                       for at, what, key, home, hub in dumped["queue"]]  # fmt: skip
        self._expiring = {_key(key) for key in dumped["expiring"]}
        self._until = {_key(key): until for key, until in dumped["until"]}
        self._offline = {(home, hub) for home, hub in dumped["offline"]}
        self._gap = dumped["gap"]
        self._level = {(home, of): x for home, of, x in dumped["level"]}
        self._to = dumped["to"]
        return self


def _key(raw: Any) -> Key:
    device, since = raw
    return device, since
