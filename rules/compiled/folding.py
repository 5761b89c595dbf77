"""One subject at a time through a program, with buffers that are used again and again."""

import numpy as np

from rules.compiled.columns import Channel, Channels, Ints, feeding
from rules.compiled.fold import S_FROM, S_TO, WIDTH
from rules.compiled.kernel import Kernel
from rules.compiled.node import FULL
from rules.compiled.program import Program
from rules.operators.machine import NEVER, State, U

FIRST_ROWS = 1 << 16


class Arena:
    """Times and counts; grows when it is full. One a thread: folds lend it to each other."""

    def __init__(self, rows: int = FIRST_ROWS) -> None:
        self.t: Ints = np.empty(rows, np.int64)
        self.x: Ints = np.empty(rows, np.int64)

    def grow(self, kept: int, rows: int) -> None:
        """At least `rows`, with the first `kept` as they are."""
        size = max(rows, 2 * len(self.t))
        t, x = np.empty(size, np.int64), np.empty(size, np.int64)
        t[:kept], x[:kept] = self.t[:kept], self.x[:kept]
        self.t, self.x = t, x


class Fold:
    """The state of a program in the middle of one subject's history. One thread uses it."""

    def __init__(self, kernel: Kernel, program: Program, arena: Arena | None = None) -> None:
        self.program = program
        self._kernel = kernel
        self._arena = arena or Arena()
        nodes = len(program.steps)
        self._s = program.s.copy()
        self._out, self._wake = np.full(nodes, U, np.int64), np.full(nodes, NEVER, np.int64)
        self._since, self._upto = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
        self._at, self._end = (np.zeros(len(program.feed), np.int64) for _ in range(2))
        self._free = 0  # the first row after the sources

    def begin(self, known: Channels, after: int, until: int) -> None:
        """From `after` on (its instant is judged, but nothing is read at it) up to `until`."""
        program = self.program
        self._s[:] = program.s
        self._out[:] = U
        self._wake[:] = after
        self._free = 0
        bounds = [self._load(feeding(known, ref), after, until) for ref in program.sources]
        for port, source in enumerate(program.feed.tolist()):
            if source >= 0:
                self._at[port], self._end[port] = bounds[source]

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
        columns = [
            np.concatenate([np.asarray(column[low:high], np.int64) for column, low, high in parts])
            for parts in zip(
                *(((c.at, lo, hi), (c.x, lo, hi), (c.order, lo, hi)) for c, lo, hi in cut),
                strict=True,
            )
        ]
        ends = np.cumsum([high - low for _, low, high in cut])
        at = np.concatenate([[0], ends[:-1]])
        arena = self._arena
        n = self._kernel.merge(at, ends, *columns, arena.t, arena.x, first)
        assert n != FULL

    def run(self, stop: int) -> None:
        """Everything up to and including `stop`. Change points of before are forgotten."""
        before = self._s.copy(), self._out.copy(), self._wake.copy(), self._at.copy()
        while True:
            n = self._kernel.fold(
                self.program.nodes,
                self.program.feed,
                self.program.p,
                self._s,
                self._at,
                self._end,
                self._out,
                self._wake,
                self._since,
                self._upto,
                self._arena.t,
                self._arena.x,
                self._free,
                stop,
            )
            if n != FULL:
                return
            self._arena.grow(self._free, 0)
            self._s[:], self._out[:], self._wake[:], self._at[:] = before

    def rows(self, node: int) -> tuple[int, int]:
        """The rows of the arena with a node's change points of the last run."""
        return int(self._since[node]), int(self._upto[node])

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
        found = []
        for node in self.program.node_of[plan]:
            low, high = self.program.nodes[[WIDTH * node + S_FROM, WIDTH * node + S_TO]].tolist()
            found.append(self._s[low:high].tolist())
        return found

    def decisive(
        self, plan: int, told: int, start: int
    ) -> tuple[list[int], list[int], list[int | None]]:
        """Times, answers of `when` and of `clear_when` at which something may be decided."""
        arena = self._arena
        when, clear = self.program.root(plan), self.program.clear(plan)
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
