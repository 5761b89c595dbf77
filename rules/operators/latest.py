"""The newest value of a signal, until it is too old.

At exactly t0 + max_age it is unknown; a reading at that instant wins.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, State, U, as_children, no_span
from rules.quantity import Amount
from rules.tree import Node

if TYPE_CHECKING:
    from rules.maker import Maker

MAX_AGE = 0  # p: ms
X, AT = 0, 1  # s


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[X] = x
    s[AT] = t


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[X] == U:
        return U, NEVER
    stale = s[AT] + p[MAX_AGE]
    if t >= stale:
        return U, NEVER
    return s[X], stale


class Latest(Form):
    signal: str
    max_age: Amount | None = None  # the catalogue's, if none is given


def build(form: Latest, maker: "Maker") -> Node:
    return maker.latest(form.signal, form.max_age)


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    return [values["max_age"]]


def state(_p: list[int]) -> State:
    return [U, U]


def max_age(p: list[int]) -> int:
    return p[MAX_AGE]


OPERATOR = Operator(
    "latest", 1, Latest, build, take, judge, bind, state, max_age, no_span, as_children
)
