"""A session that exists before anybody needs it."""

import threading
from collections.abc import Sequence

from devices.errors import Failed
from gateway.clock import Clock
from gateway.mqtt.address import Address
from gateway.mqtt.subscriber import Subscriber


def prepare_session(
    address: Address, client_id: str, topics: Sequence[str], clock: Clock, timeout: float = 10.0
) -> None:
    """Create the gateway's session and leave, so that no device publishes before it exists.

    Raises Failed.
    """
    ready = threading.Event()
    subscriber = Subscriber(
        lambda: address,
        client_id,
        topics,
        None,  # a probe that nobody acknowledges would wait for the gateway
        lambda _: None,
        on_session=lambda _: ready.set(),
        clock=clock,
    )
    subscriber.start()
    try:
        if not ready.wait(timeout):
            raise Failed(
                "create the session",
                address.url,
                subscriber.link().problem,
                "Check that the broker runs and knows the gateway's user",
            )
    finally:
        subscriber.stop()
