"""Many hubs, one event loop: a connection each, with its own credential, on one thread.

Whoever performs hands in what hubs say; the loop connects them, says it, sends again what a broker
has not acknowledged, and counts. A thousand hubs cost one thread and a thousand sockets.
"""

import contextlib
import logging
import resource
import selectors
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from devices.errors import Refused
from gateway.clock import Clock
from gateway.mqtt.address import Address
from gateway.mqtt.hub import Hub, Phase
from gateway.mqtt.lines import Message, Step, Tally
from gateway.mqtt.publisher import Will
from gateway.mqtt.wire import waker

log = logging.getLogger(__name__)

OPENING = 64  # connections that are being opened at once: a broker has other things to do
MISC_S = 1.0
LONGEST_S = 0.25  # between two looks at who is to be opened again
SPARE_FILES = 64  # descriptors for everything but hubs
GOODBYE_S = 5.0

Order = tuple[Hub, Message | Step]


@dataclass(frozen=True, slots=True)
class FleetState:
    """How the hubs of a fleet stand."""

    hubs: int
    connected: int
    away: tuple[tuple[str, str], ...]  # name and why, of those that want a connection
    refused: tuple[tuple[str, str], ...]  # name and why, of those that the broker does not let in
    owed: int  # handed in and not done, without what refused hubs hold
    acknowledged: int
    rejected: int
    lost: int
    delays: tuple[float, ...]  # seconds from due to acknowledged, of the newest


