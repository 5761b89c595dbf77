"""A subscriber that loses nothing: what it hands on is acknowledged only when told so.

One thread does everything with paho: reading, acknowledging, probing, connecting again. Others
only put tickets into a queue. An acknowledgement of an earlier epoch is dropped: after a broker
lost the session its message ids begin anew, and a late one would destroy another message.
"""

import contextlib
import logging
import select
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from devices.errors import Failed
from gateway.clock import Clock
from gateway.mqtt.address import Address
from gateway.mqtt.link import Delivery, Link, Ticket
from gateway.mqtt.probe import Probe
from gateway.mqtt.wire import Client, Wire, waker

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
NEVER = 0xFFFFFFFF  # MQTT 5: when a session expires
RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
NAMES = 100_000  # topics kept decoded
WINDOW = 2_048  # MQTT 5: messages that may wait for acknowledgement


class Subscriber:
    """One persistent session at one broker."""

    def __init__(
        self,
        address: Callable[[], Address],
        client_id: str,
        topics: Sequence[str],
        probe: str | None,
        deliver: Callable[[Delivery], None],
        *,
        on_session: Callable[[bool], None],
        clock: Clock,
        full: Callable[[], bool] = lambda: False,
    ) -> None:
        """`probe`: prefix of the probe's topic, which one of `topics` must match; None: no probes.

        `on_session(session_present)` is called at each connect; `full()` stops reading while the
        journal lags.
        """
        self._address, self._client_id, self._topics = address, client_id, tuple(topics)
        self._probe = None if probe is None else Probe(probe)
        self._deliver, self._on_session, self._full = deliver, on_session, full
        self._clock = clock
        self._names: dict[bytes, str] = {}
        self._acks: deque[Ticket] = deque()
        self._ours, self._theirs = waker()
        self._sleeping = False
        self._running = False
        self._thread: threading.Thread | None = None
        self._epoch = 0
        self.subscribed = False  # read by anyone, set here only
        self._misc_at = 0.0
        self._session_present = False
        self._problem = "not started"
        self._faults = 0
        self._came = 0  # messages since the last look

    # -- from any thread

    def start(self) -> None:
        """Connect, and keep connected until `stop`."""
        self._running = True
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Acknowledge what was handed in, disconnect; the session stays at the broker."""
        self._running = False
        self._wake()
        if self._thread is not None:
            self._thread.join(15)
        self._ours.close()
        self._theirs.close()

    def acknowledge(self, tickets: Iterable[Ticket]) -> None:
        """In the order of arrival; those of an earlier epoch are dropped."""
        self._acks.extend(tickets)
        if self._sleeping:
            self._wake()

    def resume(self) -> None:
        """`full()` may have changed."""
        if self._sleeping:
            self._wake()

    def link(self) -> Link:
        return Link(
            self.subscribed,
            self._epoch,
            self._probe is not None and self.subscribed and self._probe.caught_up,
            self._probe.lag(self._clock.monotonic()) if self._probe is not None else 0.0,
            self._probe.came_at if self._probe is not None else None,
            "" if self.subscribed else self._problem,
            self._faults,
            self._thread is not None and self._thread.is_alive(),
        )

    # -- the network thread

    def _run(self) -> None:
        attempt = 0
        while self._running:
            try:
                if self._connect_and_serve():
                    attempt = 0
            except Exception as error:  # whatever it was, the thread goes on
                self._lost(str(error) or type(error).__name__)
                if not isinstance(error, OSError | Failed):
                    log.exception("mqtt.fault")
            if self._running:
                self._pause(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                attempt += 1

    def _pause(self, seconds: float) -> None:
        """Wait, but not for longer than until `stop`."""
        self._sleep((self._ours.fileno(), None), seconds)

    def _connect_and_serve(self) -> bool:
        """One connection's life; whether it ever was subscribed."""
        client = self._client(self._address())
        was_subscribed = False
        try:
            client.reconnect()
            wire = client.socket()
            assert isinstance(wire, Wire), "paho no longer asks _create_socket for its socket"
            while self._running and client.socket() is not None:
                self._turn(client, wire)
                was_subscribed = was_subscribed or self.subscribed
            if client.socket() is not None:
                self._send_acks(wire)
                client.disconnect()
                client.loop_write()
                wire.flush()
        finally:
            left = client.socket()
            if left is not None:
                left.close()
            self._lost(self._problem)
        return was_subscribed

    def _turn(self, client: Client, wire: Wire) -> None:
        """Write what waits, sleep until something happens, read a burst."""
        self._send_acks(wire)
        if client.want_write():
            client.loop_write()
            if client.socket() is None:
                return  # that was the goodbye
        blocked = not wire.flush()
        full = self._full()
        ready = not full and wire.pending()
        events = (0 if full else select.POLLIN) | (select.POLLOUT if blocked else 0)
        happened = self._sleep((wire.fileno(), events), 0.0 if ready else 0.5)
        if not full and (ready or happened & ~select.POLLOUT):
            wire.fill()
            while wire.skim(self._take):
                client.loop_read()
                if client.socket() is None:
                    return
        now = self._clock.monotonic()
        if now >= self._misc_at:
            self._misc_at = now + 0.5
            client.loop_misc()
            if self.subscribed and self._probe is not None:
                self._prove(client, self._probe, now)

    def _sleep(self, watched: tuple[int, int | None], seconds: float) -> int:
        """Until the socket or a waker has something; what the socket has."""
        fd, events = watched
        poll = select.poll()
        poll.register(self._ours, select.POLLIN)
        if events:
            poll.register(fd, events)
        self._sleeping = True
        wait = 0.0 if self._acks and events is not None else seconds
        found = dict(poll.poll(wait * 1000))
        self._sleeping = False
        if self._ours.fileno() in found:
            with contextlib.suppress(BlockingIOError):
                self._ours.recv(4096)
        return found.get(fd, 0) if events else 0

    def _send_acks(self, wire: Wire) -> None:
        """PUBACK is the same four bytes in both versions; paho's own `ack` costs 7 us each."""
        acks, epoch = self._acks, self._epoch
        if not acks:
            return
        out = bytearray()
        while acks:
            ticket = acks.popleft()
            if ticket.epoch == epoch and ticket.mid:
                out += b"\x40\x02" + ticket.mid.to_bytes(2, "big")
        if out:
            wire.send(out)

    def _prove(self, client: Client, probe: Probe, now: float) -> None:
        """A message through the broker and back: `connected` alone proves nothing."""
        if self._came:
            self._came = 0
            probe.heard(now)
        if probe.overdue(now) and not self._full():
            raise Failed("listen", "broker", "no probe came back", "Look at the broker's log")
        payload = probe.next(now)
        if payload is not None:
            client.publish(probe.topic, payload, qos=1)

    def _lost(self, problem: str) -> None:
        if self.subscribed and self._running:
            log.warning("mqtt.lost", extra={"problem": problem, "epoch": self._epoch})
        self._epoch += 1
        self.subscribed = False
        self._problem = problem
        self._acks.clear()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._theirs.send(b"\0")

    # -- paho's callbacks, all in the network thread

    def _client(self, address: Address) -> Client:
        client = Client(address, self._client_id, clean=False)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.connect_async(address.host, address.port, KEEPALIVE_S, **_session(address))
        return client

    def _on_connect(self, client: Any, _: Any, flags: Any, reason: Any, __: Any) -> None:
        if reason.is_failure:
            self._problem = f"the broker refused: {reason}"
            return
        self._epoch += 1
        self._session_present = bool(flags.session_present)
        client.subscribe([(topic, 1) for topic in self._topics])

    def _on_subscribe(self, client: Any, _: Any, __: Any, reasons: Any, ___: Any) -> None:
        denied = [
            topic for topic, reason in zip(self._topics, reasons, strict=False) if reason.is_failure
        ]
        if denied:
            self._problem = f"the broker refused the subscription to {', '.join(denied)}"
            client.disconnect()
            return
        self.subscribed = True
        self._misc_at = 0.0  # a probe goes out with the next turn
        if self._probe is not None:
            self._probe.begin(self._clock.monotonic())
        self._on_session(self._session_present)

    def _on_disconnect(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self._problem = self._problem if reason.value == 0 else f"disconnected: {reason}"

    def _take(self, raw: bytes, payload: bytes, retained: bool, mid: int) -> None:
        """Never raises: an exception here would end the connection, again and again."""
        ticket = Ticket(self._epoch, mid)
        try:
            topic = self._names.get(raw) or self._name(raw)
            if self._probe is not None and topic.startswith(self._probe.prefix):
                self._probe.came(topic, payload, self._clock.monotonic())
                self._acks.append(ticket)
            else:
                self._came += 1
                self._deliver(Delivery(topic, payload, retained, ticket))
        except Exception:
            self._faults += 1
            log.exception("mqtt.handler")

    def _name(self, raw: bytes) -> str:
        """A topic with bad UTF-8 is none: it is shown, and becomes a dead letter."""
        if len(self._names) >= NAMES:
            self._names.clear()
        name = raw.decode(errors="backslashreplace")
        self._names[raw] = name
        return name


def _session(address: Address) -> dict[str, Any]:
    if address.protocol != "5":
        return {}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own
    properties.SessionExpiryInterval = NEVER
    properties.ReceiveMaximum = WINDOW
    return {"clean_start": False, "properties": properties}
