"""Messages that are sent twice: a lost acknowledgement, a nervous mesh."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import Field

from simulators.columns import Columns, together
from simulators.faults.fault import Fault, Layer, Memory, Target, share
from simulators.faults.form import FaultForm, Kind
from simulators.forms import Refuse, Share, SomeSpan
from simulators.homes.home import Home
from simulators.numbering import apart
from simulators.randomness import stream, uniform

WITHIN_MS = 20_000


@dataclass(frozen=True, slots=True)
class Duplicates(Fault):
    """A share of the messages comes again, byte for byte, up to `within_ms` later."""

    layer: ClassVar[Layer] = Layer.NETWORK
    share: float = 0.1
    within_ms: int = WITHIN_MS

    def __post_init__(self) -> None:
        share(self.share, "duplicates")

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Rows of one message are repeated together."""
        del memory
        keys = self.target.message_keys(columns, seed)
        hit = self.target.sent(columns) & (uniform(keys, stream("again")) < self.share)
        again, keys = columns.where(hit), keys[hit]
        delay = 1 + (uniform(keys, stream("again.later")) * self.within_ms).astype(np.int64)
        again = again.altered(
            sent_at=again.sent_at + delay, message=apart(again.message, again.sent_at)
        )
        return together([columns, again])


class DuplicatesForm(FaultForm):
    share: Share = Field(0.1, description="of the messages, `10 %`")
    within: SomeSpan = Field(WITHIN_MS, description="the second comes at most so much later")


def _make(form: DuplicatesForm, target: Target, home: Home, refuse: Refuse) -> Duplicates:
    del home, refuse
    return Duplicates(target, form.share, form.within)


KIND = Kind("duplicates", "messages come twice", Duplicates, DuplicatesForm, _make)
