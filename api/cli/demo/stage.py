"""The demo at work: days of history in one go, then sixty times as fast as life."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from api.cli.demo import folder, story
from api.cli.demo.folder import Memory
from api.cli.perform import Performance
from api.cli.simulate.live_ahead import Ahead
from api.cli.simulate.live_desk import Connection, Line
from api.cli.simulate.live_player import Player
from api.cli.simulate.live_show import Show
from api.cli.simulate.live_source import Source
from devices.errors import Refused
from gateway.clock import Clock
from gateway.config import Settings
from simulators.actions import publishes
from simulators.columns import Columns
from simulators.homes.day import between
from simulators.homes.home import Home
from simulators.scenarios.staging import DAY, HOUR, Staged, laid_over
from simulators.scenarios.truth import Truth

HALF_DAY = 12 * HOUR  # in history also sent at once, as from a hub with a buffer
LOOK_BACK = 10 * DAY
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
    _steps: int = 0

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

    def live(self, gateway: Connection) -> None:
        """Until told to stop; the clock is remembered. The gateway's page tells it what to do."""
        began = self.memory.at
        source = Source(self.homes, self.memory.seed, began, staging=self.staged)
        self.performance.patience_s, self.performance.strict = None, False
        ahead, show = Ahead(source), Show(quiet=True)
        player = Player(ahead, self.performance, self.clock, self.sites, began, self.speed)
        line = Line(gateway, source, show, wall=False, sites=self.sites, began=began, ended=_refuse)
        line.story = lambda: self._told(began, player.at)
        player.turns += [self._remember, show.turn, line.turn]
        ahead.start()
        line.start()
        try:
            player.play_until_stopped()
        finally:
            ahead.close()
            line.close()
            self.memory.plays += [
                folder.Play(one.scenario, one.site, one.home, one.start) for one in source.plays
            ]
            folder.write(self.settings.data, self.memory)

    def _remember(self, player: Player) -> None:
        self.memory.at = player.at
        self._steps += 1
        if self._steps % SAVE_EVERY == 0:
            folder.write(self.settings.data, self.memory)

    def _told(self, began: int, at: int) -> list[tuple[str, Truth]]:
        """What the story plants in this session: what has begun, and what comes within a day."""
        return [
            (truth.situation, truth)
            for one in self.staged(began, at + DAY)
            for truth in one.truth
            if truth.end > began
        ]

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


def _refuse() -> None:
    raise Refused(
        "end", "the demo", "it goes on as long as the demo runs", "Pause it, or press Ctrl-C there"
    )
