"""What a hub among many is told, what is counted, and how its socket is made.

`hub.py` is the connection itself.
"""

import socket
import ssl
from collections import deque
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from gateway.mqtt.address import Address
from gateway.mqtt.wire import Client, Wire, context_of


class Message(NamedTuple):
    """To be published with QoS 1. `due`: monotonic seconds at which it should have gone out."""

    topic: str
    payload: bytes
    retain: bool
    due: float


class Step(Enum):
    """What else a hub can be told, in the order of its messages."""

    CONNECT = "connect"
    DROP = "drop"  # without a word: the broker publishes the will


@dataclass
class Tally:
    """What the hubs of a fleet did together; written by the loop alone."""

    done: int = 0  # of what was handed in: acknowledged, carried out, or given up
    acknowledged: int = 0
    rejected: int = 0  # acknowledged with a reason why not (MQTT 5)
    lost: int = 0  # fell out of a full buffer
    # seconds from due to acknowledged, of the newest
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=20_000))


class Line(Client):
    """paho's client over a socket that is open already."""

    opened: Any = None

    def _create_socket(self) -> Any:
        return Wire(self.opened, five=self._five)


@lru_cache(maxsize=16)
def resolved(host: str, port: int) -> tuple[int, int, int, Any]:
    """The first address of a host: asked once, not once for each of a thousand hubs."""
    family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return family, kind, protocol, where


def tls_of(address: Address) -> ssl.SSLContext:
    """Made once for all hubs of a broker: reading the authorities takes milliseconds."""
    file = address.pinned or address.authority
    changed = file.stat().st_mtime_ns if file is not None else 0
    return _shared(replace(address, username=None, password=None), changed)


@lru_cache(maxsize=16)
def _shared(address: Address, _changed: int) -> ssl.SSLContext:
    return context_of(address)


def nothing(*_: Any) -> None:
    """A hub subscribes to nothing."""
