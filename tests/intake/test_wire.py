"""The wire: messages are taken out of the stream whole, whatever the network's pieces."""

import inspect
import ssl
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt import client as paho

from gateway.mqtt import Address
from gateway.mqtt.wire import Client, MalformedPacketError, Wire


class Network:
    """A socket that hands out prepared pieces."""

    def __init__(self, *pieces: bytes, ended=False) -> None:
        self.pieces, self.ended, self.sent, self.room = list(pieces), ended, b"", 10**9

    def recv(self, size):
        if self.pieces:
            return self.pieces.pop(0)
        if self.ended:
            return b""
        raise BlockingIOError

    def send(self, data):
        part = bytes(data[: self.room])
        if not part:
            raise BlockingIOError
        self.room -= len(part)
        self.sent += part
        return len(part)

    def close(self):
        self.sent += b"<closed>"


def publish(topic=b"a/b", payload=b"hello", mid=7, retained=False, five=False) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic
    if mid:
        body += mid.to_bytes(2, "big")
    if five:
        body += b"\x02\x01\x01"  # one property: payload format
    body += payload
    return bytes([0x30 | (2 if mid else 0) | retained]) + length(len(body)) + body


def length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, byte = divmod(value, 128)
        out.append(byte | (128 if value else 0))
        if not value:
            return bytes(out)


def drink(wire: Wire):
    """Everything that comes: messages, and the packets left to paho."""
    taken, others = [], []
    while True:
        wire.fill()
        while wire.skim(lambda *message: taken.append(message)):
            packet = wire.recv(1)
            if not packet:
                return taken, others
            while True:
                try:
                    packet += wire.recv(3)
                except BlockingIOError:
                    break
            others.append(packet)
        if not wire._sock.pieces and not wire._sock.ended:
            return taken, others


def test_paho_still_asks_for_its_socket_here():
    assert "self._create_socket()" in inspect.getsource(paho.Client.reconnect)
    assert Client(Address("localhost", 1), "x", clean=True)._create_socket


@given(
    messages=st.lists(
        st.tuples(
            st.binary(min_size=1, max_size=20),
            st.binary(max_size=300),
            st.integers(0, 65_535),
            st.booleans(),
        ),
        max_size=8,
    ),
    cuts=st.lists(st.integers(0, 2_000), max_size=10),
    five=st.booleans(),
)
def test_any_pieces_give_the_same_messages(messages, cuts, five):
    suback, ping = b"\x90\x03\x00\x01\x01", b"\xd0\x00"
    stream = suback
    for topic, payload, mid, retained in messages:
        stream += publish(topic, payload, mid, retained, five) + ping
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:stop] for start, stop in pairwise(edges)]
    taken, others = drink(Wire(Network(*pieces), five=five))
    assert taken == [(topic, payload, kept, mid) for topic, payload, mid, kept in messages]
    assert others == [suback, *[ping] * len(messages)]


def test_a_long_message_comes_whole():
    payload = b"x" * 3_000_000
    stream = publish(payload=payload)
    pieces = [stream[at : at + 65_536] for at in range(0, len(stream), 65_536)]
    taken, _ = drink(Wire(Network(*pieces), five=False))
    assert taken == [(b"a/b", payload, False, 7)]


def test_the_end_of_the_stream_is_told_to_paho():
    taken, others = drink(Wire(Network(publish(), ended=True), five=False))
    assert (len(taken), others) == (1, [])


@pytest.mark.parametrize("stream", [b"\x32\xff\xff\xff\xff\x7f", b"\x32\x04\x00\x09ab"])
def test_what_is_no_mqtt_ends_the_connection(stream):
    wire = Wire(Network(stream), five=False)
    wire.fill()
    with pytest.raises((MalformedPacketError, IndexError)):
        wire.skim(lambda *_: None)


def test_what_the_network_does_not_take_waits():
    network = Network()
    network.room = 3
    wire = Wire(network, five=False)
    wire.send(b"abc")
    wire.send(b"def")
    assert not wire.flush()
    network.room = 100
    assert wire.flush()
    assert network.sent == b"abcdef"


def test_a_last_packet_leaves_before_the_close():
    network = Network()
    wire = Wire(network, five=False)
    wire.send(b"bye")
    wire.close()
    assert network.sent == b"bye<closed>"


def test_a_tls_socket_that_waits_is_no_error():
    class Tls(Network):
        def recv(self, size):
            raise ssl.SSLWantReadError

    wire = Wire(Tls(), five=False)
    wire.fill()
    assert not wire.skim(lambda *_: None)
