"""Something happened: true from the event for as long as it is kept.

It says the time of the event, so that each new event is a new occurrence, even one that comes
while the last is still kept.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, State, U
from rules.quantity import MS, Amount, Duration, Quantity
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

KEEP = 0  # p: ms
LAST = 0  # s: time of the newest event
HOUR = Quantity(Decimal(1), "h")


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[LAST] = t


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[LAST] == U:
        return 0, NEVER
    over = s[LAST] + p[KEEP]
    if t < over:
        return s[LAST], over
    return 0, NEVER


class Event(Form):
    signal: str
    keep: Amount = HOUR


def build(form: Event, maker: "Maker") -> Node:
    _, source = maker.events(form.signal)
    return maker.node([maker.argument("keep", Duration(high=MS["d"]), form.keep)], [source])


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    return [values["keep"]]


def state(_p: list[int]) -> State:
    return [U]


def keep(p: list[int]) -> int:
    return p[KEEP]


def since(s: State, _p: list[int], _t: int) -> int:
    return s[LAST]


OPERATOR = Operator("event", 1, Event, build, take, judge, bind, state, keep, keep, since)
