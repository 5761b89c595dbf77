"""Playing a recording: every home over its own connection, the site's clock by ticks."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from api.cli.perform import Performance
from gateway.clock import Clock
from simulators.actions import Connect, publishes
from simulators.columns import Columns
from simulators.recorded.tihm import SITE, Recording

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
LOOKS_S = 0.25  # at a given speed, one step in so much of the reader's time

Tell = Callable[[int, int, int], None]  # readings done, of how many, the site's clock


@dataclass
class Player:
    """One recording on its way through the broker."""

    recording: Recording
    performance: Performance
    clock: Clock
    speed: float | None  # times as fast as life; None: as fast as it goes
    shuffle: int | None  # seed: within each step home after home, in an order of chance

    def play(self, tell: Tell) -> None:
        """All of it; the clock stands at the end afterwards."""
        made = self.recording
        self.performance.act([Connect(home.hub, made.start) for home in made.homes])
        self.performance.tick([SITE], made.start)
        began, done = self.clock.monotonic(), 0
        for columns, until in self._steps():
            for part in self._parts(columns):
                self.performance.act(publishes(made.homes, part))
            self.performance.tick([SITE], until)
            done += len(columns)
            tell(done, len(made.columns), until)
            if self.speed is not None:
                due = began + (until - made.start) / 1000 / self.speed
                while (wait := due - self.clock.monotonic()) > 0:
                    if self.performance.stopping(min(wait, 1.0)):
                        break
        self.performance.settle()

    def _steps(self) -> Iterator[tuple[Columns, int]]:
        """What is said up to each tick."""
        width = 6 * HOUR_MS
        if self.speed is not None:
            width = max(MINUTE_MS, min(HOUR_MS, int(self.speed * LOOKS_S * 1000)))
        made = self.recording
        edges = np.arange(made.start, made.end + width, width)
        edges[-1] = made.end
        cuts = np.searchsorted(made.columns.sent_at, edges)
        for number in range(len(edges) - 1):
            yield made.columns.part(cuts[number], cuts[number + 1]), int(edges[number + 1])

    def _parts(self, columns: Columns) -> Iterator[Columns]:
        if self.shuffle is None:
            yield columns
            return
        homes = sorted(set(columns.home.tolist()))
        first = int(columns.sent_at[0]) if len(columns) else 0
        random.Random(self.shuffle ^ first).shuffle(homes)  # noqa: S311 - an order, no secret
        for home in homes:
            yield columns.where(columns.home == home)
