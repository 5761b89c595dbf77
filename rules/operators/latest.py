"""The newest value of a signal, until it is too old.

At exactly t0 + max_age it is unknown; a reading at that instant wins. What lies outside `valid` is
not heard: the value before it stands.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from devices.errors import Spoken
from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, State, U, as_children, no_span
from rules.quantity import Amount, Argument
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

MAX_AGE, LOW, HIGH = 0, 1, 2  # p: ms, counts
X, AT = 0, 1  # s


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if p[LOW] <= x <= p[HIGH]:
        s[X] = x
        s[AT] = t


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[X] == U:
        return U, NEVER
    stale = s[AT] + p[MAX_AGE]
    if t >= stale:
        return U, NEVER
    return s[X], stale


class Valid(Form):
    low: Amount
    high: Amount


class Latest(Form):
    signal: str
    max_age: Amount | None = None  # the catalogue's, if none is given
    valid: Valid | None = None  # both ends belong to it


def build(form: Latest, maker: "Maker") -> Node:
    node = maker.latest(form.signal, form.max_age)
    if form.valid is None:
        return node
    ends = [
        Argument(f"valid_{end}", maker.argument(end, maker.counts(node), value).dimension, value)
        for end, value in (("low", form.valid.low), ("high", form.valid.high))
    ]
    return replace(node, arguments=(*node.arguments, *ends))


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    low, high = values.get("valid_low", U), values.get("valid_high", NEVER)
    if low > high:
        raise ValueError(Spoken("nothing is valid: its low is above its high"))
    return [values["max_age"], low, high]


def state(_p: list[int]) -> State:
    return [U, U]


def max_age(p: list[int]) -> int:
    return p[MAX_AGE]


OPERATOR = Operator(
    "latest",
    1,
    Latest,
    build,
    take,
    judge,
    bind,
    state,
    max_age,
    no_span,
    as_children,
    number=True,
)
