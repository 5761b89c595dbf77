"""The rules that watch one subject, settled instant by instant. Both drivers run this.

An instant is judged once: all its readings in order, then all due deadlines, then the nodes in
postorder, children first. Only the final answers of an instant are seen. Deadlines are lazy: a
node wakes at the earliest time it was ever booked for and may find that nothing is due.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from heapq import heappop, heappush
from operator import itemgetter

from rules.agenda import Agenda, Route, Sink
from rules.episodes import Change
from rules.history import Log
from rules.operators.machine import NEVER, U
from rules.places import hears
from rules.run import Node, Run
from rules.tree import SignalRef

__all__ = ["Lane", "Run", "matches"]

# In the heap of deadlines, what is not the number of a node:
STARTS = -1  # a rule begins to speak
RELEASES = -2  # and below: the held episode of a run is told


class Lane:
    """One subject's rules of one kind (ordinary, or urgent), with their recent readings."""

    __slots__ = (
        "_moved",
        "_nodes",
        "_routes",
        "_sources",
        "agenda",
        "booked",
        "index",
        "logs",
        "now",
        "real",
        "runs",
        "starting",
        "subject",
        "timers",
        "urgent",
        "wake",
    )

    def __init__(
        self,
        subject: str,
        index: int,
        now: int,
        *,
        urgent: bool = False,
        agenda: Agenda | None = None,
    ) -> None:
        """`agenda`: where its readings and deadlines wait, with those of other lanes; None: alone.
        `index` is its number there.
        """
        self.subject = subject
        self.index = index
        self.urgent = urgent
        self.now = now
        self.agenda = Agenda() if agenda is None else agenda
        self.wake = NEVER  # of its deadlines, the earliest
        self.booked = NEVER  # the deadline that stands in the agenda, or an earlier time
        self.runs: list[Run] = []
        self.logs: dict[tuple[str, str | None], Log] = {}
        self.real: dict[int, int] = {}  # urgent: instants that were moved → the reading's own time
        self.starting: tuple[Run, ...] = ()  # decided at the next instant, whatever happens then
        self.timers: list[tuple[int, int]] = []
        self._moved = now
        self._nodes: tuple[Node, ...] = ()
        self._routes: dict[tuple[str, str | None], Route | None] = {}
        self._sources: dict[str, list[tuple[str | None, Sink]]] = {}  # by signal: place, who takes

    # --- rules come and go

    def install(self, runs: Sequence[Run], starting: Sequence[Run], now: int) -> None:
        """Lays out all nodes anew and derives answers and deadlines by judging at `now`."""
        self.now = max(self.now, now)
        self.runs = list(runs)
        self._lay_out()
        self._routes = {of: route for of, route in self._routes.items() if route is not None}
        for (signal, place), route in self._routes.items():
            if route is not None:
                route.sinks = self._sinks(signal, place)
        for (signal, place), log in self.logs.items():
            log.span = self._span(signal, place)
        for run in self.runs:
            self._prime(run)
        waiting = (*self.starting, *starting)
        self.starting = tuple(run for run in waiting if run in self.runs)
        if self.starting:
            heappush(self.timers, (self.now, STARTS))
        for run in self.runs:
            self.book_release(run)
        self.wake = self.timers[0][0] if self.timers else NEVER
        self.book()

    def book_release(self, run: Run) -> None:
        """An episode that is held back is told in time, whether anything happens then or not."""
        release = run.condition.release
        if release != NEVER:
            heappush(self.timers, (release, RELEASES - self.runs.index(run)))
            if release < self.wake:
                self.wake = release
                self.book()

    def _lay_out(self) -> None:
        nodes: list[Node] = []
        self.timers = []
        for run in self.runs:
            run.base = len(nodes)
            for index, step in enumerate(run.plan.steps):
                sinks = tuple(self._sink(run, parent, port) for parent, port in step.parents)
                asked = index in {run.plan.root, run.plan.clear, *run.plan.absences}
                judge, s = step.operator.judge, run.states[index]
                nodes.append(Node(judge, s, step.p, sinks, run if asked else None))
            run.root = nodes[run.base + run.plan.root]
            run.clear = None if run.plan.clear is None else nodes[run.base + run.plan.clear]
        self._nodes = tuple(nodes)
        self._sources = {}
        for run in self.runs:
            for index, step in enumerate(run.plan.steps):
                for source, port in step.sources:
                    sink = self._sink(run, index, port)
                    self._sources.setdefault(source.signal, []).append((source.place, sink))

    def _sink(self, run: Run, step: int, port: int) -> Sink:
        operator, p = run.plan.steps[step].operator, run.plan.steps[step].p
        return operator.take, run.states[step], p, port, _bit(run.base + step)

    def _prime(self, run: Run) -> None:
        """Answers of carried steps are derived; fresh ones take their children's first."""
        for index, step in enumerate(run.plan.steps):
            k = run.base + index
            node = self._nodes[k]
            node.out, until = node.judge(node.s, node.p, self.now)
            if until < NEVER:
                node.booked = until
                heappush(self.timers, (until, k))
            for (parent, port), (take, ps, pp, _, _) in zip(step.parents, node.sinks, strict=True):
                if not run.carried[parent] and node.out != U:
                    take(ps, pp, self.now, port, node.out)
        run.carried = [True] * len(run.carried)

    # --- readings

    def route(self, signal: str, place: str | None) -> Route | None:
        """Where such a reading goes; None if no rule of this lane reads it."""
        of = (signal, place)
        if of not in self._routes:
            sinks = self._sinks(signal, place)
            log = None
            if sinks:
                log = self.logs.setdefault(of, Log(signal, place, self._span(signal, place)))
            self._routes[of] = None if log is None else Route(self, log, sinks)
        return self._routes[of]

    def _sinks(self, signal: str, place: str | None) -> tuple[Sink, ...]:
        known = self._sources.get(signal, ())
        return tuple(sink for wanted, sink in known if hears(wanted, place))

    def _span(self, signal: str, place: str | None) -> int:
        return max(
            (
                span
                for run in self.runs
                for source, span in run.plan.spans.items()
                if matches(source, signal, place)
            ),
            default=0,
        )

    def add(self, at: int, order: int, x: int, route: Route) -> int:
        """A reading waits for its instant, which is returned: its own time, or where an urgent lane
        has settled later ones, the next after them.
        """
        if self.urgent and at <= self.now:
            self._moved = max(self.now, self._moved) + 1
            self.real[self._moved] = at
            at = self._moved
        self.agenda.add(at, order, x, route)
        return at

    def run_to(self, to: int, noticed: int, changes: list[Change]) -> None:
        """Closes all instants up to and including `to`, of a lane with an agenda of its own."""
        self.agenda.close(to, noticed, changes)
        self.now = max(self.now, to)

    # --- instants

    def settle(self, t: int, dirty: int, noticed: int, changes: list[Change]) -> None:
        """One instant whose readings have been taken (by the nodes of `dirty`): all that is due,
        then nodes in postorder. What was told or is booked comes of the final answers alone.
        """
        self.now = t
        if self.wake <= t:
            dirty |= self._due(t)
        nodes = self._nodes
        touched = self.starting
        while dirty:
            low = dirty & -dirty  # the lowest bit: a child before its parents
            dirty ^= low
            k = low.bit_length() - 1
            node = nodes[k]
            judge = node.judge
            value, until = judge(node.s, node.p, t)
            if until < node.booked:
                node.booked = until
                heappush(self.timers, (until, k))
                self.wake = min(self.wake, until)
            if value != node.out:
                node.out = value
                for take, s, p, port, bit in node.sinks:
                    take(s, p, t, port, value)
                    dirty |= bit
                if node.root_of is not None and node.root_of not in touched:
                    touched = (*touched, node.root_of)
        if touched:
            self._decide(t, noticed, touched, changes)
        if self.wake < self.booked:
            self.book()

    def fire(self, to: int, noticed: int, changes: list[Change]) -> None:
        """All deadlines up to and including `to`, of instants without a reading."""
        while self.wake <= to:
            self.settle(self.wake, 0, noticed, changes)

    def move_to(self, agenda: Agenda, index: int) -> None:
        """Takes its place, with what waits for it, among the lanes of another agenda."""
        waiting = self.agenda.take_out(self)
        self.agenda, self.index = agenda, index
        for route in self._routes.values():
            if route is not None:
                route.index = index
        for at, _, order, _, x, route in waiting:
            agenda.add(at, order, x, route)
        self.book()

    def recall(self, other: "Lane", to: int) -> None:
        """The readings up to `to` that another lane of this subject remembers."""
        for of, log in other.logs.items():
            known = self.logs.setdefault(of, Log(log.signal, log.place, self._span(*of)))
            known.rows[:0] = log.rows[: bisect_right(log.rows, to, key=itemgetter(0))]

    def book(self) -> None:
        """Its next deadline, where that is earlier than what stands in the agenda."""
        if self.wake < self.booked:
            self.booked = self.wake
            heappush(self.agenda.deadlines, (self.wake, self.index, self))

    def _due(self, t: int) -> int:
        """The bits of the nodes whose deadline has come."""
        timers, nodes = self.timers, self._nodes
        dirty = 0
        while timers and timers[0][0] <= t:
            due, k = heappop(timers)
            if k >= 0:
                if nodes[k].booked == due:
                    nodes[k].booked = NEVER
                    dirty |= 1 << k
            elif k <= RELEASES:
                self.starting = (*self.starting, self.runs[RELEASES - k])
        self.wake = timers[0][0] if timers else NEVER
        return dirty

    def _decide(self, t: int, noticed: int, touched: Iterable[Run], changes: list[Change]) -> None:
        self.starting = ()
        for run in touched:
            condition = run.condition
            before = condition.onset
            clear = None if run.clear is None else run.clear.out
            heard = condition.heard or all(
                self._nodes[run.base + step].out != U for step in run.plan.absences
            )
            kinds = condition.decide(run.root.out, clear, t, heard=heard)
            if kinds:
                from rules.explain import changes_of  # it walks lanes; an episode is rare

                changes += changes_of(self, run, kinds, before, t, noticed)
                self.book_release(run)
        if self.real:
            self.real = {at: own for at, own in self.real.items() if at > t}

    def answer(self, run: Run, step: int) -> int:
        """What a step of a run says now."""
        return self._nodes[run.base + step].out


@cache
def _bit(k: int) -> int:
    """1 << k, one object for all lanes: what a thousand homes share stays near the processor."""
    return 1 << k


def matches(source: SignalRef, signal: str, place: str | None) -> bool:
    return source.signal == signal and hears(source.place, place)
