"""The sum of the readings of a window (t - W, t], of a signal whose readings add up.

What was not heard is not in it: it says what was counted, so `needs` says how many readings make
it worth saying.
"""

from typing import TYPE_CHECKING

from devices.errors import Spoken
from rules.operators import window
from rules.operators.machine import NEVER, Operator, State, U
from rules.operators.window import (
    BEFORE,
    COUNT,
    ENTRY,
    HEAD,
    LOST_UNTIL,
    NEEDS,
    RING,
    SIZE,
    TOTAL,
    InWindow,
    W,
    gone,
    push,
)
from rules.tree import Counted, Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

_build = window.builder(Counted.TOTAL)


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    push(s, p, t, x)


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if t < s[LOST_UNTIL]:
        return U, s[LOST_UNTIL]
    past = gone(s, p, t)
    left = s[COUNT] - past
    if left < p[NEEDS]:
        return U, NEVER
    at = RING + ENTRY * ((s[HEAD] + past) % p[SIZE])
    return s[TOTAL] - s[at + BEFORE], s[at] + p[W]


def build(form: InWindow, maker: "Maker") -> Node:
    signal, _ = maker.points(form.signal)
    if not signal.adds_up:
        hint = Spoken("Use mean, median, lowest or highest")
        raise maker.refused(
            Spoken("readings of {name} do not add up", name=signal.name), hint, path=("signal",)
        )
    return _build(form, maker)


OPERATOR = Operator(
    "total",
    1,
    window.InWindow,
    build,
    take,
    judge,
    window.bind,
    window.state,
    window.length,
    window.length,
    window.since,
    number=True,
)
