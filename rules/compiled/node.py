"""One node folded over its whole input: the loop that every operator is compiled into.

A copy of the loop for each operator, with its `take` and `judge` in place, so that the compiler can
put them into the loop: 2.5 times as fast as asking at every step which operator it is.
"""

from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING

from rules.operators import BY_WORD

if TYPE_CHECKING:
    from rules.compiled.columns import Ints

FULL = -1

take, judge = BY_WORD["latest"].take, BY_WORD["latest"].judge  # `loop_of` puts others here


def loop(
    s: "Ints",
    p: "Ints",
    at: "Ints",  # of each port: the next row of the arena that it takes
    end: "Ints",  # of each port: the row after its last
    out: "Ints",  # its answer
    wake: "Ints",  # until when that stands
    wt: "Ints",
    wx: "Ints",
    n: int,  # the first free row of the arena
    stop: int,
) -> int:
    """An instant is judged once: all that the node is fed at t, and its deadline.

    The first free row after its change points, or FULL.
    """
    said = out[0]
    until = wake[0]
    ports = len(at)
    room = min(len(wt), len(wx))
    while True:
        t = until
        for q in range(ports):
            i = at[q]
            if i < end[q] and wt[i] < t:
                t = wt[i]
        if t > stop:
            break
        for q in range(ports):
            i = at[q]
            if i < end[q] and wt[i] == t:
                while i < end[q] and wt[i] == t:
                    take(s, p, t, q, wx[i])  # type: ignore[arg-type]  # an array is a list here
                    i += 1
                at[q] = i
        answer, until = judge(s, p, t)  # type: ignore[arg-type]  # as above
        if answer != said:
            if n >= room:
                return FULL
            wt[n] = t
            wx[n] = answer
            n += 1
            said = answer
    out[0] = said
    wake[0] = until
    return n


def loop_of(word: str) -> Callable[..., int]:
    """The loop with one operator in it."""
    operator = BY_WORD[word]
    known = {**loop.__globals__, "take": operator.take, "judge": operator.judge}
    made = FunctionType(loop.__code__, known, f"fold_{word}")
    made.__module__ = loop.__module__
    return made
