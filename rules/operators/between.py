"""A number lies between two limits, both included."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rules.almanac import Almanac
from rules.operators.machine import (
    NEVER,
    Form,
    Operator,
    State,
    U,
    as_children,
    no_lookback,
    no_span,
)
from rules.quantity import Amount
from rules.tree import Node

if TYPE_CHECKING:
    from rules.maker import Maker

LOW, HIGH = 0, 1  # p: counts
X = 0  # s


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[X] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[X] == U:
        return U, NEVER
    if s[X] < p[LOW] or s[X] > p[HIGH]:
        return 0, NEVER
    return 1, NEVER


class Between(Form):
    value: Any
    low: Amount
    high: Amount


def build(form: Between, maker: "Maker") -> Node:
    value = maker.number(form.value, "value")
    maker.whole(value)
    return maker.node(
        [
            maker.argument("low", maker.counts(value), form.low),
            maker.argument("high", maker.counts(value), form.high),
        ],
        [value],
    )


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    low, high = values["low"], values["high"]
    if low > high:
        raise ValueError("low is above high, so nothing lies between them")
    return [low, high]


def state(_p: list[int]) -> State:
    return [U]


OPERATOR = Operator(
    "between", 1, Between, build, take, judge, bind, state, no_lookback, no_span, as_children
)
