"""What the nodes of one lane know and say, settled instant by instant, children before parents.

Two that do the same: this one in plain Python, which needs nothing, and `rules.compiled.nodes`,
which keeps a lane's numbers side by side and settles an instant in one call. A lane is told by its
maker which of them it has; states are handed from one to the other as lists of whole numbers.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Protocol

from rules.engine.layout import Hearing, Layout
from rules.operators.machine import NEVER, State, U


class Nodes(Protocol):
    """The nodes of one lane at work. All readings of an instant are taken before it is settled."""

    wake: int  # the earliest deadline that a node was booked for, or an earlier time; NEVER: none

    def number(self, hearing: Hearing) -> int:
        """By which readings that this hearing is for are handed over."""

    def take(self, number: int, t: int, x: int) -> None:
        """A reading of the instant that is settled next."""

    def settle(self, t: int) -> int:
        """Closes an instant: what is due, then nodes in postorder. The bits of the runs whose
        condition is to be decided anew.
        """

    def step(self, number: int, t: int, x: int) -> int:
        """The instant's last reading, and closes it."""

    def answer(self, node: int) -> int:
        """What a node says now."""

    def state(self, node: int) -> State:
        """What a node knows; to be read, not written."""

    def states(self) -> list[State]:
        """The same of all nodes."""


class Maker(Protocol):
    """Makes the nodes of a lane."""

    def __call__(
        self, layout: Layout, states: Sequence[State], carried: Sequence[bool], now: int
    ) -> Nodes:
        """From what they know; answers and deadlines are derived by judging at `now`.

        Nodes that were not `carried` over are fresh, and take their children's answers first.
        """


class PlainNodes:
    """In plain Python: lists, and a heap of deadlines."""

    __slots__ = ("_booked", "_dirty", "_layout", "_out", "_states", "_timers", "wake")

    def __init__(
        self, layout: Layout, states: Sequence[State], carried: Sequence[bool], now: int
    ) -> None:
        self._layout = layout
        self._states = list(states)
        self._out, self._booked = primed(layout, self._states, carried, now)
        # Deadlines are lazy: a node wakes at the earliest time it was ever booked for and may
        # find that nothing is due.
        self._timers = [(at, node) for node, at in enumerate(self._booked) if at < NEVER]
        heapify(self._timers)
        self._dirty = 0  # bits of the nodes that took something
        self.wake = self._timers[0][0] if self._timers else NEVER

    def number(self, hearing: Hearing) -> int:
        return hearing.number

    def take(self, number: int, t: int, x: int) -> None:
        sinks, dirty = self._layout.hearings[number][:2]
        states = self._states
        for take, node, p, port, _ in sinks:
            take(states[node], p, t, port, x)
        self._dirty |= dirty

    def step(self, number: int, t: int, x: int) -> int:
        self.take(number, t, x)
        return self.settle(t)

    def settle(self, t: int) -> int:
        dirty, self._dirty = self._dirty, 0
        if self.wake <= t:
            dirty |= self._due(t)
        nodes, states, outs, booked = self._layout.nodes, self._states, self._out, self._booked
        touched = 0
        while dirty:
            low = dirty & -dirty  # the lowest bit: a child before its parents
            dirty ^= low
            node = low.bit_length() - 1
            judge, p, parents, runs = nodes[node]
            out, until = judge(states[node], p, t)
            if until < booked[node]:
                booked[node] = until
                heappush(self._timers, (until, node))
                self.wake = self._timers[0][0]
            if out != outs[node]:
                outs[node] = out
                touched |= runs
                for take, parent, pp, port, bit in parents:
                    take(states[parent], pp, t, port, out)
                    dirty |= bit
        return touched

    def _due(self, t: int) -> int:
        """The bits of the nodes whose deadline has come."""
        timers, booked = self._timers, self._booked
        dirty = 0
        while timers and timers[0][0] <= t:
            due, node = heappop(timers)
            if booked[node] == due:
                booked[node] = NEVER
                dirty |= 1 << node
        self.wake = timers[0][0] if timers else NEVER
        return dirty

    def answer(self, node: int) -> int:
        return self._out[node]

    def state(self, node: int) -> State:
        return self._states[node]

    def states(self) -> list[State]:
        return self._states


def primed(
    layout: Layout, states: Sequence[State], carried: Sequence[bool], now: int
) -> tuple[list[int], list[int]]:
    """Of each node, its answer and until when that stands.

    Answers of carried nodes are derived; fresh ones take their children's first.
    """
    outs: list[int] = []
    deadlines: list[int] = []
    for node, (judge, p, parents, _) in enumerate(layout.nodes):
        out, until = judge(states[node], p, now)
        outs.append(out)
        deadlines.append(until)
        if out != U:
            for take, parent, pp, port, _ in parents:
                if not carried[parent]:
                    take(states[parent], pp, now, port, out)
    return outs, deadlines
