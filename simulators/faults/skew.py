"""A device clock that is wrong: fast, slow, or fallen back to 1970."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from devices.errors import Refused
from simulators.columns import UNTIMED, Columns
from simulators.faults.fault import Fault, Layer, Memory, Target
from simulators.faults.form import FaultForm, Kind
from simulators.forms import Refuse, YesNo, span
from simulators.homes.home import Home


@dataclass(frozen=True, slots=True)
class Skew(Fault):
    """The device's time is `by_ms` off (negative: slow), or counts from 1970 after a reset."""

    layer: ClassVar[Layer] = Layer.CLOCK
    by_ms: int = 0
    reset: bool = False

    def __post_init__(self) -> None:
        if (self.by_ms != 0) == self.reset:
            raise Refused(
                "lay a fault", "skew", "by_ms and reset exclude each other", "Give one of them"
            )

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Only what the device says of the time; it is sent when it was."""
        del seed, memory
        hit = self.target.rows(columns) & (columns.at != UNTIMED)
        wrong = columns.at - self.target.start if self.reset else columns.at + self.by_ms
        return columns.altered(at=np.where(hit, np.maximum(wrong, 0), columns.at))


def _signed(raw: Any) -> int:
    text = str(raw)
    return -span(text[1:]) if text.startswith("-") else span(text)


class SkewForm(FaultForm):
    by: Annotated[int, BeforeValidator(_signed)] | None = Field(
        None, description="how far ahead the clock is, `90 s`; behind: `-90 s`"
    )
    reset: YesNo = Field(False, description="`yes`: it begins again at 1970, in place of `by`")

    @model_validator(mode="after")
    def _one(self) -> "SkewForm":
        if self.reset and self.by is not None:
            raise ValueError("`by` and `reset` exclude each other; give one of them")
        if not self.reset and not self.by:
            raise ValueError("say how it is wrong: `by: 90 s` or `reset: yes`")
        return self


def _make(form: SkewForm, target: Target, home: Home, refuse: Refuse) -> Skew:
    del home, refuse
    return Skew(target, form.by or 0, form.reset)


KIND = Kind(
    "skew", "device clocks are wrong, or fall back to 1970", Skew, SkewForm, _make,
    frozenset({"silence"}),
)  # fmt: skip
