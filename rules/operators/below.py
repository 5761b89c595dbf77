"""A number is below a limit, with a way back: the mirror of `above`.

True below `limit`; false at or above `limit + back_by`; in between it stays true while it was
below the limit within the last `memory` ms, else it is false.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

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

LIMIT, BACK, MEMORY = 0, 1, 2  # p: counts, counts (at least the limit), ms
X, HELD, LEFT = 0, 1, 2  # s: input; whether the last decisive input was below; when it left there


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    low = x != U and x < p[LIMIT]
    if s[X] != U and s[X] < p[LIMIT] and not low:
        s[LEFT] = t
    if low:
        s[HELD] = 1
    elif x >= p[BACK]:
        s[HELD] = 0
    s[X] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    x = s[X]
    if x == U:
        return U, NEVER
    if x < p[LIMIT]:
        return 1, NEVER
    if s[HELD] == 0:
        return 0, NEVER
    forgotten = s[LEFT] + p[MEMORY]
    if t < forgotten:
        return 1, forgotten
    return 0, NEVER


class Below(Form):
    value: Any
    limit: Amount
    back_by: Amount | None = None  # how far above the limit is back to normal; none: at once
    memory: Amount | None = None  # a day, where there is a back_by
    length: Amount | None = Field(None, alias="for")  # and that without a break


def build(form: Below, maker: "Maker") -> Node:
    compared = maker.compared(form.value, form.limit, form.back_by, form.memory)
    return maker.lasting(compared, form.length)


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    limit = values["limit"]
    return [limit, limit + values.get("back_by", 0), values.get("memory", 0)]


def state(_p: list[int]) -> State:
    return [U, 0, U]


def memory(p: list[int]) -> int:
    return p[MEMORY]


OPERATOR = Operator(
    "below", 1, Below, build, take, judge, bind, state, memory, no_span, as_children
)
