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
    stop: int,
) -> int:
    """Folds a node up to and including `stop`; the first free row n after its change points, or
    -1 - n where the arena is full: give a larger one, and call again.

    An instant is judged once: all that the node is fed at t, and its deadline. So it is folded over
    its whole input before its parent begins: the parent sees only the final answer of each instant,
    and takes it at that instant, as when all are settled instant by instant. May be called again
    with a later `stop`: it goes on where it was.
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
                until = t  # it is asked again when there is room: to judge changes nothing
                n = -1 - n
                break
            wt[n] = t
            wx[n] = answer
            n += 1
            said = answer
    out[0] = said
    wake[0] = until
    return n


def loop_one(
    s: "Ints",
    p: "Ints",
    at: "Ints",
    end: "Ints",
    out: "Ints",
    wake: "Ints",
    wt: "Ints",
    wx: "Ints",
    n: int,
    stop: int,
) -> int:
    """The same for a node with one port, which most are: what comes next is one comparison."""
    said = out[0]
    until = wake[0]
    i = at[0]
    last = end[0]
    room = min(len(wt), len(wx))
    while True:
        t = until
        if i < last and wt[i] < t:
            t = wt[i]
        if t > stop:
            break
        while i < last and wt[i] == t:
            take(s, p, t, 0, wx[i])  # type: ignore[arg-type]  # as above
            i += 1
        answer, until = judge(s, p, t)  # type: ignore[arg-type]  # as above
        if answer != said:
            if n >= room:
                until = t  # it is asked again when there is room: to judge changes nothing
                n = -1 - n
                break
            wt[n] = t
            wx[n] = answer
            n += 1
            said = answer
    at[0] = i
    out[0] = said
    wake[0] = until
    return n


def merge(
    at: "Ints",
    end: "Ints",
    head: "Ints",  # room for the next time of each
    bt: "Ints",
    bx: "Ints",
    bo: "Ints",
    wt: "Ints",
    wx: "Ints",
    n: int,
) -> int:
    """Channels (rows `at` to `end` of `bt`, `bx`, `bo`) as one, in order of time, then of `bo`.

    The first free row of the arena after it, or FULL.
    """
    room = min(len(wt), len(wx))
    channels = len(at)
    for q in range(channels):
        head[q] = bt[at[q]] if at[q] < end[q] else NEVER
    while True:
        first = 0
        t = head[0]
        for q in range(1, channels):
            if head[q] < t:
                first = q
                t = head[q]
            elif head[q] == t and t < NEVER and bo[at[q]] < bo[at[first]]:
                first = q
        if t == NEVER:
            return n
        if n >= room:
            return FULL
        i = at[first]
        wt[n] = t
        wx[n] = bx[i]
        n += 1
        i += 1
        at[first] = i
        head[first] = bt[i] if i < end[first] else NEVER


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
