"""One number while a condition is true, another while it is false; unknown while it is unknown."""

from typing import TYPE_CHECKING, Any

from pydantic import Field

from devices.errors import Spoken
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

CONDITION, THEN, ELSE = 0, 1, 2  # ports, and s


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[port] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[CONDITION] == U:
        return U, NEVER
    if s[CONDITION] > 0:
        return s[THEN], NEVER
    return s[ELSE], NEVER


class Choose(Form):
    condition: Any
    then: Any
    otherwise: Any = Field(alias="else")


def build(form: Choose, maker: "Maker") -> Node:
    condition = maker.truth(form.condition, "condition")
    then, otherwise = maker.number(form.then, "then"), maker.number(form.otherwise, "else")
    if then.measure != otherwise.measure:
        raise maker.refused(
            Spoken("then and else are not the same kind of number"),
            Spoken("Both count one signal, or both count points"),
            path=("else",),
        )
    return maker.node([], [condition, then, otherwise], then.measure)


def state(_p: list[int]) -> State:
    return [U, U, U]


OPERATOR = Operator(
    "choose",
    1,
    Choose,
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
