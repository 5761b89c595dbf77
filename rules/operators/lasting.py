"""A condition has been true for a length of time without a break.

A Kleene window over [t - D, t]: 0 if the condition was false at any moment in it, 1 if it was true
throughout, else unknown. So a dropout starts it anew without closing an episode that is held.
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
X, TRUE_SINCE, FALSE_UNTIL = 0, 1, 2  # s


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if s[X] == 0:
        s[FALSE_UNTIL] = t
    if x > 0 and s[X] <= 0:  # from one occurrence to the next it stays true
        s[TRUE_SINCE] = t
    s[X] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[X] == 0:
        return 0, NEVER
    clear = s[FALSE_UNTIL] + p[D]
    if t < clear:
        return 0, clear
    if s[X] < 0:
        return U, NEVER
    due = s[TRUE_SINCE] + p[D]
    if t >= due:
        return 1, NEVER
    return U, due


class Lasting(Form):
    condition: Any
    length: Amount = Field(alias="for")


def build(form: Lasting, maker: "Maker") -> Node:
    condition = maker.truth(form.condition, "condition")
    return maker.node([maker.argument("for", Duration(), form.length)], [condition])


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    return [values["for"]]


def state(_p: list[int]) -> State:
    return [U, U, U]


def length(p: list[int]) -> int:
    return p[D]


def since(s: State, _p: list[int], _t: int) -> int:
    return s[TRUE_SINCE]


OPERATOR = Operator("lasting", 1, Lasting, build, take, judge, bind, state, length, length, since)
