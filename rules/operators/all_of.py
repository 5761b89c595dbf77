"""All conditions are true: 0 if any is false, else unknown if any is unknown, else true.

The newest occurrence among them is the occurrence of all. p = [number of ports].
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
    out = 1
    for port in range(p[0]):
        x = s[port]
        if x == 0:
            return 0, NEVER
        if x == U:
            out = U
        elif out != U and x > out:
            out = x
    return out, NEVER


class AllOf(RootModel[list[Any]]):
    """A list of conditions."""


def build(form: AllOf, maker: "Maker") -> Node:
    return maker.node([], maker.truths(form.root))


def bind(_values: Mapping[str, int], node: Node, _almanac: Almanac) -> list[int]:
    return [len(node.children)]


def state(p: list[int]) -> State:
    return [U] * p[0]


OPERATOR = Operator(
    "all", 1, AllOf, build, take, judge, bind, state, no_lookback, no_span, as_children
)
