"""The tree that a rule file stands for: operators above, sources of readings below."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from devices.errors import Spoken
from devices.signals import Signal
from rules.quantity import (
    MANY,
    MINUTE,
    Argument,
    Counts,
    Difference,
    Dimension,
    Duration,
    Hundredths,
    Rate,
    Total,
    Whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rules.operators.machine import Operator


@dataclass(frozen=True, slots=True)
class SignalRef:
    """`signal[@place]`; place None means wherever it is measured."""

    signal: str
    place: str | None = None

    def __str__(self) -> str:
        return self.signal if self.place is None else f"{self.signal}@{self.place}"


class Counted(StrEnum):
    """What the integer of a number-valued node counts."""

    VALUE = "value"  # a signal's resolution
    RISE = "rise"  # a difference of two such values that is never negative
    DIFFERENCE = "difference"  # … of either sign
    TOTAL = "total"  # a sum of such values
    RATE = "rate"  # hundredths of a signal's resolution, per day
    NUMBER = "number"  # how many, how often, how many points
    LENGTH = "length"  # ms
    DEVIATION = "deviation"  # hundredths of the usual spread


_UNITLESS: Mapping[Counted, Dimension] = MappingProxyType(
    {
        Counted.NUMBER: Whole(0, MANY),
        Counted.LENGTH: Duration(low=0, step=MINUTE),
        Counted.DEVIATION: Hundredths(),
    }
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number-valued node counts, and of which signal where it is one signal's."""

    signal: Signal | None
    counted: Counted = Counted.VALUE
    least: bool = False  # what was not heard is not in it: it can only be too little

    def limit(self) -> Dimension:
        """What it can be compared with. Raises ValueError for a state, which is no number."""
        signal = self.signal
        if signal is None:
            return _UNITLESS[self.counted]
        if signal.words:
            raise ValueError(Spoken("{name} is a state, not a number", name=signal.name))
        match self.counted:
            case Counted.RISE:
                return Difference(signal)
            case Counted.DIFFERENCE:
                return Difference(signal, signed=True)
            case Counted.TOTAL:
                return Total(signal)
            case Counted.RATE:
                return Rate(signal)
        return Counts(signal)

    def distance(self) -> Dimension:
        """How far two such numbers can lie apart."""
        limit = self.limit()
        if isinstance(limit, Counts | Difference):
            assert self.signal is not None
            return Difference(self.signal)
        return limit


@dataclass(frozen=True, slots=True)
class Use:
    """A named expression where it is used: what sentences call it, with what it was given."""

    name: str  # as in rules.file.named
    arguments: tuple[Argument, ...]  # one for each of its inputs that is a number
    places: tuple[tuple[str, str], ...]  # (input, place)


@dataclass(frozen=True, slots=True)
class Node:
    """One operator with its arguments and inputs; a child's position is its port."""

    operator: "Operator"
    arguments: tuple[Argument, ...]
    children: "tuple[Node | SignalRef, ...]"
    line: int  # in the rule file
    measure: Measure | None = None  # None: a truth
    use: "Use | None" = None  # of the named expression that stands here; it changes no meaning

    def walk(self) -> "Iterator[Node]":
        """Children before parents."""
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()
        yield self

    def argument(self, name: str) -> Argument:
        return next(argument for argument in self.arguments if argument.name == name)

    def canonical(self) -> str:
        """The same text for the same meaning, wherever it stands in the file."""
        inner = [f"{a.name}={a.value}" for a in self.arguments]
        inner += [c.canonical() if isinstance(c, Node) else str(c) for c in self.children]
        return f"{self.operator.word}/{self.operator.version}({','.join(inner)})"
