"""The tree that a rule file stands for: operators above, sources of readings below."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from devices.signals import Signal
from rules.quantity import Argument

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


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number-valued node counts: a signal's resolution, or a difference of such counts."""

    signal: Signal
    difference: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One operator with its arguments and inputs; a child's position is its port."""

    operator: "Operator"
    arguments: tuple[Argument, ...]
    children: "tuple[Node | SignalRef, ...]"
    line: int  # in the rule file
    measure: Measure | None = None  # None: a truth

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
