"""One hub among many: a connection on somebody else's loop, with what it has still to say.

It opens its socket without waiting, shakes hands, greets the broker, and keeps what is not yet
acknowledged; a lost connection is opened again after a pause that grows. `gateway/mqtt/fleet.py`
owns the loop; nothing here sleeps, and one thread uses it.
"""

import contextlib
import errno
import os
import selectors
import socket
import ssl
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Any

from devices.errors import HomecareError
from gateway.mqtt.address import Address
from gateway.mqtt.lines import Line, Message, Step, Tally, nothing, resolved, tls_of
from gateway.mqtt.publisher import Will
from gateway.mqtt.wire import Wire

INFLIGHT = 20  # as a hub's own client would: sent, and not yet acknowledged
BUFFER = 5_000  # kept while there is no connection; beyond it the oldest goes
KEEPALIVE_S = 60
GREETING_S = 15.0  # from opening the socket until the broker has let it in
RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
BUSY = frozenset({136, 137, 151})  # reasons of a broker that only has no time: not a refusal

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Phase(Enum):
    """How far a connection is."""

    ABSENT = "absent"  # nobody asked for it, or it was dropped on purpose
    AWAY = "away"  # wanted, and to be opened again at `retry_at`
    OPENING = "opening"
    SHAKING = "shaking"  # hands, for TLS
    GREETING = "greeting"
    ON = "on"


