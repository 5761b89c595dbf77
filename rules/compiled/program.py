"""Plans laid out as arrays: what the fold runs. Data only, so that nothing is compiled."""

from collections.abc import Sequence

import numpy as np

from rules.compiled.columns import Place
from rules.engine.layout import laid_out, matches
from rules.plan import Plan
from rules.tree import SignalRef


class Program:
    """Some plans that watch the same subject, as one layout."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.layout = laid_out(plans)
        self.steps = self.layout.steps
        self.sources: list[SignalRef] = list(
            dict.fromkeys(
                source
                for ports in self.layout.ports
                for source in ports
                if isinstance(source, SignalRef)
            )
        )
        numbers = {source: number for number, source in enumerate(self.sources)}
        self.ports = [  # of each node: a source, or node k as -1 - k
            [-1 - one if isinstance(one, int) else numbers[one] for one in ports]
            for ports in self.layout.ports
        ]
        self.p = [np.array(step.p, np.int64) for step in self.steps]
        self.s = [np.array(step.operator.state(step.p), np.int64) for step in self.steps]
        self._hearing: dict[Place, tuple[int, ...]] = {}

    def hearing(self, place: Place) -> tuple[int, ...]:
        """The sources that hear such a channel."""
        if place not in self._hearing:
            heard = (n for n, source in enumerate(self.sources) if matches(source, *place))
            self._hearing[place] = tuple(heard)
        return self._hearing[place]
