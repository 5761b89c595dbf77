"""The rules that watch one subject, settled instant by instant. Both drivers run this.

An instant is judged once: all its readings in order, then all due deadlines, then the nodes in
postorder, children first. Only the final answers of an instant are seen. Deadlines are lazy: a
node wakes at the earliest time it was ever booked for and may find that nothing is due.

What the rules are lies in a layout, which subjects with the same rules share (`layout.py`); here
lies what is known of this subject alone, so that a thousand homes stay near the processor.
"""

from bisect import bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush
from operator import itemgetter

from rules.engine.agenda import Agenda, Route
from rules.engine.episodes import Change
from rules.engine.history import Log
from rules.engine.layout import Layout, laid_out, matches
from rules.engine.run import Run, States
from rules.operators.machine import NEVER, State, U

__all__ = ["Lane", "Run", "matches"]

# In the heap of deadlines, what is not the number of a node:
STARTS = -1  # a rule begins to speak
RELEASES = -2  # and below: the held episode of a run is told

NOTHING = laid_out(())


class Lane:
    """One subject's rules of one kind (ordinary, or urgent), with their recent readings."""

    __slots__ = (
        "_booked",
        "_moved",
        "_out",
        "_routes",
        "agenda",
        "booked",
        "index",
        "layout",
        "logs",
        "now",
        "real",
        "runs",
        "starting",
        "states",
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
        self.starting = 0  # bits of runs: decided at the next instant, whatever happens then
        self.timers: list[tuple[int, int]] = []
        self.layout: Layout = NOTHING
        self.states: list[State] = []  # of each node
        self._out: list[int] = []  # of each node, its answer
        self._booked: list[int] = []  # … the earliest deadline that stands among the timers
        self._moved = now
        self._routes: dict[tuple[str, str | None], Route] = {}

    # --- rules come and go

    def install(self, runs: Sequence[Run], starting: Sequence[Run], now: int) -> None:
        """Lays out all rules anew and derives answers and deadlines by judging at `now`."""
        self.now = max(self.now, now)
        begun = [run for run in self.runs if self.is_starting(run)]
        known = self.known()
        self.runs = list(runs)
        self.layout = laid_out([run.plan for run in self.runs])
        for index, run in enumerate(self.runs):
            run.index = index
        self.starting = 0
        for run in (*begun, *starting):
            if run in self.runs:
                self.starting |= 1 << run.index
        carried = self._lay_out(known)
        for (signal, place), route in self._routes.items():
            self._direct(route, signal, place)
        for (signal, place), log in self.logs.items():
            hearing = self.layout.hearing(signal, place)
            log.span = hearing.span if hearing is not None else 0
        self._prime(carried)
        for run in starting:
            told, _ = self.said(run)
            if told > 1 and not run.condition.heard:  # an event of before is no news
                run.condition.occurrence = max(run.condition.occurrence, told)
        if self.starting:
            heappush(self.timers, (self.now, STARTS))
        for run in self.runs:
            self.book_release(run)
        self.wake = self.timers[0][0] if self.timers else NEVER
        self.book()

    def known(self) -> dict[str, State]:
        """The state of every step by its identity."""
        steps = self.layout.steps
        return {step.identity: s for step, s in zip(steps, self.states, strict=True)}

    def _lay_out(self, known: States) -> list[bool]:
        """What was known of equal steps is kept, or brought along; of each node, whether it was."""
        states: list[State] = []
        carried: list[bool] = []
        for step in self.layout.steps:
            own = known.get(step.identity)
            if own is None:
                own = step.operator.state(step.p)
                brought = (run.brings.get(step.identity) for run in self.runs)
                found = next((s for s in brought if s is not None), None)
                carried.append(found is not None and len(found) <= len(own))
                if found is not None and carried[-1]:
                    own[: len(found)] = found
            else:
                carried.append(True)
            states.append(own)
        for run in self.runs:
            run.brings = {}
        self.states = states
        return carried

    def _prime(self, carried: Sequence[bool]) -> None:
        """Answers of carried nodes are derived; fresh ones take their children's first."""
        states, now = self.states, self.now
        self._out, self._booked, self.timers = [], [], []
        for node, (judge, p, parents, _) in enumerate(self.layout.nodes):
            out, until = judge(states[node], p, now)
            self._out.append(out)
            self._booked.append(until)
            if until < NEVER:
                heappush(self.timers, (until, node))
            if out != U:
                for take, parent, pp, port, _ in parents:
                    if not carried[parent]:
                        take(states[parent], pp, now, port, out)

    def book_release(self, run: Run) -> None:
        """An episode that is held back is told in time, whether anything happens then or not."""
        release = run.condition.release
        if release != NEVER:
            heappush(self.timers, (release, RELEASES - run.index))
            if release < self.wake:
                self.wake = release
                self.book()

    # --- readings

    def route(self, signal: str, place: str | None) -> Route | None:
        """Where such a reading goes; None if no rule of this lane reads it."""
        of = (signal, place)
        route = self._routes.get(of)
        if route is None:
            hearing = self.layout.hearing(signal, place)
            if hearing is None:
                return None
            log = self.logs.setdefault(of, Log(signal, place, hearing.span))
            route = self._routes[of] = Route(self, log)
            self._direct(route, signal, place)
        return route

    def _direct(self, route: Route, signal: str, place: str | None) -> None:
        hearing = self.layout.hearing(signal, place)
        route.sinks, route.dirty = ((), 0) if hearing is None else hearing[:2]

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
        nodes, states, outs, booked = self.layout.nodes, self.states, self._out, self._booked
        touched = self.starting
        while dirty:
            low = dirty & -dirty  # the lowest bit: a child before its parents
            dirty ^= low
            node = low.bit_length() - 1
            judge, p, parents, runs = nodes[node]
            out, until = judge(states[node], p, t)
            if until < booked[node]:
                booked[node] = until
                heappush(self.timers, (until, node))
                self.wake = self.timers[0][0]
            if out != outs[node]:
                outs[node] = out
                touched |= runs
                for take, parent, pp, port, bit in parents:
                    take(states[parent], pp, t, port, out)
                    dirty |= bit
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
            route.index = index
        for at, _, order, _, x, route in waiting:
            agenda.add(at, order, x, route)
        self.book()

    def recall(self, other: "Lane", to: int) -> None:
        """The readings up to `to` that another lane of this subject remembers."""
        for of, log in other.logs.items():
            hearing = self.layout.hearing(*of)
            span = hearing.span if hearing is not None else 0
            known = self.logs.setdefault(of, Log(log.signal, log.place, span))
            known.rows[:0] = log.rows[: bisect_right(log.rows, to, key=itemgetter(0))]

    def book(self) -> None:
        """Its next deadline, where that is earlier than what stands in the agenda."""
        if self.wake < self.booked:
            self.booked = self.wake
            heappush(self.agenda.deadlines, (self.wake, self.index, self))

    def _due(self, t: int) -> int:
        """The bits of the nodes whose deadline has come."""
        timers, booked = self.timers, self._booked
        dirty = 0
        while timers and timers[0][0] <= t:
            due, node = heappop(timers)
            if node >= 0:
                if booked[node] == due:
                    booked[node] = NEVER
                    dirty |= 1 << node
            elif node <= RELEASES:
                self.starting |= 1 << (RELEASES - node)
        self.wake = timers[0][0] if timers else NEVER
        return dirty

    def _decide(self, t: int, noticed: int, touched: int, changes: list[Change]) -> None:
        self.starting = 0
        while touched:
            low = touched & -touched
            touched ^= low
            run = self.runs[low.bit_length() - 1]
            condition = run.condition
            before = condition.onset
            heard = condition.heard or all(
                self.answer(run, step) != U for step in run.plan.absences
            )
            kinds = condition.decide(*self.said(run), t, heard=heard)
            if kinds:
                from rules.engine.explain import changes_of  # it walks lanes; an episode is rare

                changes += changes_of(self, run, kinds, before, t, noticed)
                self.book_release(run)
        if self.real:
            self.real = {at: own for at, own in self.real.items() if at > t}

    # --- what is known

    def is_starting(self, run: Run) -> bool:
        """It has not begun to speak."""
        return self.starting >> run.index & 1 == 1

    def said(self, run: Run) -> tuple[int, int | None]:
        """The answers of a run's `when`, and of its `clear_when` if it has one."""
        clear = self.layout.clear(run.index)
        return self._out[self.layout.root(run.index)], None if clear is None else self._out[clear]

    def answer(self, run: Run, step: int) -> int:
        """What a step of a run says now."""
        return self._out[self.layout.node_of[run.index][step]]

    def state(self, run: Run, step: int) -> State:
        """What a step of a run knows."""
        return self.states[self.layout.node_of[run.index][step]]

    def states_of(self, run: Run) -> dict[str, State]:
        """What a run's steps know, by their identity."""
        return {step.identity: self.state(run, i) for i, step in enumerate(run.plan.steps)}
