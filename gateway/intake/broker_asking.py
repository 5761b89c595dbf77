"""What is asked and told of the embedded broker, from any process of this machine."""

import json
import os
import signal
import threading
from collections.abc import Sequence
from typing import Any
from urllib.request import urlopen

from devices.errors import Failed
from gateway.config import Settings
from gateway.intake import broker_config as config
from gateway.intake.broker_process import runs_here
from gateway.registry import Credential

RELOAD_LOOKS = 250  # of 20 ms


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


def ask(endpoint: config.Endpoint, page: str) -> dict[str, Any]:
    """A page of the broker's monitoring. Raises Failed where it does not answer."""
    url = f"http://127.0.0.1:{endpoint.monitor}/{page}"
    try:
        with urlopen(url, timeout=5) as answer:  # our own child on loopback
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, ValueError) as error:
        raise Failed("ask the broker", url, str(error), "Check that it runs") from error
