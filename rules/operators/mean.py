"""The mean of the readings of a window (t - W, t], rounded half-up to the signal's resolution.

Every reading weighs the same, whatever the time between them.
"""

from rules.operators import window
from rules.operators.arithmetic import half_up
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
    W,
    gone,
    push,
)


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
    return half_up(s[TOTAL] - s[at + BEFORE], left), s[at] + p[W]


OPERATOR = Operator(
    "mean",
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
