"""The clock of a live simulation: what is due is performed, at real time, faster, or not at all.

Two kinds of sites. One with a data clock stands where we say: it can be fast, slow or paused, and
a tick leaves only when everything before it has arrived. One with a wall clock goes on by itself:
what its homes say is sent when it is due, and a broker that is away is not waited for.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from api.cli.perform import Performance, Stopped
from api.cli.simulate.live_ahead import Ahead
from api.pace import AS_FAST_AS_IT_GOES
from devices.errors import Refused
from gateway.clock import Clock

STEP_S = 0.25  # of the reader's time between two ticks
WALL_STEP_S = 0.02
MOST_S = 4 * STEP_S  # in one step: what was missed is caught up, but not in a leap
LEAP_S = 5.0  # a machine that slept longer than this goes on where it was
FULL_SPEED_MS = 10 * 60_000  # of the site's clock in one step, when it goes as fast as it can

Turn = Callable[["Player"], None]


@dataclass
class Player:
    """One run. `at` is the site's clock, ms UTC: all before it has been said."""

    ahead: Ahead
    performance: Performance
    clock: Clock
    sites: Sequence[str]
    at: int
    speed: float  # times as fast as life; AS_FAST_AS_IT_GOES: as fast as it goes
    until: int | None = None  # ends there by itself
    wall: bool = False  # the sites' clocks are the wall's
    paused: bool = False
    behind_s: float = 0.0  # of the reader's time, since the speed was last set
    turns: list[Turn] = field(default_factory=list)  # called at each step: orders, progress

    def play(self) -> None:
        """Until the end, or until told to stop, which raises Stopped; what was said has arrived."""
        if self.wall:
            self._play_wall()
        else:
            self._play_data()

    def play_until_stopped(self) -> None:
        """In a thread: the end is no error."""
        with contextlib.suppress(Stopped):
            self.play()

    def set_speed(self, speed: float) -> None:
        """From the next step on. Raises Refused where the clock is the wall's."""
        self._refuse_wall("change the speed")
        self.speed, self.behind_s = speed, 0.0

    def pause(self, *, paused: bool) -> None:
        """Stand still, or go on. Raises Refused where the clock is the wall's."""
        self._refuse_wall("pause")
        self.paused, self.behind_s = paused, 0.0

    def _refuse_wall(self, what: str) -> None:
        if self.wall:
            raise Refused(
                what,
                ", ".join(self.sites),
                "its clock is the wall's, which goes on by itself",
                "Register the site with `clock: data`",
            )

    def _play_data(self) -> None:
        self._perform(self.at)  # the hubs are there, and the clock stands at the beginning
        last = self.clock.monotonic()
        while self.until is None or self.at < self.until:
            now = self.clock.monotonic()
            passed, last = now - last, now
            self._turn()
            if self.paused:
                self._wait(STEP_S)
                continue
            if self.speed == AS_FAST_AS_IT_GOES:
                self._perform(self.at + FULL_SPEED_MS)
                self._wait(0.0)
                continue
            debt = min(passed, LEAP_S) + self.behind_s
            counted = min(debt, MOST_S)
            self.behind_s = debt - counted
            self._perform(self.at + int(counted * 1000 * self.speed))
            self._wait(max(0.0, STEP_S - (self.clock.monotonic() - now)))

    def _perform(self, until: int) -> None:
        ends = self.until is not None and until >= self.until
        if self.until is not None:
            until = min(until, self.until)
        # A tick says that all up to it, inclusive, was said; the end itself is no part of a run.
        self.performance.act(self.ahead.due(until if ends else until + 1, self._stopping))
        self.performance.tick(self.sites, until)
        self.at = until

    def _play_wall(self) -> None:
        while self.until is None or self.at < self.until:
            now, second = self.clock.now(), self.clock.monotonic()
            until = now if self.until is None else min(now, self.until)
            self.performance.act_now(
                self.ahead.due(until, self._stopping),
                lambda at, now=now, second=second: second - (now - at) / 1000,  # type: ignore[misc]
            )
            self.at = max(self.at, until)
            self.behind_s = max(0.0, (self.clock.now() - self.at) / 1000)
            self._turn()
            self._wait(WALL_STEP_S)
        self.performance.settle()

    def _turn(self) -> None:
        for turn in self.turns:
            turn(self)

    def _stopping(self, seconds: float) -> bool:
        return self.performance.stopping(seconds)

    def _wait(self, seconds: float) -> None:
        if self.performance.stopping(seconds):
            raise Stopped
