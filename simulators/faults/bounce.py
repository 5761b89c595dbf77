"""A contact that chatters: each change is told several times, to and fro."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from devices.errors import Refused
from simulators.columns import NAMES, SIGNAL_INDEX, UNTIMED, Columns, Ints, Mask, together
from simulators.faults.fault import Fault, Layer, Memory, Target
from simulators.faults.form import FaultForm, Kind
from simulators.forms import Refuse, SomeSpan
from simulators.homes.home import Home
from simulators.homes.models import model
from simulators.numbering import apart
from simulators.randomness import stream, uniform

CONTACTS = ("door", "chair", "bed", "water")
WITHIN_MS = 400
MOST = 4


@dataclass(frozen=True, slots=True)
class Bounce(Fault):
    """After a change the contact goes back and forth up to `most` times; the end is the truth."""

    layer: ClassVar[Layer] = Layer.SENSOR
    most: int = MOST
    within_ms: int = WITHIN_MS

    def __post_init__(self) -> None:
        if self.most < 1 or self.within_ms < 2 * self.most:
            problem = f"{self.most} times within {self.within_ms} ms is no chatter"
            raise Refused("lay a fault", "bounce", problem, "At least once, each at least 2 ms")

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Rows are added, none is lost; a heartbeat that repeats the state does not chatter."""
        hit = self.target.rows(columns)
        hit &= np.isin(columns.signal, [SIGNAL_INDEX[name] for name in CONTACTS])
        turned = columns.where(self._changes(columns, hit, memory or Memory()))
        keys = self.target.keys(turned, seed)
        times = 1 + (uniform(keys, stream("bounce")) * self.most).astype(np.int64)
        place = np.repeat(np.arange(len(turned)), 2 * times)
        nth = np.arange(len(place)) - np.repeat(np.cumsum(2 * times) - 2 * times, 2 * times)
        after = (nth + 1) * (self.within_ms // (2 * self.most))
        told = Columns(*(getattr(turned, name)[place] for name in NAMES))
        told = told.altered(
            x=np.where(nth % 2 == 0, 1 - told.x, told.x),
            at=np.where(told.at == UNTIMED, told.at, told.at + after),
            sent_at=told.sent_at + after,
            message=apart(told.message, told.sent_at + nth),
        )
        return together([columns, told])

    @staticmethod
    def _changes(columns: Columns, hit: Mask, memory: Memory) -> Mask:
        """Rows whose state is another than that of the row before; a calm contact rests at 0."""
        place = np.flatnonzero(hit)
        who = columns.device[place] * 1024 + columns.signal[place]
        order = np.lexsort((columns.x[place], columns.sent_at[place], who))
        place, who = place[order], who[order]
        x = columns.x[place]
        before: Ints = np.zeros(len(x), np.int64)
        before[1:] = x[:-1]
        begins = np.ones(len(x), np.bool_)
        begins[1:] = who[1:] != who[:-1]
        for first in np.flatnonzero(begins).tolist():
            before[first] = memory.numbers.get((int(who[first]),), 0)
        for last in np.flatnonzero(np.roll(begins, -1)).tolist():
            memory.numbers[int(who[last]),] = int(x[last])
        changed = np.zeros(len(columns), np.bool_)
        changed[place] = x != before
        return changed


class BounceForm(FaultForm):
    times: int = Field(MOST, ge=1, le=50, description="at most so often to and fro at each change")
    within: SomeSpan = Field(WITHIN_MS, description="until the contact rests")


def _make(form: BounceForm, target: Target, home: Home, refuse: Refuse) -> Bounce:
    contacts = tuple(
        index
        for index in target.devices or range(len(home.devices))
        if set(model(home.devices[index].model, home.models).signals) & set(CONTACTS)
    )
    if not contacts:
        refuse("devices", "none of them is a contact", "Name one that says door, chair or bed")
    try:
        return Bounce(replace(target, devices=contacts), form.times, form.within)
    except Refused as error:
        refuse("within", error.problem, error.hint)


KIND = Kind(
    "bounce", "contacts chatter", Bounce, BounceForm, _make, frozenset({"silence", "stuck"})
)
