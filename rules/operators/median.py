"""The median of the readings of a window (t - W, t]; of an even number the mean of the middle two,
rounded half-up to the signal's resolution.

Two arrays hold the same readings: a ring in order of time, and pairs in order of value. A reading
costs at most SIZE moves.
"""

from rules.operators import window
from rules.operators.arithmetic import half_up
from rules.operators.machine import NEVER, Operator, State, U
from rules.operators.window import (
    COUNT,
    ENTRY,
    HEAD,
    HIGH,
    LOST_UNTIL,
    LOW,
    NEEDS,
    RING,
    SIZE,
    W,
    X,
    gone,
    push,
)


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if x < p[LOW] or x > p[HIGH]:
        return
    sorted_at = RING + ENTRY * p[SIZE]
    leaving = gone(s, p, t)
    kept = 0
    over = t - p[W]
    if leaving == 0 and s[COUNT] == p[SIZE]:  # no room: the oldest goes, if it is not too old
        drop_at, drop_x = s[RING + ENTRY * s[HEAD]], s[RING + ENTRY * s[HEAD] + X]
        for k in range(s[COUNT]):
            at = sorted_at + 2 * k
            if s[at] == drop_x and s[at + 1] == drop_at and kept == k:
                continue
            s[sorted_at + 2 * kept], s[sorted_at + 2 * kept + 1] = s[at], s[at + 1]
            kept += 1
    elif leaving > 0:
        for k in range(s[COUNT]):
            at = sorted_at + 2 * k
            if s[at + 1] > over:
                s[sorted_at + 2 * kept], s[sorted_at + 2 * kept + 1] = s[at], s[at + 1]
                kept += 1
    else:
        kept = s[COUNT]
    at = sorted_at + 2 * kept
    while at > sorted_at and s[at - 2] > x:
        s[at], s[at + 1] = s[at - 2], s[at - 1]
        at -= 2
    s[at], s[at + 1] = x, t
    push(s, p, t, x)


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if t < s[LOST_UNTIL]:
        return U, s[LOST_UNTIL]
    past = gone(s, p, t)
    left = s[COUNT] - past
    if left < p[NEEDS]:
        return U, NEVER
    until = s[RING + ENTRY * ((s[HEAD] + past) % p[SIZE])] + p[W]
    at = RING + ENTRY * p[SIZE]
    if past == 0:
        at += 2 * ((left - 1) // 2)
        low = s[at]
        if left % 2 == 0:
            at += 2
        return half_up(low + s[at], 2), until
    over = t - p[W]
    rank, low, high = 0, 0, 0  # the middle of those that are still in the window
    while rank <= left // 2:
        if s[at + 1] > over:
            if rank == (left - 1) // 2:
                low = s[at]
            high = s[at]
            rank += 1
        at += 2
    return half_up(low + high, 2), until


def state(p: list[int]) -> State:
    return window.state(p) + [0] * (2 * p[SIZE])


OPERATOR = Operator(
    "median",
    1,
    window.InWindow,
    window.builder(),
    take,
    judge,
    window.bind,
    state,
    window.length,
    window.length,
    window.since,
    number=True,
)
