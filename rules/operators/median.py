"""The median of the readings of a window (t - W, t]; of an even number the mean of the middle two,
rounded half-up to the signal's resolution.

Two arrays hold the same readings: a ring in order of time, and pairs in order of value. A new one
takes the place of the one that leaves, and only those between the two move.
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
    pairs = RING + ENTRY * p[SIZE]
    leaving, end = gone(s, p, t), s[COUNT]
    place = end  # where there is room for the new one: behind the others
    if leaving > 1:
        place = 0
        for k in range(end):
            at = pairs + 2 * k
            if s[at + 1] + p[W] > t:
                s[pairs + 2 * place], s[pairs + 2 * place + 1] = s[at], s[at + 1]
                place += 1
        end = place
    elif leaving == 1 or end == p[SIZE]:  # or where the oldest stands, which goes
        oldest = RING + ENTRY * s[HEAD]
        low, high = 0, end
        while low < high:
            middle = (low + high) // 2
            if s[pairs + 2 * middle] < s[oldest + X]:
                low = middle + 1
            else:
                high = middle
        place = low
        while s[pairs + 2 * place + 1] != s[oldest]:
            place += 1
        end -= 1
    at = pairs + 2 * place
    while at > pairs and s[at - 2] > x:
        s[at], s[at + 1] = s[at - 2], s[at - 1]
        at -= 2
    while at < pairs + 2 * end and s[at + 2] < x:
        s[at], s[at + 1] = s[at + 2], s[at + 3]
        at += 2
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
