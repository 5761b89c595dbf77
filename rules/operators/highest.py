"""The highest reading of a window (t - W, t]: the mirror of `lowest`."""

from rules.operators import window
from rules.operators.lowest import (
    COUNT,
    HEAD,
    LOST_UNTIL,
    NEXT,
    TIMES,
    bind,
    judge,  # the oldest of the ring is the answer in both
    since,
    state,
)
from rules.operators.machine import Operator, State
from rules.operators.window import HIGH, LOW, NEEDS, SIZE, W


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if x < p[LOW] or x > p[HIGH]:
        return
    s[TIMES + s[NEXT]] = t
    s[NEXT] = (s[NEXT] + 1) % p[NEEDS]
    ring = TIMES + p[NEEDS]
    size, head, count = p[SIZE], s[HEAD], s[COUNT]
    while count > 0 and s[ring + 2 * head] + p[W] <= t:
        head = (head + 1) % size
        count -= 1
    while count > 0 and s[ring + 2 * ((head + count - 1) % size) + 1] <= x:
        count -= 1
    if count == size:
        s[LOST_UNTIL] = s[ring + 2 * head] + p[W]
        head = (head + 1) % size
        count -= 1
    tail = ring + 2 * ((head + count) % size)
    s[tail] = t
    s[tail + 1] = x
    s[HEAD] = head
    s[COUNT] = count + 1


OPERATOR = Operator(
    "highest",
    1,
    window.InWindow,
    window.builder(),
    take,
    judge,
    bind,
    state,
    window.length,
    window.length,
    since,
    number=True,
)
