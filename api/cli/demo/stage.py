"""The demo at work: days of history in one go, then sixty times as fast as life."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from api.cli.demo import folder, story
from api.cli.demo.folder import Memory
from api.cli.perform import Performance, Stopped
from gateway.clock import Clock
from gateway.config import Settings
from simulators.actions import Action, merged, publishes
from simulators.columns import Columns
from simulators.homes.day import between
from simulators.homes.home import Home
from simulators.scenarios.staging import DAY, HOUR, Staged, laid_over

BLOCK = 6 * HOUR  # generated at once
HALF_DAY = 12 * HOUR  # in history also sent at once, as from a hub with a buffer
LOOK_BACK = 10 * DAY
STEP_S = 0.5  # of the reader's time between two ticks
MOST_S = 4 * STEP_S  # after a hiccup the sites' clocks do not leap
SAVE_EVERY = 10


@dataclass
class Stage:
    """Homes, their clock, and where they speak to."""

    settings: Settings
    memory: Memory
    homes: Sequence[Home]
    performance: Performance
    clock: Clock
    speed: float

    @property
    def sites(self) -> list[str]:
        """Whose clocks this drives."""
        return sorted({home.site for home in self.homes})

    def history(self, tell: Callable[[int, int], None], rest: Callable[[], None]) -> None:
        """Everything up to the beginning, each device's words of half a day in one message.

        `rest` is called after each day: its carers' turn.
        """
        first, end = self.memory.at, self.memory.began_at
        while self.memory.at < end:
            stop = min(self.memory.at + DAY, end)
            columns, _ = self._block(self.memory.at, stop)
            while self.memory.at < stop:
                until = min(self.memory.at + HALF_DAY, stop)
                mine = columns.where((columns.at >= self.memory.at) & (columns.at < until))
                held = np.full(len(mine), until - 1, np.int64)
                self.performance.act(publishes(self.homes, mine.altered(sent_at=held)))
                self._tick(until)
                tell(until - first, end - first)
            rest()
        folder.write(self.settings.data, self.memory)

    def live(self) -> None:
        """Until told to stop; the clock is remembered."""
        try:
            self._live()
        except Stopped:
            pass
        finally:
            folder.write(self.settings.data, self.memory)

    def _live(self) -> None:
        actions = self._actions()
        ahead = next(actions)
        behind, steps = self.clock.monotonic(), 0
        while not self.performance.stopping(STEP_S):
            now = self.clock.monotonic()
            passed = min(now - behind, MOST_S)
            behind = now
            until = self.memory.at + int(passed * 1000 * self.speed)
            due = []
            while ahead.at <= until:
                due.append(ahead)
                ahead = next(actions)
            self.performance.act(due)
            self._tick(until)
            steps += 1
            if steps % SAVE_EVERY == 0:
                folder.write(self.settings.data, self.memory)

    def _actions(self) -> Iterator[Action]:
        """From where the clock stands, without end."""
        start, opening = self.memory.at, True
        while True:
            end = start + BLOCK
            columns, staged = self._block(start, end)
            gone = [(one.home.hub, *interval) for one in staged for interval in one.offline]
            yield from merged(self.homes, columns, start, end, gone, opening=opening)
            start, opening = end, False

    def _block(self, start: int, end: int) -> tuple[Columns, list[Staged]]:
        staged = self.staged(start, end)
        calm = between(self.homes, start, end, self.memory.seed)
        told = laid_over(calm, self.homes, staged)
        return told.where((told.sent_at >= start) & (told.sent_at < end)), staged

    def staged(self, start: int, end: int) -> list[Staged]:
        """All that happens in [start, end), with what began before and still goes on."""
        days = story.ordinary(self.homes, start - LOOK_BACK, end, self.memory.seed)
        # The hours after each start have their own story.
        calm = [play for play in days if not self._in_opening(play.start)]
        return story.staged(self.homes, [*self.memory.plays, *calm], start, end)

    def _in_opening(self, at: int) -> bool:
        firsts = [play.start for play in self.memory.plays if play.scenario == story.OPENING[0][0]]
        return any(first - 3 * HOUR <= at < first + 12 * HOUR for first in firsts)

    def _tick(self, at: int) -> None:
        self.performance.tick(self.sites, at)
        self.memory.at = at
