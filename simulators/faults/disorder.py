"""Messages that overtake each other: a network with delay."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import Field

from simulators.columns import Columns
from simulators.faults.fault import Fault, Layer, Memory, Target, share
from simulators.faults.form import FaultForm, Kind
from simulators.forms import Refuse, Share, SomeSpan
from simulators.homes.home import Home
from simulators.numbering import apart
from simulators.randomness import stream, uniform

DELAY_MS = 60_000


@dataclass(frozen=True, slots=True)
class Disorder(Fault):
    """A share of the messages is on its way for up to `delay_ms`."""

    layer: ClassVar[Layer] = Layer.NETWORK
    share: float = 0.1
    delay_ms: int = DELAY_MS

    def __post_init__(self) -> None:
        share(self.share, "disorder")

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Rows of one message stay together; their device time is right."""
        del memory
        keys = self.target.message_keys(columns, seed)
        late = self.target.sent(columns) & (uniform(keys, stream("late")) < self.share)
        delay = (uniform(keys, stream("late.by")) * self.delay_ms).astype(np.int64)
        return columns.altered(
            sent_at=columns.sent_at + np.where(late, delay, 0),
            message=np.where(late, apart(columns.message, columns.sent_at), columns.message),
        )


class DisorderForm(FaultForm):
    share: Share = Field(0.1, description="of the messages, `10 %`")
    delay: SomeSpan = Field(DELAY_MS, description="they are late by up to so much")


def _make(form: DisorderForm, target: Target, home: Home, refuse: Refuse) -> Disorder:
    del home, refuse
    return Disorder(target, form.share, form.delay)


KIND = Kind("disorder", "messages overtake each other", Disorder, DisorderForm, _make)
