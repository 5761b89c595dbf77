"""One condition began, then another within a while: something that happened, kept as true.

A condition begins when it becomes true where it was seen to be false before, and at each new
occurrence. It happens at u when the second begins there and the first began within [u - D, u): at
the same instant nobody knows which came first. It is kept from u until u + KEEP, and says u, so
that each is a new occurrence, as in `event`.

Where it did not happen it is unknown if it may have: the first began or was unknown within
(t - KEEP - D, t], the second began or was unknown within (t - KEEP, t], and one of them was unknown
there. That errs towards unknown alone. D is at most 35 days and KEEP one: no sum leaves int64.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rules.almanac import Almanac
from rules.operators.event import HOUR
from rules.operators.machine import NEVER, Form, Operator, State, U
from rules.quantity import MS, Amount, Duration
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

D, KEEP = 0, 1  # p: ms
A, A_BEGAN, A_BEFORE, A_UNKNOWN = 0, 1, 2, 3  # s: the first, its two newest beginnings, …
B, B_BEGAN, B_UNKNOWN = 4, 5, 6  # the second; until when each was unknown
HAPPENED, SINCE = 7, 8  # when it happened last, and when the first had begun
FIRST = 0  # ports: the first, the second (levels)


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if port == FIRST:
        if s[A] == U:
            s[A_UNKNOWN] = t
        if s[A] == 0 < x or 0 < s[A] < x:
            s[A_BEFORE] = s[A_BEGAN]
            s[A_BEGAN] = t
        s[A] = x
        return
    if s[B] == U:
        s[B_UNKNOWN] = t
    if s[B] == 0 < x or 0 < s[B] < x:
        s[B_BEGAN] = t
        began = s[A_BEGAN]
        if began == t:
            began = s[A_BEFORE]
        if began != U and t <= began + p[D]:
            s[HAPPENED] = t
            s[SINCE] = began
    s[B] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    over = s[HAPPENED] + p[KEEP]
    if t < over:
        return s[HAPPENED], over
    first_unknown = s[A_UNKNOWN] + p[KEEP] + p[D]
    if s[A] == U:
        first_unknown = NEVER
    second_unknown = s[B_UNKNOWN] + p[KEEP]
    if s[B] == U:
        second_unknown = NEVER
    first = max(first_unknown, s[A_BEGAN] + p[KEEP] + p[D])
    second = max(second_unknown, s[B_BEGAN] + p[KEEP])
    until = min(first, second, max(first_unknown, second_unknown))
    if t < until:
        return U, until
    return 0, NEVER


class Then(Form):
    first: Any
    second: Any
    within: Amount
    keep: Amount = HOUR


def build(form: Then, maker: "Maker") -> Node:
    return maker.node(
        [
            maker.argument("within", Duration(), form.within),
            maker.argument("keep", Duration(high=MS["d"]), form.keep),
        ],
        [maker.truth(form.first, "first"), maker.truth(form.second, "second")],
    )


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    return [values["within"], values["keep"]]


def state(_p: list[int]) -> State:
    return [U] * 9


def both(p: list[int]) -> int:
    return p[D] + p[KEEP]


def since(s: State, _p: list[int], _t: int) -> int:
    """When the first began."""
    return s[SINCE]


OPERATOR = Operator("then", 1, Then, build, take, judge, bind, state, both, both, since, past=True)
