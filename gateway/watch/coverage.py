"""Would we have seen it? Coverage of a signal in a home, as a level over event time. Pure.

A device covers what it measures from each reading it makes until its hold is over (its expected
interval times the silence factor; a device that speaks only on events: a day), unless its hub was
said to be offline or the gateway itself did not hear. `coverage@motion` of a home is 1 while any
device that measures motion covers, else 0; before the first reading it is not said at all, which
rules take as unknown.

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


class Level(NamedTuple):
    """`coverage@signal` of `home` is `x` from `at` on."""

    at: int
    home: str
    signal: str
    x: int


class Sensor(NamedTuple):
    """A device that measures a covered signal."""

    key: int
    home: str
    hub: str | None
    signals: tuple[str, ...]
    hold_ms: int


class Coverage:
    """Of all homes of one site (or of one home, in a replay)."""

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, int, str, str]] = []  # at, what, sensor key, home, hub
        self._sensors: dict[int, Sensor] = {}
        self._of: dict[tuple[str, str], list[int]] = {}  # home, signal -> sensor keys
        self._homes: dict[str, set[int]] = {}  # home -> sensor keys
        self._until: dict[int, int] = {}  # sensor key -> covers until
        self._expiring: set[int] = set()  # sensor keys with an EXPIRE in the queue
        self._offline: set[tuple[str, str]] = set()  # home, hub
        self._gap = False
        self._level: dict[tuple[str, str], int] = {}

    def known(self, key: int) -> Sensor | None:
        """The sensor as it was last registered."""
        return self._sensors.get(key)

    def register(self, sensor: Sensor) -> None:
        """A device measures a covered signal, or its hold has changed."""
        before = self._sensors.get(sensor.key)
        self._sensors[sensor.key] = sensor
        self._homes.setdefault(sensor.home, set()).add(sensor.key)
        for signal in sensor.signals:
            if before is None or signal not in before.signals:
                self._of.setdefault((sensor.home, signal), []).append(sensor.key)

    def heard(self, key: int, at: int) -> None:
        """A sensor made a reading at `at`."""
        heappush(self._queue, (at, HEARD, key, "", ""))

    def hub(self, home: str, hub: str, at: int, *, online: bool) -> None:
        """A hub's connection began or ended."""
        heappush(self._queue, (at, ONLINE if online else OFFLINE, 0, home, hub))

    def gap(self, at: int, *, begins: bool) -> None:
        """The gateway itself heard nothing from here on, or hears again."""
        heappush(self._queue, (at, GAP_START if begins else GAP_END, 0, "", ""))

    def advance(self, to: int) -> Iterator[Level]:
        """Every change of a level at or before `to`, in the order of time."""
        queue = self._queue
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

    def _hear(self, at: int, key: int) -> Iterable[Level]:
        sensor = self._sensors.get(key)
        if sensor is None:
            return ()
        before = self._until.get(key)
        until = at + sensor.hold_ms
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
        return self._say_all(at, [(sensor.home, signal) for signal in sensor.signals])

    def _expire(self, at: int, key: int) -> Iterable[Level]:
        """One timer a sensor, put off lazily."""
        until = self._until[key]
        if until > at:
            heappush(self._queue, (until, EXPIRE, key, "", ""))
            return ()
        self._expiring.discard(key)
        sensor = self._sensors[key]
        return self._say_all(at, [(sensor.home, signal) for signal in sensor.signals])

    def _say_all(self, at: int, of: Iterable[tuple[str, str]]) -> list[Level]:
        return [level for home, signal in of for level in self._say(at, home, signal)]

    def _say(self, at: int, home: str, signal: str) -> list[Level]:
        x = int(not self._gap and any(self._covers(at, key) for key in self._of[home, signal]))
        if self._level.get((home, signal)) == x:
            return []
        if x == 0 and (home, signal) not in self._level:
            return []  # never covered: nothing is lost
        self._level[home, signal] = x
        return [Level(at, home, signal, x)]

    def _covers(self, at: int, key: int) -> bool:
        sensor = self._sensors[key]
        if sensor.hub is not None and (sensor.home, sensor.hub) in self._offline:
            return False
        return self._until.get(key, at) > at

    def level(self, home: str, signal: str) -> int | None:
        """As of the last advance; None: never covered."""
        return self._level.get((home, signal))

    def of_signals(self, home: str) -> list[tuple[str, int]]:
        """What is said of a home's signals, as of the last advance."""
        keys = self._homes.get(home, set())
        signals = sorted({signal for key in keys for signal in self._sensors[key].signals})
        return [(one, self._level[home, one]) for one in signals if (home, one) in self._level]

    def dark(self) -> list[tuple[str, str]]:
        """Homes and signals that were covered once and are not now."""
        return [of for of, x in self._level.items() if x == 0]

    def of_home(self, home: str) -> dict[str, Any]:
        """What is known of one home, as of the last advance, in the form of a dump."""
        keys = self._homes.get(home, set())
        sensors = [self._sensors[key] for key in sorted(keys)]
        signals = sorted({signal for one in sensors for signal in one.signals})
        until = [(one.key, self._until[one.key]) for one in sensors if one.key in self._until]
        return {
            "queue": sorted(
                (at, EXPIRE, key, "", "") for key, at in until if key in self._expiring
            ),
            "expiring": sorted(keys & self._expiring),
            "sensors": sensors,
            "until": until,
            "offline": sorted(of for of in self._offline if of[0] == home),
            "gap": self._gap,
            "level": [
                (home, signal, self._level[home, signal])
                for signal in signals
                if (home, signal) in self._level
            ],
        }

    def adopt(self, home: str, dumped: dict[str, Any]) -> None:
        """What a replay found of one home, as of the same moment, takes the place of what was
        thought of it. What is queued for later still comes.
        """
        for key, until in dumped["until"]:
            if key in self._sensors:
                self._until[key] = until
                if key in dumped["expiring"] and key not in self._expiring:
                    self._expiring.add(key)
                    heappush(self._queue, (until, EXPIRE, key, "", ""))
        offline = {(of, hub) for of, hub in self._offline if of != home}
        self._offline = offline | {(of, hub) for of, hub in dumped["offline"]}
        for of, signal, x in dumped["level"]:
            if (of, signal) in self._of:
                self._level[of, signal] = x

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
        }

    @classmethod
    def restore(cls, dumped: dict[str, Any]) -> "Coverage":
        """From a snapshot."""
        self = cls()
        for key, home, hub, signals, hold in dumped["sensors"]:
            self.register(Sensor(key, home, hub, tuple(signals), hold))
        self._queue = [tuple(item) for item in dumped["queue"]]
        self._expiring = set(dumped["expiring"])
        self._until = dict(dumped["until"])
        self._offline = {(home, hub) for home, hub in dumped["offline"]}
        self._gap = dumped["gap"]
        self._level = {(home, signal): x for home, signal, x in dumped["level"]}
        return self
