"""The first reading of a window (t - W, t]."""

from rules.operators import window
from rules.operators.machine import NEVER, Operator, State, U
from rules.operators.window import (
    COUNT,
    ENTRY,
    HEAD,
    LOST_UNTIL,
    NEEDS,
    RING,
    SIZE,
    W,
    X,
    gone,
    push,
)


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    push(s, p, t, x)


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if t < s[LOST_UNTIL]:
        return U, s[LOST_UNTIL]
    past = gone(s, p, t)
    if s[COUNT] - past < p[NEEDS]:
        return U, NEVER
    at = RING + ENTRY * ((s[HEAD] + past) % p[SIZE])
    return s[at + X], s[at] + p[W]


OPERATOR = Operator(
    "first",
    1,
    window.InWindow,
    window.builder(),
    take,
    judge,
    window.bind,
    window.state,
    window.length,
    window.length,
    window.since,
    number=True,
)