class Hub:
    """One connection. `address()` is asked anew each time: a broker may have moved."""

    def __init__(
        self,
        name: str,
        address: Callable[[], Address],
        client_id: str,
        will: Will | None,
        tally: Tally,
    ) -> None:
        self.name = name
        self.phase = Phase.ABSENT
        self.problem = ""
        self.refused = False
        self.retry_at = 0.0
        self.queue: deque[Message | Step] = deque()
        self.sent: dict[int, float] = {}  # message id: when it was due
        self.fd = -1
        self.watched = -1  # the loop's own note: which descriptor it looks at
        self._address, self._client_id, self._will = address, client_id, will
        self._tally = tally
        self._attempt = 0
        self._deadline = 0.0
        self._sock: Any = None
        self._wire: Wire | None = None
        self._client: Line | None = None
        self._host = ""
        self._tls: ssl.SSLContext | None = None
        self._now = 0.0

    @property
    def owes(self) -> int:
        """What was handed in and is not done."""
        return len(self.queue) + len(self.sent)

    def push(self, item: Message | Step) -> None:
        """One more thing to say or do."""
        if item is Step.DROP and self.phase is Phase.ABSENT:
            self._tally.done += 1  # it is not there
            return
        if len(self.queue) >= BUFFER:
            oldest = 0 if isinstance(self.queue[0], Message) else 1
            del self.queue[oldest]
            self._tally.lost += 1
            self._tally.done += 1
        self.queue.append(item)
        if self.phase is Phase.ABSENT:
            self.phase, self.retry_at = Phase.AWAY, 0.0

    # -- opening

    def open(self, now: float) -> None:
        """Begin; what goes wrong is told by `problem`."""
        self._now, self._deadline = now, now + GREETING_S
        try:
            address = self._address()
            family, kind, protocol, where = resolved(address.host, address.port)
            self._host, self._tls = address.host, tls_of(address) if address.tls else None
            self._prepare(address)
            self._sock = socket.socket(family, kind, protocol)
            self._sock.setblocking(False)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = self._sock.connect_ex(where)
        except (OSError, HomecareError) as error:
            self.lose(getattr(error, "problem", "") or str(error))
            return
        if code not in {0, errno.EINPROGRESS}:
            self.lose(os.strerror(code))
            return
        self.fd, self.phase = self._sock.fileno(), Phase.OPENING

    def _prepare(self, address: Address) -> None:
        if self._client is None:
            # TLS is ours to shake: paho is given a socket that speaks it already.
            plain = replace(address, tls=False)
            self._client = Line(plain, self._client_id, clean=True)
            self._client.max_inflight_messages_set(0)  # `pump` holds the number down
            if self._will is not None:
                will = self._will
                self._client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
            self._client.on_connect = self._on_connect
            self._client.on_publish = self._on_publish
            self._client.on_disconnect = self._on_disconnect
        self._client.connect_async(address.host, address.port, KEEPALIVE_S)
        if address.username is not None:
            self._client.username_pw_set(address.username, address.password)

    def _opened(self) -> None:
        code = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.lose(os.strerror(code))
        elif self._tls is None:
            self._greet()
        else:
            self._sock = self._tls.wrap_socket(
                self._sock, server_hostname=self._host, do_handshake_on_connect=False
            )
            self.phase = Phase.SHAKING
            self._shake()

    def _shake(self) -> None:
        try:
            self._sock.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except (OSError, ValueError) as error:
            self.lose(str(error))
            return
        self._greet()

    def _greet(self) -> None:
        assert self._client is not None
        self._client.opened, self._sock = self._sock, None
        self._client.reconnect()
        wire = self._client.socket()
        assert isinstance(wire, Wire), "paho no longer asks _create_socket for its socket"
        self._wire, self.phase = wire, Phase.GREETING

    # -- the loop's turns

    def happened(self, now: float) -> None:
        """The socket has something, or takes something."""
        self._now = now
        if self.phase is Phase.OPENING:
            self._opened()
        elif self.phase is Phase.SHAKING:
            self._shake()
        elif self._wire is not None and self._client is not None:
            self._wire.fill()
            while self._wire.skim(nothing):
                self._client.loop_read()
                if self._client.socket() is None:
                    self.lose(self.problem or "the broker closed the connection")
                    return

    def pump(self, now: float) -> None:
        """Say what may be said now, and push it out."""
        self._now = now
        if self.phase is Phase.ON:
            self._say()
        if self._client is not None and self._wire is not None:
            if self._client.want_write():
                self._client.loop_write()
            if self._client.socket() is None:
                self.lose(self.problem or "the connection broke")
                return
            try:
                self._wire.flush()
            except OSError as error:
                self.lose(str(error))

    def _say(self) -> None:
        assert self._client is not None
        while self.queue and len(self.sent) < INFLIGHT:
            item = self.queue[0]
            if item is Step.DROP:
                if not self.sent:  # what it said before has arrived
                    self._vanish()
                return
            self.queue.popleft()
            if isinstance(item, Message):
                info = self._client.publish(item.topic, item.payload, qos=1, retain=item.retain)
                self.sent[info.mid] = item.due
            else:
                self._tally.done += 1

    def _vanish(self) -> None:
        while self.queue and self.queue[0] is Step.DROP:
            self.queue.popleft()
            self._tally.done += 1
        self._shut()
        self.phase, self.problem = Phase.ABSENT, ""
        if self.queue:
            self.phase, self.retry_at = Phase.AWAY, 0.0

    def misc(self, now: float) -> None:
        """Proof of life, and no waiting for ever."""
        self._now = now
        if self.phase in {Phase.OPENING, Phase.SHAKING, Phase.GREETING} and now > self._deadline:
            self.lose("the broker does not answer")
        elif self.phase is Phase.ON and self._client is not None:
            self._client.loop_misc()
            if self._client.socket() is None:
                self.lose(self.problem or "the broker no longer answers")

    def interest(self) -> int:
        """What the loop should look out for."""
        if self.phase is Phase.OPENING:
            return WRITE
        if self.phase is Phase.SHAKING:
            return READ | WRITE
        waiting = self._wire is not None and self._wire.unsent
        return READ | WRITE if waiting else READ

    # -- the end of a connection

    def lose(self, problem: str) -> None:
        """Gone; to be opened again after a pause of its own, so that no two hubs ask at once."""
        self._shut()
        self.problem = problem
        self.phase = Phase.AWAY
        pause = RETRY_S[min(self._attempt, len(RETRY_S) - 1)]
        share = zlib.crc32(f"{self.name} {self._attempt}".encode()) / 2**32
        self.retry_at = self._now + pause * (0.5 + share / 2)
        self._attempt += 1

    def leave(self) -> None:
        """Say goodbye: no will is published."""
        if self.phase is Phase.ON and self._client is not None and self._wire is not None:
            wire = self._wire
            self._client.disconnect()
            self._client.loop_write()
            with contextlib.suppress(OSError):
                wire.flush()
        self._shut()
        self.phase = Phase.ABSENT

    def _shut(self) -> None:
        for one in (self._sock, self._wire):
            if one is not None:
                one.close()
        self._sock = self._wire = None
        self.fd = -1

    # -- paho's callbacks, within `happened` and `pump`

    def _on_connect(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        if reason.is_failure:
            self.problem = str(reason)
            self.refused = reason.value not in BUSY
            return
        self.phase, self.problem, self.refused, self._attempt = Phase.ON, "", False, 0

    def _on_disconnect(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self.problem = self.problem or str(reason)

    def _on_publish(self, _: Any, __: Any, mid: int, reason: Any, ___: Any) -> None:
        due = self.sent.pop(mid, None)
        if due is None:
            return
        self._tally.done += 1
        self._tally.acknowledged += 1
        self._tally.rejected += bool(reason.is_failure)
        self._tally.delays.append(max(0.0, self._now - due))
