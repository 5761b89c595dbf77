"""What the embedded broker keeps of published messages, and what each session has had of them.

Read from its monitoring page, from any process of this machine.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateway.intake import broker_config as config
from gateway.intake import topics
from gateway.intake.broker_asking import ask

STREAM = "$MQTT_msgs"
PAGE = "jsz?consumers=true&config=true&limit=10000"


@dataclass(frozen=True, slots=True)
class Consumer:
    """One session's subscription, as the broker keeps it."""

    name: str
    filter: str  # the subscription's topics, as the stream's subjects
    acknowledged: int  # every message up to here that it wants is acknowledged
    unacknowledged: int  # delivered once, waiting for an acknowledgement or for `ack_wait`
    undelivered: int

    @property
    def waiting(self) -> int:
        """Messages that it still has to get, or to acknowledge."""
        return self.unacknowledged + self.undelivered

    def has_had(self, message: int) -> bool:
        """Whether everything up to that message is acknowledged, whatever has come since."""
        return self.waiting == 0 or self.acknowledged >= message


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the broker holds for the gateway."""

    unacknowledged: int
    undelivered: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What the broker keeps of published messages."""

    by_limits: bool
    first: int
    last: int
    size: int  # bytes
    consumers: tuple[Consumer, ...]

    def done(self, seen_before: int) -> int:
        """The message up to which nobody waits for any.

        seen_before: the newest message at an *earlier* look. Who waits for nothing now has all
        messages up to that one; how the broker reads its counters in one look does not matter.
        """
        floors = [c.acknowledged if c.waiting else seen_before for c in self.consumers]
        return min([*floors, seen_before]) if floors else 0

    def holding(self) -> str:
        """The session that holds the most."""
        return min((c for c in self.consumers if c.waiting), key=lambda c: c.acknowledged).name

    def of_gateway(self) -> Iterable[Consumer]:
        """The gateway's own subscriptions."""
        wanted = {f"$MQTT.msgs.{config.subject(topic)}" for topic in topics.SUBSCRIPTIONS}
        return [one for one in self.consumers if one.filter in wanted]


def look(endpoint: config.Endpoint) -> Stored | None:
    """None before the first session. Raises Failed where the broker does not answer."""
    for account in ask(endpoint, PAGE).get("account_details", []):
        for stream in account.get("stream_detail", []):
            if stream["name"] == STREAM:
                return _stored(stream)
    return None


def backlog(endpoint: config.Endpoint) -> Backlog:
    """What waits for the gateway. Raises Failed."""
    stored = look(endpoint)
    own = [] if stored is None else list(stored.of_gateway())
    return Backlog(sum(c.unacknowledged for c in own), sum(c.undelivered for c in own))


def _stored(stream: dict[str, Any]) -> Stored:
    state = stream["state"]
    return Stored(
        by_limits=stream["config"]["retention"] == "limits",
        first=state["first_seq"],
        last=state["last_seq"],
        size=state["bytes"],
        consumers=tuple(
            Consumer(
                one["name"],
                one.get("config", {}).get("filter_subject", ""),
                one["ack_floor"]["stream_seq"],
                one["num_ack_pending"],
                one["num_pending"],
            )
            for one in stream.get("consumer_detail") or []
        ),
    )
