"""One subject at a time through a program, with buffers that are used again and again."""

from itertools import accumulate

import numpy as np

from rules.compiled.columns import Channel, Channels, Ints
from rules.compiled.kernel import Kernel
from rules.compiled.loops import FULL
from rules.compiled.program import Program
from rules.operators.machine import State, U

FIRST_ROWS = 1 << 16
Columns = tuple[Ints, Ints, Ints]  # times, counts, order


class Arena:
    """Times and counts; grows when it is full. One a thread: folds lend it to each other."""

    def __init__(self, rows: int = FIRST_ROWS) -> None:
        self.t: Ints = np.empty(rows, np.int64)
        self.x: Ints = np.empty(rows, np.int64)
        self._aside: Ints = np.empty((2, 3, 0), np.int64)

    def grow(self, kept: int, rows: int) -> None:
        """At least `rows`, with the first `kept` as they are."""
        size = max(rows, 2 * len(self.t))
        t, x = np.empty(size, np.int64), np.empty(size, np.int64)
        t[:kept], x[:kept] = self.t[:kept], self.x[:kept]
        self.t, self.x = t, x

    def aside(self, rows: int) -> tuple[Columns, Columns]:
        """Twice three columns of that many rows at least, for whoever asked last."""
        if self._aside.shape[-1] < rows:
            self._aside = np.empty((2, 3, 2 * rows), np.int64)
        here, there = ((own[0], own[1], own[2]) for own in self._aside)
        return here, there


class Fold:
    """The state of a program in the middle of one subject's history. One thread uses it."""

    def __init__(self, kernel: Kernel, program: Program, arena: Arena | None = None) -> None:
        self.program = program
        self._kernel = kernel
        self._arena = arena or Arena()
        self._loops = [kernel.loop(step.operator.word) for step in program.steps]
        nodes = len(program.steps)
        self._fresh = np.concatenate(program.s)
        self._all = self._fresh.copy(), np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
        states, outs, wakes = self._all  # of each node a part
        self._s = np.split(states, np.cumsum([len(s) for s in program.s[:-1]]))
        self._out, self._wake = np.split(outs, nodes), np.split(wakes, nodes)
        self._at, self._end = (
            [np.zeros(len(ports), np.int64) for ports in program.ports] for _ in range(2)
        )
        self._rows = [(0, 0)] * nodes  # of each node, its change points in the arena
        self._free = 0  # the first row after the sources

    def begin(self, known: Channels, after: int, until: int) -> None:
        """From `after` on (its instant is judged, but nothing is read at it) up to `until`."""
        program = self.program
        self._free = 0
        heard: list[list[Channel]] = [[] for _ in program.sources]
        for place, channel in known.items():
            for source in program.hearing(place):
                heard[source].append(channel)
        bounds = [self._load(own, after, until) for own in heard]
        states, outs, wakes = self._all
        states[:], outs[:], wakes[:] = self._fresh, U, after
        for k, ports in enumerate(program.ports):
            for port, source in enumerate(ports):
                if source >= 0:
                    self._at[k][port], self._end[k][port] = bounds[source]

    def _load(self, own: list[Channel], after: int, until: int) -> tuple[int, int]:
        """A source's readings into the arena; first row, and the row after the last."""
        cut = []
        for one in own:
            low = int(one.at.searchsorted(after, "right")) if one.at[0] <= after else 0
            high = int(one.at.searchsorted(until, "right")) if one.at[-1] > until else len(one)
            if low < high:
                cut.append((one, low, high))
        first = self._free
        last = first + sum(high - low for _, low, high in cut)
        if last > len(self._arena.t):
            self._arena.grow(first, last + FIRST_ROWS)
        if len(cut) == 1:
            one, low, high = cut[0]
            self._arena.t[first:last] = one.at[low:high]
            self._arena.x[first:last] = one.x[low:high]
        elif cut:
            self._merge(cut, first)
        self._free = last
        return first, last

    def _merge(self, cut: list[tuple[Channel, int, int]], first: int) -> None:
        """Two and two become one, until all are."""
        edges = [0, *accumulate(high - low for _, low, high in cut)]
        rows, arena = edges[-1], self._arena
        here, there = arena.aside(rows)
        for n, column in enumerate(zip(*((c.at, c.x, c.order) for c, _, _ in cut), strict=True)):
            parts = [own[low:high] for own, (_, low, high) in zip(column, cut, strict=True)]
            np.concatenate(parts, out=here[n][:rows])
        while len(edges) > 2:
            if len(edges) == 3:
                there = arena.t[first:], arena.x[first:], there[2]
            for low in range(0, len(edges) - 1, 2):
                i, j, end = edges[low], edges[low + 1], edges[min(low + 2, len(edges) - 1)]
                n = self._kernel.merge(*here, i, j, j, end, *there, i)
                assert n == end
            edges = [*edges[:-1:2], rows]
            here, there = there, here

    def run(self, stop: int) -> None:
        """Everything up to and including `stop`. Change points of before are forgotten."""
        n = self._free
        for k, ports in enumerate(self.program.ports):
            for port, source in enumerate(ports):
                if source < 0:
                    self._at[k][port], self._end[k][port] = self._rows[-1 - source]
            last = self._node(k, n, stop)
            self._rows[k] = n, last
            n = last

    def _node(self, k: int, n: int, stop: int) -> int:
        arena = self._arena
        while True:
            last = self._loops[k](
                self._s[k],
                self.program.p[k],
                self._at[k],
                self._end[k],
                self._out[k],
                self._wake[k],
                arena.t,
                arena.x,
                n,
                stop,
            )
            if last >= 0:
                return last
            n = -1 - last
            arena.grow(n, 0)

    def rows(self, node: int) -> tuple[int, int]:
        """The rows of the arena with a node's change points of the last run."""
        return self._rows[node]

    def points(self, node: int) -> tuple[Ints, Ints]:
        """The same, as copies: times and answers."""
        low, high = self.rows(node)
        return self._arena.t[low:high].copy(), self._arena.x[low:high].copy()

    def answer_at(self, node: int, at: int) -> int:
        """What a node said at an instant of the last run."""
        low, high = self.rows(node)
        row = low + int(self._arena.t[low:high].searchsorted(at, "right")) - 1
        return int(self._arena.x[row]) if row >= low else U

    def states(self, plan: int) -> list[State]:
        """The state of each step of a plan, as the live driver keeps it."""
        return [self._s[node].tolist() for node in self.program.layout.node_of[plan]]

    def decisive(
        self, plan: int, told: int, start: int
    ) -> tuple[list[int], list[int], list[int | None]]:
        """Times, answers of `when` and of `clear_when` at which something may be decided."""
        arena = self._arena
        when, clear = self.program.layout.root(plan), self.program.layout.clear(plan)
        ends = (-1, -1) if clear is None else self.rows(clear)
        size = 256
        while True:
            room = np.empty((3, size), np.int64)
            n = self._kernel.decisive(
                arena.t, arena.x, *self.rows(when), *ends, told, start, room[0], room[1], room[2], 0
            )
            if n != FULL:
                break
            size *= 8
        times, answers, clears = room[:, :n].tolist()
        return times, answers, [None] * n if clear is None else clears
