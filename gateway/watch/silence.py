"""Who is not heard: devices, hubs, whole sites. Pure; on the site's clock.

A device is silent when nothing came from it for its expected interval times the silence factor; it
is said at that deadline, not when somebody looks. Where everything behind a hub stopped, the hub
(the home) is what is silent and its devices are not listed one by one. Where many homes stop
within five minutes it is the site, and the homes are explained by it. Devices that speak only on
events, and devices never heard, are not watched here.
"""

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Any, NamedTuple

from gateway.alerts.episodes import Technical
from gateway.watch.metrics import Metrics

MANY_HOMES = 3
MANY_SHARE = 0.2
MANY_WITHIN_MS = 5 * 60_000


class Watched(NamedTuple):
    """A device with an expected interval. `hold_ms` = interval times factor."""

    key: int
    device: str
    home: str
    hub: str | None
    interval_ms: int
    hold_ms: int


Home = tuple[str, str | None]  # home, hub


class Silence:
    """Of all devices of one site."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.floor = 0  # our own outage ended here: nobody is blamed for the time before
        self._devices: dict[int, Watched] = {}
        self._of: dict[Home, set[int]] = {}
        self._homes: set[str] = set()
        self._last: dict[int, int] = {}
        self._timers: list[tuple[int, int]] = []
        self._timed: set[int] = set()
        self._metrics = Metrics()
        self._silent: set[int] = set()
        self._silent_homes: set[Home] = set()
        self._marks: list[tuple[int, str]] = []  # homes that went silent, lately
        self._site_silent: set[str] = set()  # the homes of a site-wide outage

    def watch(self, devices: Iterable[Watched], at: int = 0) -> list[Technical]:
        """The devices as they are registered at `at`; others are watched no more, nor missed."""
        before = self._devices
        self._devices = {one.key: one for one in devices}
        gone = [one for key, one in before.items() if key in self._silent - set(self._devices)]
        self._silent -= {one.key for one in gone}
        self._of = {}
        for one in self._devices.values():
            self._of.setdefault((one.home, one.hub), set()).add(one.key)
        self._homes = {one.home for one in self._devices.values()}
        for key in self._last:
            self._time(key)
        return [self._over("device-silent", self._name(one), at, one.home) for one in gone]

    def watches(self, key: int) -> bool:
        """Whether a device has an expected interval."""
        return key in self._devices

    def last(self, key: int) -> int | None:
        """When a device was last heard; None: never."""
        return self._last.get(key)

    def heard(self, key: int, at: int) -> list[Technical]:
        """Anything came from a device; what was silent and is no more."""
        before = self._last.get(key)
        if before is not None and at <= before:
            return []
        self._last[key] = at
        if before is None:
            self._time(key)
        if not self._silent and not self._silent_homes:
            return []
        return self._back(key, at)

    def measured(self, key: int, signal: str, at: int) -> None:
        """A measurement of a watched device came."""
        self._metrics.hear(key, signal, at)

    def advance(self, to: int) -> list[Technical]:
        """What fell silent at or before `to`, each at its deadline."""
        found: list[Technical] = []
        timers = self._timers
        while timers and timers[0][0] <= to:
            at, key = heappop(timers)
            self._timed.discard(key)
            device = self._devices.get(key)
            if device is None:
                continue
            deadline = self._deadline(device)
            if deadline > at:
                found += self._judge_metrics(device, at)
                self._time(key)
            else:
                found += self._fall_silent(device, at)
        return found

    def _deadline(self, device: Watched) -> int:
        return max(self._last[device.key], self.floor) + device.hold_ms

    def _time(self, key: int) -> None:
        """One timer a device, put off lazily."""
        device = self._devices.get(key)
        if device is not None and key not in self._timed and key not in self._silent:
            self._timed.add(key)
            heappush(self._timers, (self._deadline(device), key))

    def _fall_silent(self, device: Watched, at: int) -> list[Technical]:
        self._silent.add(device.key)
        home = device.home, device.hub
        if home in self._silent_homes:
            return []  # already explained, and not a second alert each
        since = self._last[device.key]
        others = self._of[home] - {device.key}
        newest = max((self._last.get(key, 0) for key in others), default=None)
        if newest is None or newest >= since + device.interval_ms:
            found = [self._technical("device-silent", self._name(device), at, device.home, since)]
        else:
            found = [self._home_silent(home, at, max(since, newest))]
            found += self._explain(home, at)
        if newest is None or newest < since + device.interval_ms:
            found += self._mark(device.home, at)
        return found

    def _home_silent(self, home: Home, at: int, since: int) -> Technical:
        self._silent_homes.add(home)
        return self._technical("home-silent", _hub_name(home), at, home[0], since)

    def _explain(self, home: Home, at: int) -> list[Technical]:
        """Devices that were listed before their hub was seen to be the cause."""
        cause = f"home-silent|{_hub_name(home)}"
        return [
            self._technical(
                "device-silent",
                self._name(self._devices[key]),
                at,
                home[0],
                self._last.get(key),
                cause,
            )
            for key in sorted(self._of[home] & self._silent)
            if self._devices[key].hold_ms + self._last.get(key, 0) < at
        ]

    def _mark(self, home: str, at: int) -> list[Technical]:
        """Whether the home is one of many that fell silent within five minutes."""
        if home in self._site_silent:
            return []
        self._marks = [(when, one) for when, one in self._marks if when > at - MANY_WITHIN_MS]
        self._marks.append((at, home))
        homes = {one for _, one in self._marks}
        if self._site_silent:
            self._site_silent.add(home)
            return self._explain_homes({home}, at)
        if len(homes) < MANY_HOMES or len(homes) < MANY_SHARE * len(self._homes):
            return []
        self._site_silent = homes
        since = min(when for when, _ in self._marks)
        site = self._technical("site-offline", "site", at, None, since, homes=len(homes))
        return [site, *self._explain_homes(homes, at)]

    def _explain_homes(self, homes: set[str], at: int) -> list[Technical]:
        cause = "site-offline|site"
        found = [
            self._technical("home-silent", _hub_name(home), at, home[0], None, cause)
            for home in sorted(self._silent_homes, key=str)
            if home[0] in homes
        ]
        found += [
            self._technical(
                "device-silent", self._name(device), at, device.home, self._last.get(key), cause
            )
            for key in sorted(self._silent)
            if (device := self._devices.get(key)) is not None
            and device.home in homes
            and (device.home, device.hub) not in self._silent_homes
        ]
        return found

    def _back(self, key: int, at: int) -> list[Technical]:
        device = self._devices.get(key)
        if device is None:
            return []
        found = []
        home = device.home, device.hub
        if key in self._silent:
            self._silent.discard(key)
            self._time(key)
            found.append(self._over("device-silent", self._name(device), at, device.home))
        if home in self._silent_homes:
            self._silent_homes.discard(home)
            found.append(self._over("home-silent", _hub_name(home), at, device.home))
            found += self._wait_anew(home, at)
        if device.home in self._site_silent and found:
            found += self._site_back(device.home, at)
        return found

    def _wait_anew(self, home: Home, at: int) -> list[Technical]:
        """The hub is back: its other devices get one more hold before they are called silent."""
        found = []
        for key in sorted(self._of.get(home, set()) & self._silent):
            device = self._devices[key]
            self._silent.discard(key)
            found.append(self._over("device-silent", self._name(device), at, home[0]))
            self._timed.add(key)
            heappush(self._timers, (at + device.hold_ms, key))
        return found

    def _site_back(self, home: str, at: int) -> list[Technical]:
        """The outage is over when fewer homes than would have raised it are left."""
        self._site_silent.discard(home)
        left = len(self._site_silent)
        if left >= MANY_HOMES and left >= MANY_SHARE * len(self._homes):
            return []
        self._site_silent, self._marks = set(), []
        return [self._over("site-offline", "site", at, None)]

    def _judge_metrics(self, device: Watched, at: int) -> list[Technical]:
        """Connected, but one measurement is silent."""
        return [
            Technical(
                "metric-silent",
                self.site,
                f"{self._name(device)}/{signal}",
                at,
                active=silent,
                home=device.home,
                since=last,
                detail={"signal": signal},
            )
            for signal, last, silent in self._metrics.judge(device.key, at, device.hold_ms)
        ]

    def adopt(self, kind: str, key: str) -> None:
        """After a start without a snapshot: an alert of this kind is open, and can be cleared.

        When such a device was heard last is not known any more.
        """
        for device in self._devices.values():
            home = device.home, device.hub
            if kind == "device-silent" and key == self._name(device):
                self._silent.add(device.key)
            elif kind == "home-silent" and key == _hub_name(home):
                self._silent_homes.add(home)
        if kind == "site-offline":
            self._site_silent = set(self._homes)

    def unheard(self) -> list[tuple[Watched, int]]:
        """Silent devices and when they were last heard, for pages. Any thread."""
        devices, last = self._devices, self._last
        return [(devices[key], last.get(key, 0)) for key in tuple(self._silent) if key in devices]

    def homes_heard(self) -> tuple[int, int]:
        """(homes heard, homes ever heard or expected), for pages. Any thread."""
        silent = {home for home, _ in tuple(self._silent_homes)}
        return len(self._homes - silent), len(self._homes)

    def dump(self) -> dict[str, Any]:
        """For a snapshot. Devices come from the registry again."""
        return {
            "floor": self.floor,
            "last": list(self._last.items()),
            "metrics": self._metrics.dump(),
            "silent": sorted(self._silent),
            "homes": [list(home) for home in self._silent_homes],
            "marks": self._marks,
            "site": sorted(self._site_silent),
            "timers": self._timers,
        }

    def restore(self, dumped: dict[str, Any]) -> None:
        """From a snapshot; call `watch` afterwards."""
        self.floor = dumped["floor"]
        self._last = dict(dumped["last"])
        self._metrics.restore(dumped["metrics"])
        self._silent = set(dumped["silent"])
        self._silent_homes = {(home, hub) for home, hub in dumped["homes"]}
        self._marks = [(at, home) for at, home in dumped["marks"]]
        self._site_silent = set(dumped["site"])
        self._timers = [(at, key) for at, key in dumped["timers"]]
        self._timed = {key for _, key in self._timers}

    def _technical(
        self,
        kind: str,
        key: str,
        at: int,
        home: str | None,
        since: int | None,
        cause: str | None = None,
        homes: int | None = None,
    ) -> Technical:
        detail = {} if homes is None else {"homes": homes}
        return Technical(
            kind, self.site, key, at, home=home, since=since, cause=cause, detail=detail
        )

    def _over(self, kind: str, key: str, at: int, home: str | None) -> Technical:
        return Technical(kind, self.site, key, at, active=False, home=home)

    def _name(self, device: Watched) -> str:
        return f"{device.home}/{device.device}"


def _hub_name(home: Home) -> str:
    return f"{home[0]}/{home[1]}" if home[1] else home[0]
