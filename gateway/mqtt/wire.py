"""What lies between paho and the socket: few large reads and writes instead of many small ones.

paho reads a message in four system calls and writes an acknowledgement in one; at ten thousand a
second that is most of its cost. A packet that was handed to `send` is never torn by another.
"""

import contextlib
import socket
import ssl
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from gateway.mqtt.address import Address

READ_BYTES = 262_144
WAITING = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Wire:
    """A non-blocking socket with a buffer on either side. One thread uses it."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._in = b""
        self._pos = 0
        self._out = bytearray()

    def recv(self, size: int) -> bytes:
        """At most `size` bytes; raises BlockingIOError where none wait; empty at the end."""
        if self._pos >= len(self._in):
            self._in = self._sock.recv(READ_BYTES)
            self._pos = 0
        start = self._pos
        self._pos = start + size
        return self._in[start : self._pos]

    def pending(self) -> int:
        """Bytes that can be read without asking the network."""
        left = len(self._in) - self._pos
        if left > 0:
            return left
        return self._sock.pending() if isinstance(self._sock, ssl.SSLSocket) else 0

    def send(self, data: bytes | bytearray) -> int:
        """Takes all of it; `flush` sends it."""
        self._out += data
        return len(data)

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

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class Client(paho.Client):
    """paho's client with a `Wire` in place of its socket, for a loop that is not paho's own."""

    def __init__(self, address: Address, client_id: str, *, clean: bool) -> None:
        five = address.protocol == "5"
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
        return Wire(super()._create_socket())


def identify(client: paho.Client, address: Address) -> None:
    """User, password and TLS of an address."""
    client.connect_timeout = 10.0
    if address.username is not None:
        client.username_pw_set(address.username, address.password)
    if address.tls:
        client.tls_set_context(_context(address))


def _context(address: Address) -> ssl.SSLContext:
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
