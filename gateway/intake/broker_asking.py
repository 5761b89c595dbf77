"""What is asked and told of the embedded broker, from any process of this machine."""

import json
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

from devices.errors import Failed
from gateway.config import Settings
from gateway.intake import broker_config as config
from gateway.intake import topics
from gateway.intake.broker_process import runs_here
from gateway.registry import Credential

RELOAD_LOOKS = 250  # of 20 ms


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the broker holds for the gateway."""

    unacknowledged: int  # delivered once, waiting for an acknowledgement or for `ack_wait`
    undelivered: int


def reload(settings: Settings, credentials: Sequence[Credential]) -> None:
    """From any process: new users and rights for the broker that runs on this data folder.

    Returns once they hold. Raises Failed where no broker runs there.
    """
    endpoint = config.read_endpoint(settings)
    where = config.folder(settings)
    config.write_private(where / "users.conf", config.users_text(endpoint.password, credentials))
    if not runs_here(endpoint.pid, where):
        raise Failed(
            "reload the broker", f"process {endpoint.pid}", "it does not run", "It starts with them"
        )
    before = ask(endpoint, "varz")["config_load_time"]
    os.kill(endpoint.pid, signal.SIGHUP)
    pause = threading.Event()
    for _ in range(RELOAD_LOOKS):
        if ask(endpoint, "varz")["config_load_time"] != before:
            return
        pause.wait(0.02)
    raise Failed("reload the broker", endpoint.log, "it did not take over", "Its log tells why")


def backlog(endpoint: config.Endpoint) -> Backlog:
    """What waits for the gateway, by the broker's monitoring page. Raises Failed."""
    wanted = {
        f"$MQTT.msgs.{config.subject(topic)}"
        for topic in (topics.READINGS, topics.URGENT, topics.STATUS)
    }
    page = ask(endpoint, "jsz?consumers=true&config=true&limit=10000")
    pending = undelivered = 0
    for account in page.get("account_details", []):
        for stream in account.get("stream_detail", []):
            for consumer in stream.get("consumer_detail") or []:
                if consumer.get("config", {}).get("filter_subject") in wanted:
                    pending += consumer["num_ack_pending"]
                    undelivered += consumer["num_pending"]
    return Backlog(pending, undelivered)


def ask(endpoint: config.Endpoint, page: str) -> dict[str, Any]:
    """A page of the broker's monitoring. Raises Failed where it does not answer."""
    url = f"http://127.0.0.1:{endpoint.monitor}/{page}"
    try:
        with urlopen(url, timeout=5) as answer:  # our own child on loopback
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, ValueError) as error:
        raise Failed("ask the broker", url, str(error), "Check that it runs") from error
