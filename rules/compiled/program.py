"""Plans laid out as arrays: what the fold runs. Data only, so that nothing is compiled.

Equal steps of several plans are one node: two rules that read the same newest value share it.
"""

from collections.abc import Sequence

import numpy as np

from rules.plan import Plan, Step
from rules.tree import SignalRef


class Program:
    """Some plans that watch the same subject."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = tuple(plans)
        self.sources: list[SignalRef] = []
        self.steps: list[Step] = []  # of each node, one step that it stands for
        self.node_of: list[list[int]] = []  # of each plan, of each step, its node
        self.ports: list[list[int]] = []  # of each node: a source, or node k as -1 - k
        self._known: dict[str, int] = {}
        for plan in self.plans:
            own: list[int] = []
            for step in plan.steps:
                known = self._known.get(step.identity)
                if known is None:
                    known = self._known[step.identity] = len(self.steps)
                    self.steps.append(step)
                    self.ports.append(self._ports(step, own))
                own.append(known)
            self.node_of.append(own)
        self.p = [np.array(step.p, np.int64) for step in self.steps]
        self.s = [np.array(step.operator.state(step.p), np.int64) for step in self.steps]

    def _ports(self, step: Step, own: Sequence[int]) -> list[int]:
        """What feeds each port, in their order."""
        at = {port: self._source(source) for source, port in step.sources}
        rest = iter(step.children)
        count = len(step.sources) + len(step.children)
        return [at[port] if port in at else -1 - own[next(rest)] for port in range(count)]

    def _source(self, source: SignalRef) -> int:
        if source not in self.sources:
            self.sources.append(source)
        return self.sources.index(source)

    def root(self, index: int) -> int:
        """The node whose answer is that of a plan."""
        return self.node_of[index][self.plans[index].root]

    def clear(self, index: int) -> int | None:
        """The node of a plan's `clear_when`, if it has one."""
        clear = self.plans[index].clear
        return None if clear is None else self.node_of[index][clear]
