"""Nothing happened for a length of time, while it would have been seen.

A Kleene window over (t - D, t]: 0 if an event lies in it, 1 if there was none and coverage
throughout, else unknown. Absence without coverage is never said.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, Shows, State, U, no_span
from rules.quantity import Amount, Duration
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

D = 0  # p: ms
LAST, COVERED, COVERED_SINCE = 0, 1, 2  # s
EVENTS = 0  # ports: events (points), coverage (level)


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if port == EVENTS:
        s[LAST] = t
        return
    if x > 0 and s[COVERED] <= 0:
        s[COVERED_SINCE] = t
    s[COVERED] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    over = s[LAST] + p[D]
    if t < over:
        return 0, over
    if s[COVERED] <= 0:
        return U, NEVER
    due = s[COVERED_SINCE] + p[D]
    if t >= due:
        return 1, NEVER
    return U, due


class NoneFor(Form):
    signal: str
    length: Amount = Field(alias="for")


def build(form: NoneFor, maker: "Maker") -> Node:
    signal, source = maker.events(form.signal)
    return maker.node(
        [maker.argument("for", Duration(), form.length)],
        [source, maker.coverage(signal, source)],
    )


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    return [values["for"]]


def state(_p: list[int]) -> State:
    return [U, U, U]


def length(p: list[int]) -> int:
    return p[D]


def since(s: State, _p: list[int], _t: int) -> int:
    """The last event, or the beginning of coverage if that was later."""
    return max(s[LAST], s[COVERED_SINCE])


OPERATOR = Operator(
    "none_for",
    1,
    NoneFor,
    build,
    take,
    judge,
    bind,
    state,
    length,
    no_span,
    since,
    Shows.LAST,
    absence=True,
)
