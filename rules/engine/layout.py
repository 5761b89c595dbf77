"""The rules that watch one subject, laid out: every distinct step once, children before parents.

Equal steps of several rules are one node: two rules that read the same newest value share it, and
what it knows. Plans and their numbers are in here, and nothing that a subject knows; so all for
whom the same plans are at work share one layout. Lanes settle by it, the compiled fold runs it.
"""

from collections.abc import Sequence
from typing import NamedTuple
from weakref import WeakValueDictionary

from rules.operators.machine import Judge, Take
from rules.places import hears
from rules.plan import Plan, Step
from rules.tree import SignalRef

Sink = tuple[Take, int, list[int], int, int]  # take, node, its p, port, bit of the node
Work = tuple[Judge, list[int], tuple[Sink, ...], int]  # judge, p, its parents, the bits of runs


class Hearing(NamedTuple):
    """What a reading of one signal at one place is for."""

    sinks: tuple[Sink, ...]
    dirty: int  # the bits of their nodes
    span: int  # ms that evidence may name
    number: int  # among the hearings of its layout


class Layout:
    """Some plans that watch the same subject."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = tuple(plans)
        self.steps: list[Step] = []  # of each node, one step that it stands for
        self.ports: list[tuple[SignalRef | int, ...]] = []  # of each node: a source, or a node
        self.node_of: list[tuple[int, ...]] = []  # of each plan, of each step, its node
        self.numbers: dict[str, int] = {}  # of each identity, its node
        for plan in self.plans:
            own: list[int] = []
            for step in plan.steps:
                known = self.numbers.get(step.identity)
                if known is None:
                    known = self.numbers[step.identity] = len(self.steps)
                    self.steps.append(step)
                    self.ports.append(_ports(step, own))
                own.append(known)
            self.node_of.append(tuple(own))
        self.hearings: list[Hearing] = []
        self._heard: dict[tuple[str, str | None], Hearing | None] = {}
        self.nodes = self._nodes()
        self.says = tuple((self.root(i), self.clear(i)) for i in range(len(self.plans)))

    def root(self, index: int) -> int:
        """The node whose answer is that of a plan."""
        return self.node_of[index][self.plans[index].root]

    def clear(self, index: int) -> int | None:
        """The node of a plan's `clear_when`, if it has one."""
        clear = self.plans[index].clear
        return None if clear is None else self.node_of[index][clear]

    def hearing(self, signal: str, place: str | None) -> Hearing | None:
        """Who takes such a reading; None: no rule of these reads it."""
        of = signal, place
        if of not in self._heard:
            sinks = tuple(
                self._sink(node, port)
                for node, ports in enumerate(self.ports)
                for port, source in enumerate(ports)
                if isinstance(source, SignalRef) and matches(source, signal, place)
            )
            dirty = 0
            for sink in sinks:
                dirty |= sink[-1]
            found = None
            if sinks:
                found = Hearing(sinks, dirty, self._span(*of), len(self.hearings))
                self.hearings.append(found)
            self._heard[of] = found
        return self._heard[of]

    def _span(self, signal: str, place: str | None) -> int:
        spans = [plan.spans.items() for plan in self.plans]
        return max(span for own in spans for ref, span in own if matches(ref, signal, place))

    def _nodes(self) -> tuple[Work, ...]:
        parents: list[list[Sink]] = [[] for _ in self.steps]
        for node, ports in enumerate(self.ports):
            for port, child in enumerate(ports):
                if isinstance(child, int):
                    parents[child].append(self._sink(node, port))
        runs = [0] * len(self.steps)
        for index in range(len(self.plans)):
            for node in self._asked(index):
                runs[node] |= 1 << index
        return tuple(
            (step.operator.judge, step.p, tuple(above), of)
            for step, above, of in zip(self.steps, parents, runs, strict=True)
        )

    def _asked(self, index: int) -> set[int]:
        """The nodes with whose answers the condition of a plan is decided anew."""
        plan = self.plans[index]
        clear = () if plan.clear is None else (plan.clear,)
        return {self.node_of[index][step] for step in (plan.root, *clear, *plan.absences)}

    def _sink(self, node: int, port: int) -> Sink:
        step = self.steps[node]
        return step.operator.take, node, step.p, port, 1 << node


def laid_out(plans: Sequence[Plan]) -> Layout:
    """One layout for all who have these very plans, for as long as anybody has."""
    key = tuple(map(id, plans))  # a layout holds its plans: while it lives, so do their ids
    known = _known.get(key)
    if known is None:
        known = _known[key] = Layout(plans)
    return known


_known: WeakValueDictionary[tuple[int, ...], Layout] = WeakValueDictionary()


def matches(source: SignalRef, signal: str, place: str | None) -> bool:
    """Whether a source hears such a reading."""
    return source.signal == signal and hears(source.place, place)


def _ports(step: Step, own: Sequence[int]) -> tuple[SignalRef | int, ...]:
    """What feeds each port, in their order; `own`: the nodes of the plan's earlier steps."""
    at = {port: source for source, port in step.sources}
    rest = iter(step.children)
    count = len(step.sources) + len(step.children)
    return tuple(at[port] if port in at else own[next(rest)] for port in range(count))
