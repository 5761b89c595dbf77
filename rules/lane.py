"""The rules that watch one subject, settled instant by instant. Both drivers run this.

An instant is judged once: all its readings in order, then all due deadlines, then the nodes in
postorder, children first. Only the final answers of an instant are seen. Deadlines are lazy: a
node wakes at the earliest time it was ever booked for and may find that nothing is due.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from operator import itemgetter

from rules.episodes import Change, Condition
from rules.history import OFTEN, Log, Row
from rules.operators.machine import NEVER, Judge, State, Take, U
from rules.plan import Plan
from rules.tree import SignalRef

Sink = tuple[Take, State, list[int], int, int]  # take, s, p, port, bit of its node
Route = tuple[tuple[Sink, ...], Log, list[Row]]  # who takes it, and the log with its rows
Pending = tuple[int, int, int, Route]  # at, order, x, where to

RELEASE = -2  # and below, in the heap of deadlines: a run whose held episode is told, not a node

_IN_ORDER = itemgetter(0, 1)


@dataclass(slots=True, eq=False)
class Run:
    """One enrolled rule: its plan, the states of its steps, and what is known of its condition."""

    key: str
    home: str
    subject: str
    plan: Plan
    states: list[State]
    condition: Condition
    since: int  # it speaks from this instant on
    base: int = 0  # its first node in the lane
    carried: list[bool] = field(default_factory=list)  # steps whose state is older than the run

    @classmethod
    def fresh(cls, key: str, home: str, subject: str, plan: Plan, since: int) -> "Run":
        states = [step.operator.state(step.p) for step in plan.steps]
        condition = Condition.of(plan.rule)
        return cls(key, home, subject, plan, states, condition, since, 0, [False] * len(states))

    def carry(self, states: dict[str, State], condition: Condition | None) -> None:
        """Takes over the states of equal subtrees: a changed number resets only what it touches."""
        for index, step in enumerate(self.plan.steps):
            known = states.get(step.identity)
            if known is not None and len(known) <= len(self.states[index]):
                self.states[index][: len(known)] = known
                self.carried[index] = True
        if condition is not None:
            condition.absence, condition.at_most = self.condition.absence, self.condition.at_most
            self.condition = condition

    def states_by_identity(self) -> dict[str, State]:
        return {s.identity: self.states[i] for i, s in enumerate(self.plan.steps)}


class Node:
    """One step at work: all that settling touches lies together."""

    __slots__ = ("booked", "judge", "out", "p", "root_of", "s", "sinks")

    def __init__(
        self,
        judge: Judge,
        s: State,
        p: list[int],
        sinks: tuple[Sink, ...],
        root_of: Run | None,
    ) -> None:
        self.judge = judge
        self.s = s
        self.p = p
        self.sinks = sinks  # its parents
        self.root_of = root_of
        self.out = U
        self.booked = NEVER  # the earliest deadline that stands in the lane's heap


class Lane:
    """One subject's rules of one kind (ordinary, or urgent), with their buffered readings."""

    __slots__ = (
        "_moved",
        "_nodes",
        "_ordered",
        "_routes",
        "_starting",
        "due",
        "index",
        "logs",
        "now",
        "pending",
        "real",
        "runs",
        "subject",
        "timers",
        "urgent",
        "wake",
    )

    def __init__(self, subject: str, index: int, now: int, *, urgent: bool = False) -> None:
        self.subject = subject
        self.index = index
        self.urgent = urgent
        self.now = now
        self.due = NEVER  # the next reading that the engine has booked
        self.wake = NEVER  # the next deadline that the engine has booked, or an earlier time
        self.runs: list[Run] = []
        self.pending: list[Pending] = []
        self.logs: dict[tuple[str, str | None], Log] = {}
        self.real: dict[int, int] = {}  # urgent: instants that were moved → the reading's own time
        self._moved = now
        self._ordered = True
        self._nodes: list[Node] = []
        self.timers: list[tuple[int, int]] = []
        self._routes: dict[tuple[str, str | None], Route | None] = {}
        self._starting: list[Run] = []

    # --- rules come and go

    def install(self, runs: Sequence[Run], starting: Sequence[Run], now: int) -> None:
        """Lays out all nodes anew and derives answers and deadlines by judging at `now`."""
        self.now = max(self.now, now)
        self.runs = list(runs)
        self._lay_out()
        self._routes.clear()
        for (signal, place), log in self.logs.items():
            log.span = self._span(signal, place)
        self.pending = [
            (at, order, x, route)
            for at, order, x, old in self.pending
            if (route := self.route(old[1].signal, old[1].place)) is not None
        ]
        for run in self.runs:
            self._prime(run)
        self._starting += starting
        if starting:
            heappush(self.timers, (self.now, -1))
        for run in self.runs:
            self.book_release(run)

    def book_release(self, run: Run) -> None:
        """An episode that is held back is told in time, whether anything happens then or not."""
        if run.condition.held:
            heappush(self.timers, (run.condition.release, RELEASE - self.runs.index(run)))

    def _lay_out(self) -> None:
        self._nodes, self.timers = [], []
        for run in self.runs:
            run.base = len(self._nodes)
            for index, step in enumerate(run.plan.steps):
                sinks = tuple(self._sink(run, parent, port) for parent, port in step.parents)
                root = index in {run.plan.root, run.plan.clear}
                judge, s = step.operator.judge, run.states[index]
                self._nodes.append(Node(judge, s, step.p, sinks, run if root else None))

    def _sink(self, run: Run, step: int, port: int) -> Sink:
        operator, p = run.plan.steps[step].operator, run.plan.steps[step].p
        return operator.take, run.states[step], p, port, 1 << (run.base + step)

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
        key = (signal, place)
        if key in self._routes:
            return self._routes[key]
        sinks = tuple(
            self._sink(run, index, port)
            for run in self.runs
            for index, step in enumerate(run.plan.steps)
            for source, port in step.sources
            if matches(source, signal, place)
        )
        found: Route | None = None
        if sinks:
            log = self.logs.setdefault(key, Log(signal, place, self._span(signal, place)))
            found = (sinks, log, log.rows)
        self._routes[key] = found
        return found

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
        """Buffers a reading and returns its instant: its own time, or where an urgent lane has
        settled later ones, the next after them.
        """
        if self.urgent and at <= self.now:
            self._moved = max(self.now, self._moved) + 1
            self.real[self._moved] = at
            at = self._moved
        pending = self.pending
        if pending and at <= pending[-1][0]:
            self._ordered = False
        pending.append((at, order, x, route))
        return at

    # --- instants

    def run_to(self, to: int, noticed: int, changes: list[Change]) -> None:
        """Closes all instants up to and including `to`."""
        pending = self.pending
        if not self._ordered:
            pending.sort(key=_IN_ORDER)
            self._ordered = True
        done, count = 0, len(pending)
        timers = self.timers
        while True:
            t = pending[done][0] if done < count else NEVER
            if timers and timers[0][0] < t:
                t = timers[0][0]
            if t > to:
                break
            dirty = 0
            while done < count and pending[done][0] == t:
                _, order, x, (sinks, log, rows) = pending[done]
                done += 1
                for take, s, p, port, bit in sinks:
                    take(s, p, t, port, x)
                    dirty |= bit
                rows.append((t, x, order))
                if not len(rows) % OFTEN:
                    log.prune(t)
            if timers and timers[0][0] <= t:
                dirty |= self._due(t)
            self.now = t
            touched = self._settle(t, dirty)
            if touched or self._starting:
                self._decide(t, noticed, touched, changes)
        if done:
            del pending[:done]
        self.now = max(self.now, to)

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
            elif k <= RELEASE:
                self._starting.append(self.runs[RELEASE - k])
        return dirty

    def _settle(self, t: int, dirty: int) -> list[Run] | None:
        nodes, timers = self._nodes, self.timers
        touched: list[Run] | None = None
        while dirty:
            low = dirty & -dirty
            dirty ^= low
            k = low.bit_length() - 1
            node = nodes[k]
            value, until = node.judge(node.s, node.p, t)
            if until < node.booked:
                node.booked = until
                heappush(timers, (until, k))
            if value != node.out:
                node.out = value
                for take, ps, pp, port, bit in node.sinks:
                    take(ps, pp, t, port, value)
                    dirty |= bit
                if node.root_of is not None:
                    touched = [*touched, node.root_of] if touched else [node.root_of]
        return touched

    def _decide(
        self, t: int, noticed: int, touched: list[Run] | None, changes: list[Change]
    ) -> None:
        from rules.explain import changes_of  # it walks lanes; imported where an episode is rare

        runs = dict.fromkeys([*self._starting, *(touched or [])])
        self._starting = []
        for run in runs:
            plan = run.plan
            when = self.answer(run, plan.root)
            clear = None if plan.clear is None else self.answer(run, plan.clear)
            before = run.condition.onset
            kinds = run.condition.decide(when, clear, t)
            if kinds:
                changes += changes_of(self, run, kinds, before, t, noticed)
                if run.condition.held:
                    self.book_release(run)
        if self.real:
            self.real = {at: own for at, own in self.real.items() if at > t}

    def answer(self, run: Run, step: int) -> int:
        """What a step of a run says now."""
        return self._nodes[run.base + step].out

    def next_reading(self) -> int:
        """The instant of the first reading that waits."""
        if not self.pending:
            return NEVER
        if not self._ordered:
            self.pending.sort(key=_IN_ORDER)
            self._ordered = True
        return self.pending[0][0]

    def next_deadline(self) -> int:
        """The earliest time at which a node may have something to say."""
        return self.timers[0][0] if self.timers else NEVER


def matches(source: SignalRef, signal: str, place: str | None) -> bool:
    return source.signal == signal and source.place in {None, place}
