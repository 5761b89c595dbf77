"""How far one number stands above another: of one signal, or of two with one unit and resolution.

Unknown if either is. Both are counts below 2^53, so their difference is below 2^54.
"""

from typing import TYPE_CHECKING, Any

from devices.errors import Spoken
from devices.signals import Signal
from rules.operators.machine import (
    NEVER,
    Form,
    Operator,
    State,
    U,
    as_children,
    no_arguments,
    no_lookback,
    no_span,
)
from rules.tree import Counted, Measure, Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

VALUE, LESS = 0, 1  # ports, and s


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[port] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[VALUE] == U or s[LESS] == U:
        return U, NEVER
    return s[VALUE] - s[LESS], NEVER


class Difference(Form):
    value: Any
    less: Any


def build(form: Difference, maker: "Maker") -> Node:
    value, less = maker.number(form.value, "value"), maker.number(form.less, "less")
    signal = _value_of(value)
    other = _value_of(less)
    if signal is None or other is None or (signal.unit, signal.scale) != (other.unit, other.scale):
        raise maker.refused(
            Spoken("these are not two values that can be taken from each other"),
            Spoken("Both are values of signals with one unit and resolution"),
            path=("less",),
        )
    return maker.node([], [value, less], Measure(signal, Counted.DIFFERENCE))


def _value_of(node: Node) -> Signal | None:
    """The signal that it is a value of; None: it is no value of a measurement."""
    measure = node.measure
    if measure is None or measure.counted is not Counted.VALUE or measure.signal is None:
        return None
    return None if measure.signal.words else measure.signal


def state(_p: list[int]) -> State:
    return [U, U]


OPERATOR = Operator(
    "difference",
    1,
    Difference,
    build,
    take,
    judge,
    no_arguments,
    state,
    no_lookback,
    no_span,
    as_children,
    number=True,
)
