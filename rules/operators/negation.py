"""A condition is not true. Unknown stays unknown."""

from typing import TYPE_CHECKING, Any

from pydantic import RootModel

from rules.operators.machine import (
    NEVER,
    Operator,
    State,
    U,
    as_children,
    no_arguments,
    no_lookback,
    no_span,
)
from rules.tree import Node

if TYPE_CHECKING:
    from rules.maker import Maker


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[0] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[0] == U:
        return U, NEVER
    if s[0] == 0:
        return 1, NEVER
    return 0, NEVER


class Negation(RootModel[Any]):
    """One condition."""


def build(form: Negation, maker: "Maker") -> Node:
    return maker.node([], [maker.truth(form.root)])


def state(_p: list[int]) -> State:
    return [U]


OPERATOR = Operator(
    "not",
    1,
    Negation,
    build,
    take,
    judge,
    no_arguments,
    state,
    no_lookback,
    no_span,
    as_children,
    against=frozenset({0}),
)
