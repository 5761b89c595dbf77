"""Hears what a broker passes on, and leaves no trace there: a clean session, nothing to resume.

For `homecare record`. What is lost while it is away is lost to it; it says when that was.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from devices.errors import Failed, Refused
from gateway.mqtt.address import Address
from gateway.mqtt.wire import identify

log = logging.getLogger(__name__)

KEEPALIVE_S = 30


class Heard(NamedTuple):
    """One message as the broker handed it over."""

    topic: str
    payload: bytes
    qos: int
    retained: bool  # it lay there before; a new one never says so
    properties: Mapping[str, Any]  # of MQTT 5, by their names


class Listener:
    """One connection with its own thread; connects again by itself."""

    def __init__(
        self,
        address: Address,
        topics: Sequence[str],
        hear: Callable[[Heard], None],
        lost: Callable[[str], None],
    ) -> None:
        """`hear` and `lost` are called in the network's thread."""
        five = address.protocol == "5"
        self._address, self._topics, self._hear, self._lost = address, tuple(topics), hear, lost
        self._settled = threading.Event()
        self._refused = ""
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id="",  # the broker makes one up
            protocol=paho.MQTTv5 if five else paho.MQTTv311,
        )
        identify(self._client, address)
        self._client.reconnect_delay_set(1, 5)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    def connect(self, timeout: float = 10.0) -> Self:
        """Raises Refused where the broker does not let us listen, Failed where none answers."""
        try:
            self._client.connect(self._address.host, self._address.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            hint = "Check address, TLS and that the broker runs there"
            raise Failed("listen", self._address.url, str(error), hint) from error
        self._client.loop_start()
        if not self._settled.wait(timeout) or self._refused:
            problem = self._refused or "the broker does not answer"
            self.close()
            kind = Refused if self._refused else Failed
            raise kind("listen", self._address.url, problem, "Check user, password and topics")
        return self

    def close(self) -> None:
        """Say goodbye; the broker keeps nothing for us."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: Any, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            self._refused = f"the broker refused: {reason}"
            self._settled.set()
            return
        client.subscribe([(topic, 1) for topic in self._topics])

    def _on_subscribe(self, _: Any, __: Any, ___: Any, reasons: Any, ____: Any) -> None:
        denied = [t for t, reason in zip(self._topics, reasons, strict=False) if reason.is_failure]
        if denied:
            self._refused = f"the broker refused the subscription to {', '.join(denied)}"
        self._settled.set()

    def _on_disconnect(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        if reason.is_failure and self._settled.is_set() and not self._refused:
            self._lost(str(reason))

    def _on_message(self, _: Any, __: Any, message: Any) -> None:
        """Never raises: an exception here would end the network's thread without a word."""
        try:
            five = getattr(message, "properties", None)
            told = {} if five is None else dict(five.json())
            self._hear(
                Heard(
                    message.topic,
                    bytes(message.payload),
                    int(message.qos),
                    bool(message.retain),
                    told,
                )
            )
        except UnicodeDecodeError:
            log.warning("mqtt.topic_no_text")
        except Exception:
            log.exception("mqtt.hear")