class Fleet:
    """`add` hubs, `start`, hand in; `close` says goodbye for all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hubs: dict[str, Hub] = {}
        self._new: deque[Order] = deque()
        self._handed = 0
        self._stuck = 0  # held by hubs that are refused
        self._refusing = False
        self._tally = Tally()
        self._ours, self._theirs = waker()
        self._sleeping = False
        self._running = False
        self._selector = selectors.DefaultSelector()
        self._watched: dict[int, tuple[Hub, int]] = {}
        self._dirty: set[Hub] = set()
        self._wanted: set[Hub] = set()  # neither connected nor absent
        self._misc_at = 0.0
        self._thread: threading.Thread | None = None

    # -- from the performer's thread

    def add(
        self, name: str, address: Callable[[], Address], client_id: str, will: Will | None = None
    ) -> None:
        """One more hub; nothing happens until it is told something."""
        if name not in self._hubs:
            self._hubs[name] = Hub(name, address, client_id, will, self._tally)

    def start(self) -> None:
        """Raises Refused where the system allows too few connections."""
        if self._running:
            return
        _raise_limit(len(self._hubs) + SPARE_FILES)
        self._running = True
        self._selector.register(self._ours, READ)
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)
        self._thread.start()

    def __contains__(self, name: str) -> bool:
        return name in self._hubs

    def connect(self, name: str) -> None:
        """In the order of what else was handed in for this hub."""
        self._hand(name, Step.CONNECT)

    def drop(self, name: str) -> None:
        """Without a word, once what was said before is acknowledged: the will is published."""
        self._hand(name, Step.DROP)

    def publish(
        self, name: str, topic: str, payload: bytes, *, retain: bool = False, due: float = 0.0
    ) -> None:
        """With QoS 1. `due`: monotonic seconds at which it should go out; none: now."""
        self._hand(name, Message(topic, payload, retain, due or self._clock.monotonic()))

    @property
    def owed(self) -> int:
        """Handed in and not yet done. What refused hubs hold nobody waits for."""
        return max(0, self._handed - self._tally.done - self._stuck)

    @property
    def refusing(self) -> bool:
        """Whether the broker lets some hub not in."""
        return self._refusing

    def wake(self) -> None:
        """Something was handed in."""
        if self._sleeping:
            with contextlib.suppress(OSError):
                self._theirs.send(b"\0")

    def state(self) -> FleetState:
        """For progress; a moment old."""
        hubs = list(self._hubs.values())
        apart = [hub for hub in hubs if hub.phase not in {Phase.ON, Phase.ABSENT}]
        return FleetState(
            hubs=len(hubs),
            connected=sum(1 for hub in hubs if hub.phase is Phase.ON),
            away=tuple((hub.name, hub.problem) for hub in apart if not hub.refused),
            refused=tuple((hub.name, hub.problem) for hub in apart if hub.refused),
            owed=self.owed,
            acknowledged=self._tally.acknowledged,
            rejected=self._tally.rejected,
            lost=self._tally.lost,
            delays=tuple(self._tally.delays.copy()),
        )

    def forget_delays(self) -> None:
        """Measure anew from here."""
        self._tally.delays.clear()

    def close(self) -> None:
        """Every hub says goodbye; what is not acknowledged by then was not said."""
        self._running = False
        with contextlib.suppress(OSError):
            self._theirs.send(b"\0")
        if self._thread is not None:
            self._thread.join(GOODBYE_S + 2)
        self._selector.close()
        self._ours.close()
        self._theirs.close()

    def _hand(self, name: str, item: Message | Step) -> None:
        self._handed += 1
        self._new.append((self._hubs[name], item))
        self.wake()

    # -- the loop

    def _run(self) -> None:
        while self._running:
            try:
                self._turn()
            except Exception:  # whatever it was, the other hubs go on
                log.exception("fleet.fault")
        for hub in self._hubs.values():
            with contextlib.suppress(Exception):  # the others still say goodbye
                hub.leave()

    def _turn(self) -> None:
        now = self._clock.monotonic()
        self._take()
        self._open(now)
        for hub in self._dirty:
            hub.pump(now)
            self._watch(hub)
        self._dirty.clear()
        self._sleeping = True
        wait = 0.0 if self._new else self._nap(now)
        found = self._selector.select(wait)
        self._sleeping = False
        now = self._clock.monotonic()
        for key, _ in found:
            watched = self._watched.get(key.fd)
            if watched is None:
                with contextlib.suppress(BlockingIOError):
                    self._ours.recv(4096)
                continue
            hub = watched[0]
            if hub.fd == key.fd:
                hub.happened(now)
                self._dirty.add(hub)
                self._watch(hub)
        if now >= self._misc_at:
            self._misc_at = now + MISC_S
            self._misc(now)

    def _take(self) -> None:
        new = self._new
        while new:
            hub, item = new.popleft()
            hub.push(item)
            if hub.phase is Phase.ON:
                self._dirty.add(hub)
            else:
                self._wanted.add(hub)

    def _open(self, now: float) -> None:
        """Those whose time has come, not too many at once; in between, the books."""
        opening = 0
        stuck, refusing = 0, False
        for hub in list(self._wanted):
            if hub.phase in {Phase.ON, Phase.ABSENT}:
                self._wanted.discard(hub)
                self._dirty.add(hub)
                continue
            refusing = refusing or hub.refused
            stuck += hub.owes if hub.refused else 0
            opening += hub.phase is not Phase.AWAY
        for hub in self._wanted:
            if opening >= OPENING:
                break
            if hub.phase is Phase.AWAY and now >= hub.retry_at:
                hub.open(now)
                opening += hub.phase is not Phase.AWAY
                self._watch(hub)
        self._stuck, self._refusing = stuck, refusing

    def _nap(self, now: float) -> float:
        times = [hub.retry_at - now for hub in self._wanted if hub.phase is Phase.AWAY]
        return max(0.0, min([LONGEST_S, *times]))

    def _misc(self, now: float) -> None:
        for hub in self._hubs.values():
            if hub.phase is not Phase.ABSENT:
                hub.misc(now)
                self._watch(hub)
                if hub.phase is not Phase.ON:
                    self._wanted.add(hub)

    def _watch(self, hub: Hub) -> None:
        """What the selector looks out for, after whatever became of the hub."""
        if hub.phase is Phase.AWAY:
            self._wanted.add(hub)
        if hub.watched not in {-1, hub.fd}:
            self._forget(hub, hub.watched)
        if hub.fd == -1:
            return
        events = hub.interest()
        known = self._watched.get(hub.fd)
        if known is None or known[0] is not hub:
            if known is not None:
                self._forget(known[0], hub.fd)
            self._selector.register(hub.fd, events)
            self._watched[hub.fd] = (hub, events)
            hub.watched = hub.fd
        elif known[1] != events:
            self._selector.modify(hub.fd, events)
            self._watched[hub.fd] = (hub, events)

    def _forget(self, hub: Hub, fd: int) -> None:
        hub.watched = -1
        known = self._watched.get(fd)
        if known is not None and known[0] is hub:
            del self._watched[fd]
            with contextlib.suppress(KeyError, OSError, ValueError):
                self._selector.unregister(fd)


READ = selectors.EVENT_READ


def _raise_limit(needed: int) -> None:
    """As many descriptors as the system allows this process anyway."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise Refused(
            "connect the hubs",
            f"{needed - SPARE_FILES} hubs",
            f"this process may open {hard} files",
            "Raise the limit (ulimit -n), or play fewer homes",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
