"""At least so many of the conditions are true: else unknown if the unknown ones could make it so.

The newest occurrence among the true ones is the occurrence, as in `all` and `any`, which are all of
them and one of them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

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
from rules.quantity import Amount, Whole
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

K, PORTS = 0, 1  # p


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[port] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    true, unknown, newest = 0, 0, 0
    for port in range(p[PORTS]):
        x = s[port]
        if x > 0:
            true += 1
            newest = max(newest, x)
        elif x == U:
            unknown += 1
    if true >= p[K]:
        return newest, NEVER
    if true + unknown >= p[K]:
        return U, NEVER
    return 0, NEVER


class AtLeast(Form):
    number: Amount
    of: list[Any] = Field(min_length=1)


def build(form: AtLeast, maker: "Maker") -> Node:
    number = maker.argument("number", Whole(1, len(form.of)), form.number)
    conditions = [maker.truth(raw, "of", index) for index, raw in enumerate(form.of)]
    return maker.node([number], conditions)


def bind(values: Mapping[str, int], node: Node, _almanac: Almanac) -> list[int]:
    return [values["number"], len(node.children)]


def state(p: list[int]) -> State:
    return [U] * p[PORTS]


OPERATOR = Operator(
    "at_least", 1, AtLeast, build, take, judge, bind, state, no_lookback, no_span, as_children
)
