"""A condition, unless another is true. An unknown exception does not suppress it."""

from typing import TYPE_CHECKING, Any

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
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

CONDITION, EXCEPTION = 0, 1  # ports, and s


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[port] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[EXCEPTION] > 0:
        return 0, NEVER
    return s[CONDITION], NEVER


class Unless(Form):
    condition: Any
    exception: Any


def build(form: Unless, maker: "Maker") -> Node:
    condition = maker.truth(form.condition, "condition")
    return maker.node([], [condition, maker.truth(form.exception, "exception")])


def state(_p: list[int]) -> State:
    return [U, U]


OPERATOR = Operator(
    "unless",
    1,
    Unless,
    build,
    take,
    judge,
    no_arguments,
    state,
    no_lookback,
    no_span,
    as_children,
    against=frozenset({EXCEPTION}),
)
