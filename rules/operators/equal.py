"""A state is a certain word: the door is open, the bed is empty."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

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
from rules.quantity import Amount
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

WORD = 0  # p: the word's count
X = 0  # s


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[X] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[X] == U:
        return U, NEVER
    if s[X] == p[WORD]:
        return 1, NEVER
    return 0, NEVER


class Equal(Form):
    signal: str
    state: str  # one of the catalogue's words for the signal
    max_age: Amount | None = None
    length: Amount | None = Field(None, alias="for")  # and that without a break


def build(form: Equal, maker: "Maker") -> Node:
    value = maker.latest(form.signal, form.max_age)
    same = maker.node([maker.word("state", value, form.state)], [value])
    return maker.lasting(same, form.length)


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    return [values["state"]]


def state(_p: list[int]) -> State:
    return [U]


OPERATOR = Operator(
    "is", 1, Equal, build, take, judge, bind, state, no_lookback, no_span, as_children
)
