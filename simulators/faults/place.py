"""Sensors in the wrong place: two of them exchanged, or one hung up in another room."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from simulators.columns import SIGNAL_INDEX, UNTIMED, Columns, Mask, together
from simulators.faults.fault import Fault, Layer, Memory, Target
from simulators.faults.form import FaultForm, Kind
from simulators.forms import Refuse, known
from simulators.homes.home import Home
from simulators.randomness import stream, uniform

_OWN = ("battery", "link_quality")  # these tell of the device itself, wherever it hangs
_APART_MS = 1_500  # two sensors in a room do not see the same at the same millisecond


def _sensed(columns: Columns) -> Mask:
    return ~np.isin(columns.signal, [SIGNAL_INDEX[name] for name in _OWN])


@dataclass(frozen=True, slots=True)
class Swapped(Fault):
    """Two devices stand in each other's place: each says what the other should."""

    layer: ClassVar[Layer] = Layer.SENSOR

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """As many rows as before. The target's two devices exchange what they sense."""
        del seed, memory
        one, other = self.target.devices
        hit = self.target.rows(columns) & _sensed(columns)
        theirs = np.where(columns.device == one, other, one)
        return columns.altered(device=np.where(hit, theirs, columns.device))


@dataclass(frozen=True, slots=True)
class Moved(Fault):
    """A device hangs where another of its model does, and senses what that one senses."""

    layer: ClassVar[Layer] = Layer.SENSOR
    like: int = 0  # index of the device that stands there

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """Nobody hears any more what it would have sensed in its own place."""
        del memory
        (moved,) = self.target.devices
        sensed = _sensed(columns)
        there = replace(self.target, devices=(self.like,))
        seen = columns.where(there.rows(columns) & sensed)
        later = (uniform(there.keys(seen, seed), stream("place")) * _APART_MS).astype(np.int64)
        seen = seen.altered(
            device=np.full(len(seen), moved, np.int64),
            at=np.where(seen.at == UNTIMED, seen.at, seen.at + later),
            sent_at=seen.sent_at + later,
        )
        return together([columns.where(~(self.target.rows(columns) & sensed)), seen])


class MovedForm(FaultForm):
    to: str = Field(description="the place or id of the device beside which it hangs, `kitchen`")


def _swapped(form: FaultForm, target: Target, home: Home, refuse: Refuse) -> Swapped:
    if len(target.devices) != 2:
        refuse("devices", f"{len(target.devices)} devices cannot be exchanged", "Name two")
    one, other = (home.devices[index] for index in target.devices)
    if one.model != other.model:
        refuse("devices", f"a {one.model} and a {other.model} do not exchange", "Two of a model")
    del form
    return Swapped(target)


def _moved(form: MovedForm, target: Target, home: Home, refuse: Refuse) -> Moved:
    if len(target.devices) != 1:
        refuse(
            "devices", f"{len(target.devices)} devices are not one", "Name the one that is moved"
        )
    own = home.devices[target.devices[0]]
    alike = [
        (index, one)
        for index, one in enumerate(home.devices)
        if one.model == own.model and one is not own
    ]
    known(form.to, {word for _, one in alike for word in (one.place, one.id)}, refuse, "to")
    like = next(index for index, one in alike if form.to in {one.place, one.id})
    return Moved(target, like)


SWAPPED = Kind(
    "swapped", "two devices in each other's place", Swapped, FaultForm, _swapped,
    frozenset({"silence", "moved"}),
)  # fmt: skip
MOVED = Kind(
    "moved", "a device in another room", Moved, MovedForm, _moved, frozenset({"silence", "swapped"})
)
