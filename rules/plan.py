"""A rule with its parameters filled in, flattened: what both drivers run.

Steps stand in postorder, so a child is judged before its parents. Equal subtrees are one step: the
two limits of a pressure share its newest value. A tree and its numbers are data; nothing is
compiled for them.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from devices.errors import Spoken, said
from devices.signals import CATALOGUE
from rules.almanac import Almanac
from rules.errors import ValueOutOfRange
from rules.operators.machine import Operator
from rules.quantity import Quantity
from rules.rule import Rule
from rules.tree import Node, SignalRef


@dataclass(frozen=True, slots=True)
class Step:
    """One operator at work."""

    operator: Operator
    p: list[int]
    parents: tuple[tuple[int, int], ...]  # (step, its port) that take its answer
    sources: tuple[tuple[SignalRef, int], ...]  # (source, port) that feed it points
    children: tuple[int, ...]
    identity: str  # the same for the same subtree with the same numbers
    node: Node


@dataclass(frozen=True, slots=True)
class Plan:
    """One rule with one resident's values, by one local calendar."""

    rule: Rule
    values: Mapping[str, Decimal]
    zone: str
    holidays: str  # code of the calendar of public holidays; "": none known
    steps: tuple[Step, ...]
    root: int
    clear: int | None
    absences: tuple[int, ...]  # steps beneath the root that speak of what did not come
    spans: Mapping[SignalRef, int]  # ms of a source that evidence may name
    lookback_ms: int  # readings of this long determine every answer

    def __reduce__(self) -> tuple[Callable[..., "Plan"], tuple[Rule, dict[str, Decimal], str, str]]:
        """Plans cross process borders as what they were made from."""
        return plan, (self.rule, dict(self.values), self.zone, self.holidays)


def plan(rule: Rule, values: Mapping[str, Decimal], zone: str, holidays: str = "") -> Plan:
    """Raises ValueOutOfRange where a value is not allowed or values contradict each other."""
    chosen = rule.values(values)
    flat = _Flat(rule, chosen, Almanac(zone, holidays))
    root = flat.add(rule.tree)
    clear = None if rule.clear is None else flat.add(rule.clear)
    steps = flat.steps()
    return Plan(
        rule,
        MappingProxyType(chosen),
        zone,
        holidays,
        steps,
        root,
        clear,
        tuple(k for k in sorted(_beneath(steps, root)) if steps[k].operator.absence),
        MappingProxyType(_spans(steps)),
        max(_lookbacks(steps)),
    )


class _Flat:
    """Collects steps; equal subtrees once."""

    def __init__(self, rule: Rule, values: Mapping[str, Decimal], almanac: Almanac) -> None:
        self._rule = rule
        self._quantities = {
            name: Quantity(value, rule.parameters[name].unit) for name, value in values.items()
        }
        self._almanac = almanac
        self._known: dict[str, int] = {}
        self._nodes: list[tuple[Node, list[int], str, list[int | SignalRef]]] = []

    def add(self, node: Node) -> int:
        children: list[int | SignalRef] = [
            self.add(child) if isinstance(child, Node) else child for child in node.children
        ]
        p = self._bind(node)
        inner = [self._nodes[c][2] if isinstance(c, int) else str(c) for c in children]
        text = f"{node.operator.word}/{node.operator.version}{p}({';'.join(inner)})"
        identity = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        if identity not in self._known:
            self._known[identity] = len(self._nodes)
            self._nodes.append((node, p, identity, children))
        return self._known[identity]

    def _bind(self, node: Node) -> list[int]:
        try:
            counted = {a.name: a.count(self._quantities) for a in node.arguments}
            return node.operator.bind(counted, node, self._almanac)
        except ValueError as error:
            where = f"{self._rule.name}, line {node.line}"
            hint = Spoken("Set the parameters so that they agree")
            raise ValueOutOfRange("plan a rule", where, said(error), hint) from None

    def steps(self) -> tuple[Step, ...]:
        parents: list[list[tuple[int, int]]] = [[] for _ in self._nodes]
        for index, (_, _, _, children) in enumerate(self._nodes):
            for port, child in enumerate(children):
                if isinstance(child, int):
                    parents[child].append((index, port))
        return tuple(
            Step(
                node.operator,
                p,
                tuple(parents[index]),
                tuple((c, port) for port, c in enumerate(children) if isinstance(c, SignalRef)),
                tuple(c for c in children if isinstance(c, int)),
                identity,
                node,
            )
            for index, (node, p, identity, children) in enumerate(self._nodes)
        )


def _beneath(steps: tuple[Step, ...], root: int) -> set[int]:
    """A step and all on which it rests."""
    found: set[int] = set()
    left = [root]
    while left:
        found.add(step := left.pop())
        left += steps[step].children
    return found


def _spans(steps: tuple[Step, ...]) -> dict[SignalRef, int]:
    """Downwards: how far back each source may be named."""
    needed = [0] * len(steps)
    spans: dict[SignalRef, int] = {}
    for index in range(len(steps) - 1, -1, -1):  # parents stand after their children
        step = steps[index]
        span = needed[index] + step.operator.span(step.p)
        for child in step.children:
            needed[child] = max(needed[child], span)
        for source, _ in step.sources:
            spans[source] = max(spans.get(source, 0), span)
    return spans


def _lookbacks(steps: tuple[Step, ...]) -> list[int]:
    """Upwards. What the gateway feeds itself (coverage) is primed at a start, so it counts 0."""
    total: list[int] = []
    for step in steps:
        primed = any(CATALOGUE[source.signal].by_gateway for source, _ in step.sources)
        own = 0 if primed else step.operator.lookback(step.p)
        total.append(own + max((total[child] for child in step.children), default=0))
    return total
