"""What lies between paho and the socket.

paho reads a message in four system calls and twenty microseconds; at ten thousand a second that is
a fifth of a core. So a `Wire` reads and writes in large pieces, takes the PUBLISH packets out of
the stream itself, and lets paho see the other packets, each whole and none torn by another.
"""

import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from gateway.mqtt.address import Address

READ_BYTES = 262_144
WAITING = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
PUBLISH = 0x30

# topic (raw bytes), payload, retained, message id (0: QoS 0, nothing to acknowledge)
Take = Callable[[bytes, bytes, bool, int], None]


class MalformedPacketError(ValueError):
    """The broker sent what is no MQTT: the connection is given up."""


class Wire:
    """A non-blocking socket with a buffer on either side. One thread uses it."""

    def __init__(self, sock: Any, *, five: bool) -> None:
        self._sock, self._five = sock, five
        self._in = b""
        self._pos = 0  # of the next packet
        self._allowed = 0  # up to here paho may read: the end of one whole packet
        self._ended = False
        self._out = bytearray()

    def fill(self) -> None:
        """Take what the network has. What is wrong is told by the next `recv`."""
        try:
            data = self._sock.recv(READ_BYTES)
        except WAITING:
            return
        except OSError:
            data = b""
        self._ended = not data
        self._in = self._in[self._pos :] + data
        self._allowed = self._pos = 0

    def skim(self, take: Take) -> bool:
        """Hand over the messages at the head of the buffer; whether paho's turn is next."""
        buffer, end = self._in, len(self._in)
        while end - self._pos >= 2:
            start, stop = self._bounds()
            if stop > end:
                break
            first = buffer[self._pos]
            if first & 0xF0 != PUBLISH or first & 0x06 > 2:
                self._allowed = stop
                return True
            self._publish(first, start, stop, take)
            self._pos = stop
        return self._ended

    def _bounds(self) -> tuple[int, int]:
        """Where the body of the next packet starts and stops; beyond the buffer: not yet here."""
        buffer, at = self._in, self._pos + 1
        size = buffer[at]
        if size < 128:
            return at + 1, at + 1 + size
        size &= 127
        for shift in (7, 14, 21):
            at += 1
            if at >= len(buffer):
                return at, len(buffer) + 1
            byte = buffer[at]
            size |= (byte & 127) << shift
            if byte < 128:
                return at + 1, at + 1 + size
        raise MalformedPacketError("a packet's length has more than four bytes")

    def _publish(self, first: int, start: int, stop: int, take: Take) -> None:
        buffer = self._in
        cut = start + 2 + (buffer[start] << 8 | buffer[start + 1])
        topic = buffer[start + 2 : cut]
        mid = 0
        if first & 2:
            mid = buffer[cut] << 8 | buffer[cut + 1]
            cut += 2
        if self._five:
            cut = self._after_properties(cut)
        if cut > stop:
            raise MalformedPacketError("a message is shorter than it says")
        take(topic, buffer[cut:stop], first & 1 != 0, mid)

    def _after_properties(self, at: int) -> int:
        size = shift = 0
        while True:
            byte = self._in[at]
            at += 1
            size |= (byte & 127) << shift
            if byte < 128:
                return at + size
            shift += 7

    def pending(self) -> bool:
        """Whether something can be done without asking the network."""
        if self._ended or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0):
            return True
        if len(self._in) - self._pos < 2:
            return False
        return self._bounds()[1] <= len(self._in)

    def recv(self, size: int) -> bytes:
        """For paho: bytes of one whole packet; BlockingIOError between packets."""
        if self._pos < self._allowed:
            start = self._pos
            self._pos = min(start + size, self._allowed)
            return self._in[start : self._pos]
        if self._ended:
            return b""
        raise BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """Takes all of it; `flush` sends it."""
        self._out += data
        return len(data)

    @property
    def unsent(self) -> bool:
        """Whether something waits for the network."""
        return bool(self._out)

    def flush(self) -> bool:
        """Send what waits; False where the network takes no more now. Raises OSError."""
        while self._out:
            try:
                sent = self._sock.send(self._out)
            except WAITING:
                return False
            del self._out[:sent]
        return True

    def close(self) -> None:
        """A last packet, such as a DISCONNECT, still leaves."""
        with contextlib.suppress(OSError):
            self.flush()
        self._sock.close()

    def fileno(self) -> int:
        return int(self._sock.fileno())

    def setblocking(self, flag: bool) -> None:
        self._sock.setblocking(flag)


class Client(paho.Client):
    """paho's client with a `Wire` in place of its socket, for a loop that is not paho's own."""

    def __init__(self, address: Address, client_id: str, *, clean: bool) -> None:
        five = address.protocol == "5"
        self._five = five
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if five else clean,
            protocol=paho.MQTTv5 if five else paho.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        identify(self, address)
        # With a handler set, paho never writes from within the thread that queues a packet.
        self.on_socket_register_write = lambda *_: None

    def _create_socket(self) -> Any:
        # The one private method that is replaced: tests/intake/test_wire.py notices a change.
        return Wire(super()._create_socket(), five=self._five)


def identify(client: paho.Client, address: Address) -> None:
    """User, password and TLS of an address."""
    client.connect_timeout = 10.0
    if address.username is not None:
        client.username_pw_set(address.username, address.password)
    if address.tls:
        client.tls_set_context(context_of(address))


def context_of(address: Address) -> ssl.SSLContext:
    """How TLS is spoken with a broker."""
    context = ssl.create_default_context(cafile=address.pinned or address.authority)
    if address.pinned is not None:
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def waker() -> tuple[socket.socket, socket.socket]:
    """A pair: a byte into the second ends a poll on the first."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    return ours, theirs
