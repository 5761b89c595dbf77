"""A publisher at QoS 1: for `homecare send`, ticks, and the simulators' hubs.

What is not yet acknowledged lives in memory only: what must arrive belongs in an outbox.
"""

import contextlib
import socket
import threading
from dataclasses import dataclass
from typing import Any, Self

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from devices.errors import Failed, Refused
from gateway.mqtt.address import Address
from gateway.mqtt.wire import identify

KEEPALIVE_S = 30
INFLIGHT = 1_000


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes when this client vanishes."""

    topic: str
    payload: bytes
    retain: bool = True


class Receipt:
    """A message on its way. `problem` says why a broker of MQTT 5 refused it."""

    __slots__ = ("_moved", "done", "problem")

    def __init__(self, moved: threading.Condition) -> None:
        self._moved = moved
        self.done = False
        self.problem = ""

    def wait(self, timeout: float) -> bool:
        """Whether the broker acknowledged within `timeout` seconds."""
        with self._moved:
            return self._moved.wait_for(lambda: self.done, timeout)


class Publisher:
    """One connection with its own thread; connects again by itself and sends again what it must."""

    def __init__(self, address: Address, client_id: str = "", will: Will | None = None) -> None:
        five = address.protocol == "5"
        self._address = address
        self._answered = threading.Event()
        self._refused = ""
        self._moved = threading.Condition(threading.RLock())
        self._waiting: dict[int, Receipt] = {}
        self._early: dict[int, str] = {}  # acknowledged before `publish` could note the message
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=paho.MQTTv5 if five else paho.MQTTv311,
        )
        identify(self._client, address)
        self._client.max_inflight_messages_set(INFLIGHT)
        self._client.reconnect_delay_set(1, 5)
        if will is not None:
            self._client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish

    def connect(self, timeout: float = 10.0) -> Self:
        """Raises Refused where the broker does not know the user, Failed where none answers."""
        try:
            self._client.connect(self._address.host, self._address.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise Failed(
                "connect", self._address.url, str(error), "Check that the broker runs there"
            ) from error
        self._client.loop_start()
        if not self._answered.wait(timeout) or self._refused:
            problem = self._refused or "the broker does not answer"
            self.close()
            kind = Refused if self._refused else Failed
            raise kind("connect", self._address.url, problem, "Check user and password")
        return self

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> Receipt:
        """At QoS 1; returns at once. Sent as soon as there is a connection."""
        receipt = Receipt(self._moved)
        # Not under our lock: paho holds its own while it tells us of an acknowledgement.
        mid = self._client.publish(topic, payload, qos=1, retain=retain).mid
        with self._moved:
            if mid in self._early:
                receipt.done, receipt.problem = True, self._early.pop(mid)
            else:
                self._waiting[mid] = receipt
        return receipt

    @property
    def unacknowledged(self) -> int:
        """Messages that the broker has not acknowledged."""
        return len(self._waiting)

    def flush(self, timeout: float) -> bool:
        """Whether all that was published is acknowledged within `timeout` seconds."""
        with self._moved:
            return self._moved.wait_for(lambda: not self._waiting, timeout)

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected())

    def close(self) -> None:
        """Say goodbye: no will is published."""
        self._client.disconnect()
        self._client.loop_stop()

    def drop(self) -> None:
        """Vanish without a word, as when the power fails: the broker publishes the will."""
        sock: Any = self._client.socket()
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._client.disconnect()  # its packet can no longer leave; it only ends paho's loop
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_connect(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self._refused = str(reason) if reason.is_failure else ""
        self._answered.set()

    def _on_publish(self, _: Any, __: Any, mid: int, reason: Any, ___: Any) -> None:
        problem = str(reason) if reason.is_failure else ""
        with self._moved:
            receipt = self._waiting.pop(mid, None)
            if receipt is None:
                self._early[mid] = problem
            else:
                receipt.done, receipt.problem = True, problem
            self._moved.notify_all()
