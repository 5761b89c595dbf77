"""What a subscriber hands on, takes back, and tells of itself."""

from dataclasses import dataclass
from typing import NamedTuple


class Ticket(NamedTuple):
    """What acknowledges one message: worthless in any other epoch."""

    epoch: int
    mid: int


class Delivery(NamedTuple):
    """One message as it came."""

    topic: str
    payload: bytes
    retained: bool
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Link:
    """How the connection stands."""

    connected: bool  # and subscribed
    epoch: int
    caught_up: bool  # this epoch's first probe came back: what waited before it has arrived
    lag_s: float  # how long a message now takes through the broker
    probed_at: float | None  # monotonic seconds of the last probe that came back
    problem: str  # why it is not connected; empty: it is
    faults: int  # messages whose handler raised
    alive: bool  # the network thread runs
