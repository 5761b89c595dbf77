"""How far the newest value of a window (t - W, t] stands below the window's highest.

The mirror of `rise`, which says what its ring holds and what happens when it is full. From another
value of the window (`from`) it is that operator's number less the newest value.
"""

from typing import TYPE_CHECKING

from rules.operators.machine import NEVER, Operator, State, U
from rules.operators.rise import (
    BEFORE_AT,
    COUNT,
    FULL_UNTIL,
    HEAD,
    LAST,
    LAST_AT,
    RING,
    SIZE,
    Moved,
    W,
    bind,
    moved,
    since,
    state,
    twice_window,
    window,
)
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    size = p[SIZE]
    head, count = s[HEAD], s[COUNT]
    while count > 0 and s[RING + 2 * head] <= t - p[W]:
        head = (head + 1) % size
        count -= 1
    while count > 0 and s[RING + 2 * ((head + count - 1) % size) + 1] <= x:
        count -= 1
    if count == size:
        s[FULL_UNTIL] = t + p[W]
    else:
        tail = RING + 2 * ((head + count) % size)
        s[tail] = t
        s[tail + 1] = x
        count += 1
    s[HEAD] = head
    s[COUNT] = count
    s[BEFORE_AT] = s[LAST_AT]
    s[LAST] = x
    s[LAST_AT] = t


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[BEFORE_AT] == U or s[BEFORE_AT] + p[W] <= t:
        return U, NEVER
    if t < s[FULL_UNTIL]:
        return U, s[FULL_UNTIL]
    head, left = s[HEAD], s[COUNT]
    while left > 0 and s[RING + 2 * head] + p[W] <= t:
        head = (head + 1) % p[SIZE]
        left -= 1
    until = s[BEFORE_AT] + p[W]
    until = min(until, s[RING + 2 * head] + p[W])
    return s[RING + 2 * head + 1] - s[LAST], until


def build(form: Moved, maker: "Maker") -> Node:
    return moved(form, maker, "highest")


OPERATOR = Operator(
    "fall",
    1,
    Moved,
    build,
    take,
    judge,
    bind,
    state,
    twice_window,
    window,
    since,
    number=True,
)
