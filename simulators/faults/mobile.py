"""A mobile link: slow, and now and then a transmission is lost.

With QoS 1 nothing is lost in silence. What was not acknowledged is sent again, so that loss shows
as delay, and as a duplicate where only the acknowledgement was lost; the messages behind it wait.
Only a hub whose buffer is full loses something: the oldest message that still waits.
"""

from collections import deque
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from devices.errors import Refused
from simulators.columns import Columns, Ints, Mask, together
from simulators.faults.buffer import messages
from simulators.faults.fault import Fault, Layer, Memory, Target, share
from simulators.faults.form import FaultForm, Kind
from simulators.forms import Refuse, Share, SomeSpan
from simulators.homes.home import Home
from simulators.numbering import apart
from simulators.randomness import Floats, normal, stream, uniform

DELAY_MS = 400
RETRY_MS = 20_000
BUFFER = 1_000
LOSS = 0.02
_MOST_TRIES = 30
_SPREAD = 0.6  # of the logarithm of the delay: a twentieth takes 2.7 times the median and more
_CATCHES_UP_MS = 5  # between two messages that had waited when the link is good again


@dataclass(frozen=True, slots=True)
class Mobile(Fault):
    """Every message takes about `delay_ms`; a share `loss` of the transmissions is repeated."""

    layer: ClassVar[Layer] = Layer.LINE
    delay_ms: int = DELAY_MS
    loss: float = LOSS
    retry_ms: int = RETRY_MS
    buffer: int = BUFFER  # messages that may wait

    def __post_init__(self) -> None:
        share(self.loss, "mobile")
        if self.loss >= 1 or self.buffer < 1:
            raise Refused("lay a fault", "mobile", "nothing would ever arrive", "See `offline`")

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Messages leave in the order of making; device times stay what they were."""
        memory = memory or Memory()
        hit = self.target.sent(columns)
        waiting = together([memory.kept, columns.where(hit)])
        memory.kept = waiting.where(np.zeros(len(waiting), np.bool_))
        if not len(waiting):
            return columns
        number = messages(waiting)
        _, first = np.unique(number, return_index=True)
        made = waiting.sent_at[first]
        arrives, twice = self._tries(self.target.message_keys(waiting, seed)[first], made)
        leaves, dropped = self._queue(made, arrives, memory.numbers.get((0,), 0))
        leaves = self._recovered(leaves, dropped)
        gone = dropped | (leaves < memory.until)
        left = np.flatnonzero(gone & ~dropped)
        if len(left):
            memory.numbers[0,] = int(leaves[left].max())
        memory.kept = waiting.where(~gone[number])
        sent = (gone & ~dropped)[number]
        told = waiting.where(sent)
        told = told.altered(sent_at=leaves[number[sent]], message=apart(told.message, told.sent_at))
        again = sent & twice[number]
        earlier = np.maximum(made, leaves - self.retry_ms)[number[again]]
        copies = waiting.where(again)
        copies = copies.altered(sent_at=earlier, message=apart(copies.message, copies.sent_at + 1))
        return together([columns.where(~hit), told, copies])

    def _tries(
        self, keys: np.ndarray[tuple[int], np.dtype[np.uint64]], made: Ints
    ) -> tuple[Ints, Mask]:
        """When each is acknowledged if nothing is before it, and whether it arrives twice."""
        slow = self.delay_ms * np.exp(_SPREAD * normal(keys, stream("mobile.delay")))
        lost: Floats = np.zeros(len(keys))
        if self.loss > 0:
            drawn = np.maximum(uniform(keys, stream("mobile.loss")), 2.0**-53)
            lost = np.minimum(np.floor(np.log(drawn) / np.log(self.loss)), _MOST_TRIES)
        twice = (lost > 0) & (uniform(keys, stream("mobile.ack")) < 0.5)
        arrives: Ints = made + 1 + (slow + lost * self.retry_ms).astype(np.int64)
        return arrives, twice

    def _queue(self, made: Ints, arrives: Ints, last: int) -> tuple[Ints, Mask]:
        """When each leaves, none before the one ahead of it; and which gave way."""
        leaves = np.maximum.accumulate(np.maximum(arrives, last))
        ahead = np.arange(len(made)) + 1 - np.searchsorted(leaves, made, "right")
        if ahead.max() <= self.buffer:
            return leaves, np.zeros(len(made), np.bool_)
        return self._overflowing(made, arrives, last)

    def _overflowing(self, made: Ints, arrives: Ints, last: int) -> tuple[Ints, Mask]:
        """As `_queue`, message by message, for a buffer that runs over."""
        leaves, dropped = np.zeros(len(made), np.int64), np.zeros(len(made), np.bool_)
        queue: deque[int] = deque()

        def leave(number: int) -> int:
            leaves[number] = max(int(arrives[number]), last)
            return int(leaves[number])

        for number, now in enumerate(made.tolist()):
            while queue and max(int(arrives[queue[0]]), last) <= now:
                last = leave(queue.popleft())
            queue.append(number)
            if len(queue) > self.buffer:
                dropped[queue.popleft()] = True
        for number in queue:
            last = leave(number)
        return leaves, dropped

    def _recovered(self, leaves: Ints, dropped: Mask) -> Ints:
        """With the end of the fault all that still waits leaves, one after the other."""
        late = np.flatnonzero(~dropped & (leaves > self.target.end))
        recovered = leaves.copy()
        catching_up = self.target.end + np.arange(len(late), dtype=np.int64) * _CATCHES_UP_MS
        recovered[late] = np.minimum(leaves[late], catching_up)
        return recovered


class MobileForm(FaultForm):
    delay: SomeSpan = Field(DELAY_MS, description="that half of the messages take at most")
    loss: Share = Field(LOSS, description="of the transmissions, each repeated, `2 %`")
    retry: SomeSpan = Field(RETRY_MS, description="until what was lost is sent again")
    buffer: int = Field(BUFFER, ge=1, le=10_000_000, description="messages that may wait")

    @model_validator(mode="after")
    def _some_arrive(self) -> "MobileForm":
        if self.loss >= 1:
            raise ValueError("with a loss of 100 % nothing ever arrives; that is `offline`")
        return self


def _make(form: MobileForm, target: Target, home: Home, refuse: Refuse) -> Mobile:
    del home, refuse
    return Mobile(target, form.delay, form.loss, form.retry, form.buffer)


KIND = Kind(
    "mobile",
    "a mobile link: delay, loss, repetition",
    Mobile,
    MobileForm,
    _make,
    frozenset({"burst", "offline", "unreachable"}),
    whole_home=True,
)
