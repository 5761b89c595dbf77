"""What waits to be settled, in the order of time: readings, and the deadlines of lanes.

One agenda a site, so that a quiet home costs nothing, or one a lane where a single subject is run.
A reading waits here until its instant is closed. All of one subject's readings of one instant are
taken, then its due deadlines, and only then is the lane asked: nobody sees half an instant. Both
heaps are in order of time, and within an instant by lane.
"""

from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from rules.engine.history import OFTEN, WIDE, Log
from rules.operators.machine import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from rules.engine.episodes import Change
    from rules.engine.lane import Lane


SELDOM = WIDE * OFTEN


class Route:
    """Where readings of one signal at one place go in one lane. It stays the same object when rules
    come and go: what waits for it finds the new ones.
    """

    __slots__ = ("index", "lane", "log", "number", "numbers")

    def __init__(self, lane: "Lane", log: Log) -> None:
        self.index = lane.index
        self.lane = lane
        self.log = log
        self.numbers = log.numbers
        self.number: int | None = None  # by which its lane's nodes take it; None: none does


Waiting = tuple[int, int, int, int, int, Route]  # at, lane, order, number, x, where to


class Agenda:
    """Readings and deadlines of the lanes that were made with it."""

    __slots__ = ("deadlines", "number", "waiting")

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []
        # Lazy: an entry counts only while its lane says the same time (`booked`).
        self.deadlines: list[tuple[int, int, Lane]] = []
        self.number: Callable[[], int] = count().__next__  # what ties in everything, as it came

    def add(self, at: int, order: int, x: int, route: Route) -> None:
        heappush(self.waiting, (at, route.index, order, self.number(), x, route))

    def close(self, to: int, noticed: int, changes: "list[Change]") -> None:
        """Settles everything up to and including `to`."""
        settle_readings(self.waiting, to, noticed, changes)
        deadlines = self.deadlines
        while deadlines and deadlines[0][0] <= to:
            at, _, lane = heappop(deadlines)
            if at == lane.booked:
                lane.booked = NEVER
                lane.fire(to, noticed, changes)
                if lane.wake < lane.booked:  # nothing was due yet
                    lane.book()

    def close_lane(self, lane: "Lane", to: int, noticed: int, changes: "list[Change]") -> None:
        """The same for one lane, ahead of the others."""
        own = [entry for entry in self.waiting if entry[1] == lane.index and entry[0] <= to]
        self.waiting[:] = [one for one in self.waiting if one[1] != lane.index or one[0] > to]
        heapify(self.waiting)
        heapify(own)
        settle_readings(own, to, noticed, changes)
        lane.fire(to, noticed, changes)

    def take_out(self, lane: "Lane") -> list[Waiting]:
        """Nothing of this lane waits here any more; what did, in order."""
        own = sorted(one for one in self.waiting if one[1] == lane.index)
        if own:
            self.waiting[:] = [one for one in self.waiting if one[1] != lane.index]
            heapify(self.waiting)
        lane.booked = NEVER  # its places among the deadlines are stale
        return own


def settle_readings(waiting: list[Waiting], to: int, noticed: int, changes: "list[Change]") -> None:
    """Takes readings and settles each lane's instant with its last one."""
    while waiting and waiting[0][0] <= to:
        t, index, order, _, x, route = heappop(waiting)
        lane = route.lane
        if lane.wake < t:
            lane.fire(t - 1, noticed, changes)
        numbers = route.numbers
        remember = numbers.append
        remember(t)
        remember(x)
        remember(order)
        if not len(numbers) % SELDOM:
            route.log.prune(t)
        if waiting and waiting[0][1] == index and waiting[0][0] == t:
            lane.take(route.number, t, x)
        else:
            lane.step(route.number, t, x, noticed, changes)
