"""A number lies between two limits, both included, with a way out: as in `above`, twice.

True from `low` to `high`; false at or beyond `back_by` outside them; in between it stays true while
it was inside within the last `memory` ms, else it is false. Without `back_by` nothing is in
between. Unknown in between does not end the memory, which is at most 35 days: no sum leaves int64.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from devices.errors import Spoken
from rules.almanac import Almanac
from rules.operators.machine import (
    NEVER,
    Form,
    Operator,
    State,
    U,
    as_children,
    no_span,
)
from rules.quantity import Amount
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

LOW, HIGH, OUT_LOW, OUT_HIGH, MEMORY = 0, 1, 2, 3, 4  # p: counts, then ms
X, HELD, LEFT = 0, 1, 2  # s: input; whether the last decisive input was inside; when it left there


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    inside = x != U and p[LOW] <= x <= p[HIGH]
    if s[X] != U and p[LOW] <= s[X] <= p[HIGH] and not inside:
        s[LEFT] = t
    if inside:
        s[HELD] = 1
    elif x != U and (x <= p[OUT_LOW] or x >= p[OUT_HIGH]):
        s[HELD] = 0
    s[X] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    x = s[X]
    if x == U:
        return U, NEVER
    if p[LOW] <= x <= p[HIGH]:
        return 1, NEVER
    if s[HELD] == 0:
        return 0, NEVER
    forgotten = s[LEFT] + p[MEMORY]
    if t < forgotten:
        return 1, forgotten
    return 0, NEVER


class Between(Form):
    value: Any
    low: Amount
    high: Amount
    back_by: Amount | None = None  # how far outside is no longer between; none: at once
    memory: Amount | None = None  # a day, where there is a back_by
    length: Amount | None = Field(None, alias="for")  # and that without a break


def build(form: Between, maker: "Maker") -> Node:
    value = maker.number(form.value, "value")
    maker.whole(value)
    arguments = [
        maker.argument("low", maker.counts(value), form.low),
        maker.argument("high", maker.counts(value), form.high),
        *maker.way_back(value, form.back_by, form.memory),
    ]
    return maker.lasting(maker.node(arguments, [value]), form.length)


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    low, high, by = values["low"], values["high"], values.get("back_by", 0)
    if low > high:
        raise ValueError(Spoken("low is above high, so nothing lies between them"))
    return [low, high, low - by, high + by, values.get("memory", 0)]


def state(_p: list[int]) -> State:
    return [U, 0, U]


def memory(p: list[int]) -> int:
    return p[MEMORY]


OPERATOR = Operator(
    "between", 1, Between, build, take, judge, bind, state, memory, no_span, as_children
)
