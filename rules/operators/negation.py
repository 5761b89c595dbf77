"""A condition is not true. Unknown stays unknown."""

from typing import TYPE_CHECKING, Any

from pydantic import RootModel

from devices.errors import Spoken
from devices.signals import CATALOGUE, Kind
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
from rules.tree import Node, SignalRef

if TYPE_CHECKING:
    from rules.file.maker import Maker


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
    condition = maker.truth(form.root)
    silent = unheard(condition)
    if silent:
        problem = Spoken(
            "that {silent} was not heard does not mean that it did not happen", silent=silent
        )
        raise maker.refused(
            problem, Spoken("Use none_for, none_between or then_no, which know of coverage")
        )
    return maker.node([], [condition])


def unheard(condition: Node) -> str:
    """What makes it false merely by not being heard; "" if nothing does."""
    for node in condition.walk():
        if node.measure is not None and node.measure.least:
            return node.operator.word
        if node.operator.absence or node.measure is not None:
            continue
        for source in node.children:
            if isinstance(source, SignalRef) and CATALOGUE[source.signal].kind is Kind.EVENT:
                return str(source)
    return ""


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
