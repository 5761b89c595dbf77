"""The embedded broker's stream, trimmed to what somebody still waits for.

As MQTT creates it, the broker removes each message by itself once it is acknowledged, and writes
(with `sync_interval: always`: to the disk, at once) a record of that. Two fsyncs a message is what
limits a durable broker. Kept by limits instead, the same stream is cut in one stroke every few
seconds, up to the message that every session has acknowledged (ADR 14). Nothing that a session
still has to get is ever removed; where this thread does not run, the stream only grows.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import nats
from nats.errors import Error as NatsError

from devices.errors import Failed
from gateway.intake import broker_config as config
from gateway.intake.broker_asking import ask
from gateway.intake.broker_stream import STREAM, Stored, look

log = logging.getLogger(__name__)

TRIM_S = 5.0
HELD_BYTES = 1 << 30  # so much kept for one session is worth a warning


class Trimmer:
    """A thread of its own beside the broker that one owner starts and stops."""

    def __init__(self, endpoint: Callable[[], config.Endpoint], *, every_s: float = TRIM_S) -> None:
        self._endpoint, self._every_s = endpoint, every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="broker trimming", daemon=True)
        self._seen: tuple[int, int] = (0, 0)  # process of the broker, its newest message then
        self._told = False

    def start(self) -> None:
        """The first look is taken before this returns: from then on messages are kept by limits."""
        self._try()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(20)

    def turn(self) -> int:
        """Look and cut; up to which message it was cut (0: nothing to cut). Raises Failed."""
        endpoint = self._endpoint()
        stored = look(endpoint)
        if stored is None:
            return 0
        seen = self._seen[1] if self._seen[0] == endpoint.pid else 0
        self._seen = (endpoint.pid, stored.last)
        done = stored.done(seen)
        cut = done if done >= stored.first > 0 else 0
        self.warn(stored, done)
        if cut or not stored.by_limits:
            asyncio.run(_administer(endpoint, cut, by_limits=stored.by_limits))
        return cut

    def _keep(self) -> None:
        while not self._stopping.wait(self._every_s):
            self._try()

    def _try(self) -> None:
        try:
            self.turn()
        except (Failed, NatsError, OSError, TimeoutError) as error:
            # It is being restarted, or ends; what is kept waits for the next turn.
            if not self._stopping.is_set():
                log.warning("broker.untrimmed", extra={"problem": str(error)})

    def warn(self, stored: Stored, done: int) -> None:
        """Once, when a session that does not come back makes the broker keep everything."""
        held = stored.size > HELD_BYTES and stored.last - done > (stored.last - stored.first) // 2
        if held and not self._told and any(c.waiting for c in stored.consumers):
            log.warning("broker.held", extra={"by": stored.holding(), "bytes": stored.size})
        self._told = held


async def _administer(endpoint: config.Endpoint, cut: int, *, by_limits: bool) -> None:
    """Keep by limits from now on, and remove up to `cut`. Raises Failed where it refuses."""
    port = ask(endpoint, "varz")["port"]
    broker = await nats.connect(
        f"nats://127.0.0.1:{port}",
        user=config.GATEWAY_USER,
        password=endpoint.password,
        allow_reconnect=False,
        error_cb=_quiet,
    )
    try:
        if not by_limits:
            info = await _request(broker, "INFO", {})
            await _request(broker, "UPDATE", {**info["config"], "retention": "limits"})
        if cut:
            await _request(broker, "PURGE", {"seq": cut + 1})  # that one stays
    finally:
        await broker.close()


async def _request(broker: Any, what: str, body: dict[str, Any]) -> dict[str, Any]:
    subject = f"$JS.API.STREAM.{what}.{STREAM}"
    answer = await broker.request(subject, json.dumps(body).encode(), timeout=5)
    found: dict[str, Any] = json.loads(answer.data)
    if "error" in found:
        raise Failed("trim the broker", STREAM, found["error"]["description"], "Its log tells more")
    return found


async def _quiet(_: Exception) -> None:
    """What fails is raised where it was asked."""
