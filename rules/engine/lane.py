"""The rules that watch one subject, settled instant by instant. Both drivers run this.

An instant is judged once: all its readings in order, then all due deadlines, then the nodes in
postorder, children first. Only the final answers of an instant are seen. Deadlines are lazy: a
node wakes at the earliest time it was ever booked for and may find that nothing is due.

What the rules are lies in a layout, which subjects with the same rules share (`layout.py`); here
lies what is known of this subject alone, so that a thousand homes stay near the processor.
"""

from collections.abc import Sequence
from heapq import heappop, heappush

from rules.engine.agenda import Agenda, Route
from rules.engine.episodes import Change
from rules.engine.history import Log
from rules.engine.layout import Layout, laid_out, matches
from rules.engine.nodes import Maker, Nodes, PlainNodes
from rules.engine.run import Run, States
from rules.operators.machine import NEVER, State, U

__all__ = ["Lane", "Run", "matches"]

STARTS = -1  # a moment at which a rule begins to speak; 0 and above: a run's held episode is told

NOTHING = laid_out(())


class Lane:
    """One subject's rules of one kind (ordinary, or urgent), with their recent readings."""

    __slots__ = (
        "_moments",
        "_moved",
        "_routes",
        "agenda",
        "booked",
        "index",
        "layout",
        "logs",
        "make",
        "nodes",
        "now",
        "real",
        "runs",
        "starting",
        "subject",
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
        make: Maker = PlainNodes,
    ) -> None:
        """`agenda`: where its readings and deadlines wait, with those of other lanes; None: alone.
        `index` is its number there. `make`: what its nodes are.
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
        self._moments: list[tuple[int, int]] = []  # deadlines of its own, beside those of nodes
        self.layout: Layout = NOTHING
        self.make = make
        self.nodes: Nodes = make(NOTHING, (), (), now)
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
        states, carried = self._lay_out(known)
        self.nodes = self.make(self.layout, states, carried, self.now)
        self._listen()
        for run in starting:
            told, _ = self.said(run)
            if told > 1 and not run.condition.heard:  # an event of before is no news
                run.condition.occurrence = max(run.condition.occurrence, told)
        self._moments = [(self.now, STARTS)] if self.starting else []
        for run in self.runs:
            self.book_release(run)
        self.book()

    def use(self, make: Maker) -> None:
        """From now on its nodes are of this kind, and know what they knew."""
        if make is not self.make:
            self.make = make
            states = self.nodes.states()
            self.nodes = make(self.layout, states, [True] * len(states), self.now)
            self._listen()
            self.book()

    def _listen(self) -> None:
        """Readings find the nodes that are there now."""
        for (signal, place), route in self._routes.items():
            self._direct(route, signal, place)
        for (signal, place), log in self.logs.items():
            hearing = self.layout.hearing(signal, place)
            log.span = hearing.span if hearing is not None else 0

    def known(self) -> dict[str, State]:
        """The state of every step by its identity."""
        steps = self.layout.steps
        return {step.identity: s for step, s in zip(steps, self.nodes.states(), strict=True)}

    def _lay_out(self, known: States) -> tuple[list[State], list[bool]]:
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
        return states, carried

    def book_release(self, run: Run) -> None:
        """An episode that is held back is told in time, whether anything happens then or not."""
        release = run.condition.release
        if release != NEVER:
            heappush(self._moments, (release, run.index))
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
        route.number = None if hearing is None else self.nodes.number(hearing)

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

    def take(self, number: int | None, t: int, x: int) -> None:
        """A reading of the instant that is settled next."""
        if number is not None:
            self.nodes.take(number, t, x)

    def step(self, number: int | None, t: int, x: int, noticed: int, changes: list[Change]) -> None:
        """The last reading of an instant, and closes it. What was told or is booked comes of the
        final answers alone.
        """
        nodes = self.nodes
        self._settled(
            nodes.settle(t) if number is None else nodes.step(number, t, x), t, noticed, changes
        )

    def settle(self, t: int, noticed: int, changes: list[Change]) -> None:
        """An instant without a reading."""
        self._settled(self.nodes.settle(t), t, noticed, changes)

    def _settled(self, touched: int, t: int, noticed: int, changes: list[Change]) -> None:
        self.now = t
        moments = self._moments
        while moments and moments[0][0] <= t:
            _, what = heappop(moments)
            if what != STARTS:
                touched |= 1 << what
        touched |= self.starting
        if touched:
            self._decide(t, noticed, touched, changes)
        wake = self.nodes.wake
        if moments and moments[0][0] < wake:
            wake = moments[0][0]
        self.wake = wake
        if wake < self.booked:
            self._book(wake)

    def fire(self, to: int, noticed: int, changes: list[Change]) -> None:
        """All deadlines up to and including `to`, of instants without a reading."""
        while self.wake <= to:
            self.settle(self.wake, noticed, changes)

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
            known.put_before(log, to)

    def book(self) -> None:
        """Its next deadline, where that is earlier than what stands in the agenda."""
        self.wake = wake = self._first()
        if wake < self.booked:
            self._book(wake)

    def _first(self) -> int:
        """The earliest of its deadlines."""
        wake, moments = self.nodes.wake, self._moments
        return moments[0][0] if moments and moments[0][0] < wake else wake

    def _book(self, wake: int) -> None:
        self.booked = wake
        heappush(self.agenda.deadlines, (wake, self.index, self))

    def _decide(self, t: int, noticed: int, touched: int, changes: list[Change]) -> None:
        self.starting = 0
        while touched:
            low = touched & -touched
            touched ^= low
            run = self.runs[low.bit_length() - 1]
            condition = run.condition
            before = condition.onset
            heard = condition.heard or self._heard(run)
            kinds = condition.decide(*self.said(run), t, heard=heard)
            if kinds:
                from rules.engine.explain import changes_of  # it walks lanes; an episode is rare

                changes += changes_of(self, run, kinds, before, t, noticed)
                self.book_release(run)
        if self.real:
            self.real = {at: own for at, own in self.real.items() if at > t}

    def _heard(self, run: Run) -> bool:
        """What a run says of what did not come is known."""
        return all(self.answer(run, step) != U for step in run.plan.absences)

    # --- what is known

    def is_starting(self, run: Run) -> bool:
        """It has not begun to speak."""
        return self.starting >> run.index & 1 == 1

    def said(self, run: Run) -> tuple[int, int | None]:
        """The answers of a run's `when`, and of its `clear_when` if it has one."""
        root, clear = self.layout.says[run.index]
        answer = self.nodes.answer
        return answer(root), None if clear is None else answer(clear)

    def answer(self, run: Run, step: int) -> int:
        """What a step of a run says now."""
        return self.nodes.answer(self.layout.node_of[run.index][step])

    def state(self, run: Run, step: int) -> State:
        """What a step of a run knows; to be read, not written."""
        return self.nodes.state(self.layout.node_of[run.index][step])

    def states_of(self, run: Run) -> dict[str, State]:
        """What a run's steps know, by their identity."""
        return {step.identity: self.state(run, i) for i, step in enumerate(run.plan.steps)}
