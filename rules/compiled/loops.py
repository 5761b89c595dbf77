"""What is compiled: the loops that fold one node over its input, and two that surround them.

Written in the subset of Python that numba compiles, as the operators are. Everything lies in flat
int64 arrays. `wt`, `wx` are an arena of times and counts: first what the sources said, then the
change points of one node after the other. Every write is checked against its end; a caller that is
told that it is full gives a larger one.
"""

from typing import TYPE_CHECKING

from rules.operators import BY_WORD
from rules.operators.machine import NEVER, U

if TYPE_CHECKING:
    from rules.compiled.columns import Ints

FULL = -1

take, judge = BY_WORD["latest"].take, BY_WORD["latest"].judge  # `kernel.py` puts each in its place


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
    stop: int,  # before NEVER
) -> int:
    """Folds a node up to and including `stop`; the first free row n after its change points, or
    -1 - n where the arena is full: give a larger one, and call again.

    An instant is judged once: all that the node is fed at t, and its deadline. So it is folded over
    its whole input before its parent begins: the parent sees only the final answer of each instant,
    and takes it at that instant, as when all are settled instant by instant. May be called again
    with a later `stop`: it goes on where it was.

    Mostly one port is fed many times before another is: it is followed `alone` up to `others`, the
    instant at which another is fed or all is over. `& NEVER` changes nothing: it tells the compiler
    that a row is not counted from the end.
    """
    said = out[0]
    until = wake[0]
    room = min(len(wt), len(wx))
    alone, i, i_end, others = 0, 0, 0, U  # nobody has looked yet
    while True:
        t = until
        if i < i_end and wt[i & NEVER] < t:
            t = wt[i & NEVER]
        if t >= others:
            t = soonest(at, end, wt, t)
            if t > stop:
                break
            for q in range(len(at)):
                while at[q] < end[q] and wt[at[q] & NEVER] == t:
                    take(s, p, t, q, wx[at[q] & NEVER])  # type: ignore[arg-type]  # an array is a list here
                    at[q] += 1
            alone, i, i_end, others = following(at, end, wt, stop + 1)
        elif i < i_end and wt[i & NEVER] == t:
            while i < i_end and wt[i & NEVER] == t:
                take(s, p, t, alone, wx[i & NEVER])  # type: ignore[arg-type]  # as above
                i += 1
            at[alone] = i
        answer, until = judge(s, p, t)  # type: ignore[arg-type]  # as above
        if answer != said:
            if n >= room:
                until = t  # it is asked again when there is room: to judge changes nothing
                n = -1 - n
                break
            wt[n & NEVER] = t
            wx[n & NEVER] = answer
            n += 1
            said = answer
    out[0] = said
    wake[0] = until
    return n


def soonest(at: "Ints", end: "Ints", wt: "Ints", t: int) -> int:
    """When any port is fed next; `t` if that is later."""
    for q in range(len(at)):
        if at[q] < end[q]:
            t = min(t, wt[at[q] & NEVER])
    return t


def following(at: "Ints", end: "Ints", wt: "Ints", after: int) -> tuple[int, int, int, int]:
    """The port that is fed next, its rows, and when another is; `after` if that is later."""
    alone, i, i_end, first, others = 0, 0, 0, NEVER, after
    for q in range(len(at)):
        if at[q] < end[q]:
            t = wt[at[q] & NEVER]
            if t < first:
                others = min(others, first)
                alone, i, i_end, first = q, at[q], end[q], t
            else:
                others = min(others, t)
    return alone, i, i_end, others


def merge(
    st: "Ints",
    sx: "Ints",
    so: "Ints",
    i: int,
    i_end: int,
    j: int,
    j_end: int,
    wt: "Ints",
    wx: "Ints",
    wo: "Ints",
    n: int,
) -> int:
    """Rows i to i_end and j to j_end of a source as one, in order of time, then of `so`.

    The first free row after it, or FULL. Which comes next is a matter of chance, and a branch that
    is guessed wrong costs more than all else: so it is a number, and reckoned with.
    """
    if min(len(wt), len(wx), len(wo)) - n < (i_end - i) + (j_end - j):
        return FULL
    while i < i_end and j < j_end:
        a, b = st[i & NEVER], st[j & NEVER]
        second = 1 if b < a else 0
        if a == b and so[j & NEVER] < so[i & NEVER]:
            second = 1
        k = i + (j - i) * second
        wt[n & NEVER] = st[k & NEVER]
        wx[n & NEVER] = sx[k & NEVER]
        wo[n & NEVER] = so[k & NEVER]
        n += 1
        i += 1 - second
        j += second
    while i < i_end:
        wt[n], wx[n], wo[n] = st[i], sx[i], so[i]
        n += 1
        i += 1
    while j < j_end:
        wt[n], wx[n], wo[n] = st[j], sx[j], so[j]
        n += 1
        j += 1
    return n


def decisive(
    wt: "Ints",
    wx: "Ints",
    i: int,
    i_end: int,
    j: int,
    j_end: int,
    told: int,  # the occurrence that was told before `start`
    start: int,
    ot: "Ints",
    ow: "Ints",
    oc: "Ints",
    n: int,
) -> int:
    """The instants at which `rules.engine.episodes.Condition` may have something to say, or FULL.

    Change points of `when` are rows i to i_end, of `clear` j to j_end (j < 0: there is none).
    `start` comes first. While nothing is open and nothing was told, false and unknown are one to
    it: of a sensor that goes stale and comes back a million times, nothing is handed on.
    """
    room = min(len(ot), len(ow), len(oc))
    when = clear = U
    open_ = 0
    t = start
    while True:
        while i < i_end and wt[i] <= t:
            when = wx[i]
            i += 1
        while 0 <= j < j_end and wt[j] <= t:
            clear = wx[j]
            j += 1
        if t == start or when > 0 or open_ == 1 or told > 0:
            if n >= room:
                return FULL
            ot[n] = t
            ow[n] = when
            oc[n] = clear
            n += 1
        if when > 0:
            open_ = 1
            told = when
        elif (j < 0 and when == 0) or (j >= 0 and clear > 0):
            open_ = 0
        if when == 0 and open_ == 0:
            told = 0
        t = NEVER
        if i < i_end:
            t = wt[i]
        if 0 <= j < j_end and wt[j] < t:
            t = wt[j]
        if t == NEVER:
            return n
