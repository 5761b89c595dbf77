"""Carrying out what simulators yield, as real hubs would: one connection each, own credential.

A data site's clock advances by ticks. A tick for t leaves only when every message up to t has been
acknowledged by the broker *and* taken by the gateway, so that no speed, pause or restart lets it
overtake a reading: the outcome depends on what was said, not on how fast.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from devices.errors import Failed
from gateway.clock import Clock
from gateway.mqtt import Address, Publisher, Will
from gateway.registry.credentials import clock_topic
from simulators.actions import Action, Connect, Drop, Publish

ACK_S = 120.0
LOOK_S = 0.005
WINDOW = 4_000  # messages on their way at once, over all hubs

Backlog = Callable[[], int]  # messages that the broker still holds for the gateway


@dataclass
class Counts:
    """What has been done so far."""

    messages: int = 0
    readings: int = 0
    ticks: int = 0


@dataclass
class Performance:
    """Hubs on stage. `address(login, password)` says how to reach the broker as whom."""

    address: Callable[[str, str], Address]
    logins: Mapping[str, tuple[str, str]]  # hub → login and password
    drivers: Mapping[str, tuple[str, str]]  # site → its clock's login and password
    backlog: Backlog
    clock: Clock
    stopping: Callable[[float], bool]  # waits so many seconds; whether to stop
    counts: Counts = field(default_factory=Counts)
    _hubs: dict[str, Publisher] = field(default_factory=dict)
    _clocks: dict[str, Publisher] = field(default_factory=dict)
    _since_look: int = 0

    def act(self, actions: Iterable[Action]) -> None:
        """All of them, in order, waiting where too much is on its way."""
        for action in actions:
            if isinstance(action, Publish):
                self._publish(action)
            elif isinstance(action, Connect):
                self._connect(action.hub)
            elif isinstance(action, Drop):
                hub = self._hubs.pop(action.hub, None)
                if hub is not None:
                    hub.flush(ACK_S)
                    hub.drop()

    def tick(self, sites: Iterable[str], at: int) -> None:
        """Everything up to `at` has been said: the sites' clocks stand there now."""
        self.settle()
        sent = []
        for site in sites:
            payload = b'{"signal":"tick","time":%d}' % at
            sent.append(self._clock_of(site).publish(clock_topic(site), payload))
            self.counts.ticks += 1
        for receipt in sent:
            self._until(partial(receipt.wait, 1.0), "acknowledge a tick")

    def settle(self) -> None:
        """Until the broker has acknowledged, and the gateway taken, all that was published."""
        for hub in list(self._hubs.values()):
            self._until(partial(hub.flush, 1.0), "acknowledge what a hub sent")
        self._until(self._taken, "take what was published", LOOK_S)

    def close(self) -> None:
        """Every connection says goodbye."""
        for publisher in (*self._hubs.values(), *self._clocks.values()):
            publisher.close()
        self._hubs.clear()
        self._clocks.clear()

    def _publish(self, action: Publish) -> None:
        hub = self._hubs.get(action.hub) or self._connect(action.hub)
        hub.publish(action.topic, action.payload, retain=action.retain)
        self.counts.messages += 1
        self.counts.readings += action.readings
        self._since_look += 1
        if self._since_look >= WINDOW // 8:
            self._since_look = 0
            self._until(self._room, "acknowledge fast enough", LOOK_S)

    def _connect(self, name: str) -> Publisher:
        if (there := self._hubs.get(name)) is not None:
            return there
        site, home = name.split("/")
        will = Will(f"homecare/v1/{site}/{home}/hub/status", b'{"online":false}')
        login, password = self.logins[name]
        publisher = Publisher(self.address(login, password), f"sim-{site}-{home}", will)
        self._hubs[name] = publisher.connect()
        return publisher

    def _clock_of(self, site: str) -> Publisher:
        if site not in self._clocks:
            login, password = self.drivers[site]
            publisher = Publisher(self.address(login, password), f"clock-{site}")
            self._clocks[site] = publisher.connect()
        return self._clocks[site]

    def _room(self) -> bool:
        return sum(hub.unacknowledged for hub in self._hubs.values()) < WINDOW

    def _taken(self) -> bool:
        return self.backlog() == 0

    def _until(self, ready: Callable[[], bool], what: str, pause: float = 0.0) -> None:
        """A gateway or broker that is down is waited for: it is being started again."""
        until = self.clock.monotonic() + ACK_S
        while not ready():
            if self.stopping(pause):
                raise Stopped
            if self.clock.monotonic() > until:
                raise Failed(
                    what, "the simulators", f"nothing for {ACK_S:.0f} s", "homecare doctor"
                )


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """The performance was told to stop in the middle of a wait."""
