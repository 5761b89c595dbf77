"""Carrying out what simulators yield, as real hubs would: one connection each, own credential.

A data site's clock advances by ticks. A tick for t leaves only when every message up to t has been
acknowledged by the broker *and* taken by the gateway, so that no speed, pause or restart lets it
overtake a reading: the outcome depends on what was said, not on how fast.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from devices.errors import Failed, Refused
from gateway.clock import Clock
from gateway.mqtt import Address, Fleet, FleetState, Will
from gateway.registry.credentials import clock_topic
from simulators.actions import Action, Connect, Drop, Publish

ACK_S = 120.0
LOOK_S = 0.005
WINDOW = 4_000  # messages on their way at once, over all hubs
REFUSED_S = 5.0  # a broker that has just started may not know its users yet

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
    patience_s: float | None = ACK_S  # None: whatever is down is waited for, and shown as such
    strict: bool = True  # a hub that is refused ends it; otherwise the others go on
    counts: Counts = field(default_factory=Counts)
    _fleet: Fleet | None = None
    _on_stage: set[str] = field(default_factory=set)  # connected, or about to be
    _since_look: int = 0

    def act(self, actions: Iterable[Action]) -> None:
        """All of them, in order, waiting where too much is on its way."""
        for action in actions:
            self._one(action, 0.0)
            if self._since_look >= WINDOW // 8:
                self._since_look = 0
                self._until(self._room, "acknowledge fast enough", LOOK_S)

    def act_now(self, actions: Iterable[Action], due: Callable[[int], float]) -> None:
        """The same without waiting for anybody, as at a wall: a hub keeps what it cannot say yet.

        due: the monotonic second that belongs to a moment of the site's clock.
        """
        for action in actions:
            self._one(action, due(action.at))

    def tick(self, sites: Iterable[str], at: int) -> None:
        """Everything up to `at` has been said: the sites' clocks stand there now."""
        self.settle()
        fleet = self.fleet()
        for site in sites:
            payload = b'{"signal":"tick","time":%d}' % at
            name = self._clock_of(site)
            fleet.publish(name, clock_topic(site), payload)
            self.counts.ticks += 1
        self._until(self._acknowledged, "acknowledge a tick", LOOK_S)

    def settle(self) -> None:
        """Until the broker has acknowledged, and the gateway taken, all that was published."""
        self._until(self._acknowledged, "acknowledge what the hubs sent", LOOK_S)
        self._until(self._taken, "take what was published", LOOK_S)

    def close(self) -> None:
        """Every connection says goodbye."""
        if self._fleet is not None:
            self._fleet.close()
        self._fleet = None
        self._on_stage.clear()

    def state(self) -> FleetState:
        """How the hubs stand, for progress."""
        return self.fleet().state()

    def fleet(self) -> Fleet:
        """All hubs and clocks, each known by its name."""
        if self._fleet is None:
            self._fleet = self._fleet_of()
            self._fleet.start()
        return self._fleet

    def _fleet_of(self) -> Fleet:
        fleet = Fleet(self.clock)
        for hub, (login, password) in self.logins.items():
            site, home = hub.split("/")
            will = Will(f"homecare/v1/{site}/{home}/hub/status", b'{"online":false}')
            fleet.add(hub, partial(self.address, login, password), f"sim-{site}-{home}", will)
        for site, (login, password) in self.drivers.items():
            fleet.add(_clock(site), partial(self.address, login, password), f"clock-{site}")
        return fleet

    def _one(self, action: Action, due: float) -> None:
        fleet = self.fleet()
        if isinstance(action, Publish):
            self._connect(fleet, action.hub)
            fleet.publish(action.hub, action.topic, action.payload, retain=action.retain, due=due)
            self.counts.messages += 1
            self.counts.readings += action.readings
            self._since_look += 1
        elif isinstance(action, Connect):
            self._connect(fleet, action.hub)
        elif isinstance(action, Drop) and action.hub in self._on_stage:
            self._on_stage.discard(action.hub)
            fleet.drop(action.hub)

    def _connect(self, fleet: Fleet, name: str) -> None:
        if name in self._on_stage:
            return
        if name not in self.logins:
            raise Refused(
                "connect a hub", name, "its credential is not known", "Name it in the credentials"
            )
        self._on_stage.add(name)
        fleet.connect(name)

    def _clock_of(self, site: str) -> str:
        if site not in self.drivers:
            raise Refused(
                "advance a clock",
                site,
                "the credential of its clock is not known",
                f"Name {site}._site.clock in the credentials",
            )
        return _clock(site)

    def _room(self) -> bool:
        return self.fleet().owed < WINDOW

    def _acknowledged(self) -> bool:
        return self.fleet().owed == 0

    def _taken(self) -> bool:
        return self.backlog() == 0

    def _until(self, ready: Callable[[], bool], what: str, pause: float = 0.0) -> None:
        """A gateway or broker that is down is waited for: it is being started again."""
        began = self.clock.monotonic()
        while not self._ready(ready):
            if self.stopping(pause):
                raise Stopped
            waited = self.clock.monotonic() - began
            if self.strict and waited > REFUSED_S and self.fleet().refusing:
                self._refuse()
            if self.patience_s is not None and waited > self.patience_s:
                raise Failed(
                    what,
                    "the simulators",
                    f"nothing for {self.patience_s:.0f} s",
                    "homecare doctor",
                )
        if self.strict and self.fleet().refusing:
            self._until_let_in(what)

    def _ready(self, ready: Callable[[], bool]) -> bool:
        if self.patience_s is not None:
            return ready()
        try:
            return ready()
        except Failed:  # a broker that is away cannot say what it holds
            return False

    def _until_let_in(self, what: str) -> None:
        """What refused hubs hold counts as done; where none may be refused, it is not."""
        began = self.clock.monotonic()
        while self.fleet().refusing:
            if self.stopping(LOOK_S):
                raise Stopped
            if self.clock.monotonic() - began > REFUSED_S:
                self._refuse()
        self._until(lambda: self.fleet().owed == 0, what, LOOK_S)

    def _refuse(self) -> None:
        refused = self.state().refused
        if refused:
            name, why = refused[0]
            more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
            raise Refused(
                "connect a hub", f"{name}{more}", f"the broker says: {why}", "Check its credential"
            )


def _clock(site: str) -> str:
    """The name of a site's clock among the hubs; no home has it."""
    return f"{site}/_clock"


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """The performance was told to stop in the middle of a wait."""
