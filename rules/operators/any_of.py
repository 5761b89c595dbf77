"""One of the conditions is true: true if any is, else unknown if any is unknown, else 0.

The newest occurrence among the true ones is the occurrence. p = [number of ports].
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import RootModel

from rules.almanac import Almanac
from rules.operators.machine import (
    NEVER,
    Operator,
    State,
    U,
    as_children,
    no_lookback,
    no_span,
)
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[port] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    out = 0
    for port in range(p[0]):
        x = s[port]
        if x == U:
            if out == 0:
                out = U
        elif x > 0 and x > out:
            out = x
    return out, NEVER


class AnyOf(RootModel[list[Any]]):
    """A list of conditions."""


def build(form: AnyOf, maker: "Maker") -> Node:
    return maker.node([], maker.truths(form.root))


def bind(_values: Mapping[str, int], node: Node, _almanac: Almanac) -> list[int]:
    return [len(node.children)]


def state(p: list[int]) -> State:
    return [U] * p[0]


OPERATOR = Operator(
    "any", 1, AnyOf, build, take, judge, bind, state, no_lookback, no_span, as_children
)
