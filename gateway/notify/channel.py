"""What a channel is: how a person is reached. One file a channel; one contract suite for all.

A message names no person, place, signal or rule: "NOW: alert K7Q2. Open to see."
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.alerts.episodes import Priority


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said. `key` is stable over all tries; `repeat`: one may have come already."""

    key: str
    alert_id: int
    code: str
    site: str
    priority: Priority
    purpose: str  # "raised", "again"
    repeat: bool


class Result(StrEnum):
    """What became of a try."""

    SENT = "sent"
    RETRY = "retry"  # certainly not delivered; may work later
    UNSURE = "unsure"  # timed out: perhaps delivered; sent again, marked as a repeat
    REFUSED = "refused"  # will never work: a wrong number, a revoked key


@dataclass(frozen=True, slots=True)
class Tried:
    """A try, with words for the timeline: never a secret, never anything clinical."""

    result: Result
    detail: str = ""


class Channel(Protocol):
    """Sends. Must return within its own time-out and must not raise for what the world does."""

    @property
    def name(self) -> str:
        """As it stands in outbox rows."""
        ...

    def send(self, message: Message) -> Tried: ...
