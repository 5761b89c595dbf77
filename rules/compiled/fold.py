"""The fold: a program's nodes, one after the other, over all that one subject's sources said.

Written in the subset of Python that numba compiles, as the operators are; `kernel.py` compiles it,
once for every tree. A node is folded over its whole input before its parent begins, which gives
what settling instant by instant gives: its parent sees only the final answer of each instant, and
takes it at that instant.

Everything lies in flat int64 arrays (`program.py` lays them out). `wt`, `wx` are one arena of
times and counts: first what the sources said, then the change points of one node after the other.
Every write is checked against its end; a caller that is told FULL gives a larger one and begins
again.
"""

from typing import TYPE_CHECKING

from rules.compiled.dispatch import fold_node
from rules.compiled.node import FULL
from rules.operators.machine import NEVER, U

if TYPE_CHECKING:
    from rules.compiled.columns import Ints

OP, P_FROM, P_TO, S_FROM, S_TO, PORTS_FROM, PORTS_TO, WIDTH = 0, 1, 2, 3, 4, 5, 6, 7  # of a node


def fold(
    nodes: "Ints",  # WIDTH numbers a node, children before parents
    feed: "Ints",  # what each port is fed from: a source, or a node k as -1 - k
    p: "Ints",
    s: "Ints",
    at: "Ints",  # of each port, as `node.loop` has them
    end: "Ints",
    out: "Ints",  # of each node: its answer
    wake: "Ints",  # of each node: until when the answer stands
    since: "Ints",  # of each node: its first change point in the arena
    upto: "Ints",  # of each node: the row after its last
    wt: "Ints",
    wx: "Ints",
    free: int,  # the first row of the arena that nobody uses
    stop: int,
) -> int:
    """Folds everything up to and including `stop`; the first free row after that, or FULL.

    May be called again with a later `stop`: it goes on where it was.
    """
    n = free
    for k in range(len(out)):
        a = WIDTH * k
        since[k] = n
        for q in range(nodes[a + PORTS_FROM], nodes[a + PORTS_TO]):
            if feed[q] < 0:
                at[q] = since[-1 - feed[q]]
                end[q] = upto[-1 - feed[q]]
        n = fold_node(
            nodes[a + OP],
            s[nodes[a + S_FROM] : nodes[a + S_TO]],
            p[nodes[a + P_FROM] : nodes[a + P_TO]],
            at[nodes[a + PORTS_FROM] : nodes[a + PORTS_TO]],
            end[nodes[a + PORTS_FROM] : nodes[a + PORTS_TO]],
            out[k : k + 1],
            wake[k : k + 1],
            wt,
            wx,
            n,
            stop,
        )
        if n == FULL:
            return FULL
        upto[k] = n
    return n


def merge(
    at: "Ints",
    end: "Ints",
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
    while True:
        first = -1
        for q in range(len(at)):
            i = at[q]
            if i < end[q] and (
                first < 0
                or bt[i] < bt[at[first]]
                or (bt[i] == bt[at[first]] and bo[i] < bo[at[first]])
            ):
                first = q
        if first < 0:
            return n
        if n >= room:
            return FULL
        wt[n] = bt[at[first]]
        wx[n] = bx[at[first]]
        n += 1
        at[first] += 1


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
    """The instants at which `rules.episodes.Condition` may have something to say, or FULL.

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
