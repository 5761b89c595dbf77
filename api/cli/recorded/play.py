"""Playing a recording: every home over its own connection, the site's clock by ticks."""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from api.cli.perform import Performance
from gateway.clock import Clock
from simulators.actions import Action, Connect, Publish
from simulators.columns import UNTIMED
from simulators.faults import Fault, Run
from simulators.recorded.recording import Recording

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
LOOKS_S = 0.25  # at a given speed, one step in so much of the reader's time
MOST_STEPS = 20_000

Tell = Callable[[int, int, int], None]  # readings done, of how many, the site's clock


@dataclass
class Player:
    """One recording on its way through the broker."""

    recording: Recording
    performance: Performance
    clock: Clock
    speed: float | None  # times as fast as life; None: as fast as it goes
    shuffle: int | None  # seed: within each step home after home, in an order of chance
    faults: tuple[Fault, ...] = ()
    seed: int = 1  # of the faults' draws
    published: int = 0  # messages with readings
    _hubless: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        homes = self.recording.homes
        self._hubless = frozenset(
            f"homecare/v1/{home.site}/{home.id}/hub/status"
            for home in homes
            if all(device.id != "hub" for device in home.devices)
        )

    def play(self, tell: Tell) -> None:
        """All of it; the clock stands at the end afterwards."""
        made = self.recording
        sites = sorted({home.site for home in made.homes})
        self.performance.act([Connect(home.hub, made.start) for home in made.homes])
        self.performance.tick(sites, made.start)
        began, done = self.clock.monotonic(), 0
        for actions, until in self._steps():
            self.performance.act(self._in_turns(actions))
            self.performance.tick(sites, until)
            said = [one.readings for one in actions if isinstance(one, Publish) and one.readings]
            done += sum(said)
            self.published += len(said)
            tell(done, len(made), until)
            if self.speed is not None:
                due = began + (until - made.start) / 1000 / self.speed
                while (wait := due - self.clock.monotonic()) > 0:
                    if self.performance.stopping(min(wait, 1.0)):
                        break
        self.performance.settle()

    def _steps(self) -> Iterator[tuple[list[Action], int]]:
        """What is done up to each tick."""
        made = self.recording
        run = Run(made.homes, self.faults, self.seed)
        width = self._width()
        edges = np.arange(made.start, made.end + width, width)
        edges[-1] = made.end
        cuts = np.searchsorted(made.columns.sent_at, edges)
        for number in range(len(edges) - 1):
            start, end = int(edges[number]), int(edges[number + 1])
            columns = run.lay(made.columns.part(cuts[number], cuts[number + 1]), until=end)
            actions = run.actions(columns, start, end, made.offline, opening=False)
            own = [s.publish for s in made.messages if start <= s.publish.at < end]
            told = heapq.merge(actions, own, key=lambda one: one.at)
            yield [one for one in told if not self._to_no_hub(one)], end

    def _width(self) -> int:
        """Of a step. What has no time of its own is taken to be measured at the tick."""
        made = self.recording
        width = 6 * HOUR_MS
        if self.speed is not None:
            width = max(MINUTE_MS, min(HOUR_MS, int(self.speed * LOOKS_S * 1000)))
        if bool(np.any(made.columns.at == UNTIMED)):
            width = MINUTE_MS
        return max(width, (made.end - made.start) // MOST_STEPS)

    def _to_no_hub(self, one: Action) -> bool:
        """A home whose recording knows no hub cannot say that it is back."""
        return isinstance(one, Publish) and one.topic in self._hubless

    def _in_turns(self, actions: list[Action]) -> list[Action]:
        if self.shuffle is None or not actions:
            return actions
        hubs = sorted({one.hub for one in actions})
        random.Random(self.shuffle ^ actions[0].at).shuffle(hubs)  # noqa: S311 - an order, no secret
        turn = {hub: number for number, hub in enumerate(hubs)}
        return sorted(actions, key=lambda one: turn[one.hub])  # stable: each home's in order
