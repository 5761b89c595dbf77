"""A condition is true, or was within the last while: it stays said for that long after it ended.

A Kleene window over [t - D, t]: true if the condition was true at any moment in it, else unknown if
it was unknown at any, else 0. What it says is the newest true answer, so that a new occurrence of
an event is one here as well. D is at most 35 days, so no sum here leaves int64.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, State, U
from rules.quantity import Amount, Duration
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

D = 0  # p: ms
X, SAID, TRUE_SINCE, TRUE_UNTIL, UNKNOWN_UNTIL = 0, 1, 2, 3, 4  # s


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if s[X] > 0:
        s[TRUE_UNTIL] = t
    if s[X] == U:
        s[UNKNOWN_UNTIL] = t
    if x > 0:
        if s[X] <= 0:
            s[TRUE_SINCE] = t
        s[SAID] = x
    s[X] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[X] > 0:
        return s[X], NEVER
    over = s[TRUE_UNTIL] + p[D]
    if t < over:
        return s[SAID], over
    if s[X] == U:
        return U, NEVER
    clear = s[UNKNOWN_UNTIL] + p[D]
    if t < clear:
        return U, clear
    return 0, NEVER


class Keep(Form):
    condition: Any
    length: Amount = Field(alias="for")


def build(form: Keep, maker: "Maker") -> Node:
    condition = maker.truth(form.condition, "condition")
    return maker.node([maker.argument("for", Duration(), form.length)], [condition])


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    return [values["for"]]


def state(_p: list[int]) -> State:
    return [U, U, U, U, U]


def length(p: list[int]) -> int:
    return p[D]


def since(s: State, _p: list[int], _t: int) -> int:
    return s[TRUE_SINCE]


OPERATOR = Operator("keep", 1, Keep, build, take, judge, bind, state, length, length, since)
