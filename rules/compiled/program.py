"""Plans laid out as flat arrays: what the fold runs. Data only, so that nothing is compiled.

Equal steps of several plans are one node: two rules that read the same newest value share it.
"""

from collections.abc import Sequence

import numpy as np

from rules.compiled.columns import Ints
from rules.compiled.fold import WIDTH
from rules.operators import OPERATORS
from rules.plan import Plan, Step
from rules.tree import SignalRef

_CODE = {operator.word: code for code, operator in enumerate(OPERATORS)}


class Program:
    """Some plans that watch the same subject."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = tuple(plans)
        self.sources: list[SignalRef] = []
        self.steps: list[Step] = []  # of each node, one step that it stands for
        self.node_of: list[list[int]] = []  # of each plan, of each step, its node
        self._known: dict[str, int] = {}
        nodes: list[int] = []
        feed: list[int] = []
        p: list[int] = []
        s: list[int] = []
        for plan in self.plans:
            own: list[int] = []
            for step in plan.steps:
                known = self._known.get(step.identity)
                if known is None:
                    known = self._known[step.identity] = len(self.steps)
                    self.steps.append(step)
                    ports = self._ports(step, own)
                    state = step.operator.state(step.p)
                    nodes += [
                        _CODE[step.operator.word],
                        *(len(p), len(p) + len(step.p)),
                        *(len(s), len(s) + len(state)),
                        *(len(feed), len(feed) + len(ports)),
                    ]
                    p += step.p
                    s += state
                    feed += ports
                own.append(known)
            self.node_of.append(own)
        assert len(nodes) == WIDTH * len(self.steps)
        self.nodes, self.feed = _ints(nodes), _ints(feed)
        self.p, self.s = _ints(p), _ints(s)
        self.source_of: Ints = self.feed  # of each port; negative where a node feeds it
        self.lookback_ms = max((plan.lookback_ms for plan in plans), default=0)

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


def _ints(numbers: Sequence[int]) -> Ints:
    return np.array(numbers, dtype=np.int64)
