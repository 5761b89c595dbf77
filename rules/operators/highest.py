"""The highest reading of a window (t - W, t]: the mirror of `lowest`."""

from rules.operators import window
from rules.operators.lowest import COUNT, HEAD, LOST_UNTIL, NEXT, TIMES, bind, since, state
from rules.operators.machine import NEVER, Operator, State, U
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


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    needed = s[TIMES + s[NEXT]]  # of the last NEEDS readings the first
    if needed == U or needed + p[W] <= t:
        return U, NEVER
    if t < s[LOST_UNTIL]:
        return U, min(s[LOST_UNTIL], needed + p[W])
    ring = TIMES + p[NEEDS]
    head = s[HEAD]
    while s[ring + 2 * head] + p[W] <= t:  # the newest reading is still in the window
        head = (head + 1) % p[SIZE]
    at = ring + 2 * head
    return s[at + 1], min(s[at], needed) + p[W]


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
