"""The lowest reading of a window (t - W, t].

The ring holds strictly increasing values, each later than the one before: what is lower and later
than another makes that one forgotten. Should it ever be full, the oldest is dropped and the answer
is unknown while that one would have counted. `highest` is its mirror.
"""

from collections.abc import Mapping

from rules.almanac import Almanac
from rules.operators import window
from rules.operators.machine import NEVER, Operator, State, U
from rules.operators.window import HIGH, LOW, NEEDS, SIZE, W
from rules.tree import Node

HEAD, COUNT, LOST_UNTIL, NEXT, TIMES = 0, 1, 2, 3, 4  # s; then NEEDS times, then SIZE pairs
MOST = 256  # of an oxygen saturation there are 51 values


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
    while count > 0 and s[ring + 2 * ((head + count - 1) % size) + 1] >= x:
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


def bind(values: Mapping[str, int], node: Node, almanac: Almanac) -> list[int]:
    p = window.bind(values, node, almanac)
    p[SIZE] = min(p[SIZE], p[HIGH] - p[LOW] + 1, MOST)
    return p


def state(p: list[int]) -> State:
    return [0, 0, U, 0] + [U] * (p[NEEDS] + 2 * p[SIZE])


def since(s: State, p: list[int], t: int) -> int:
    """When it was read; U if nothing was."""
    ring = TIMES + p[NEEDS]
    head, left = s[HEAD], s[COUNT]
    while left > 0 and s[ring + 2 * head] + p[W] <= t:
        head = (head + 1) % p[SIZE]
        left -= 1
    return s[ring + 2 * head] if left else U


OPERATOR = Operator(
    "lowest",
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
