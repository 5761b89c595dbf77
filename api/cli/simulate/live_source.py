"""What simulated homes do next, hour by hour: days, scenarios and faults as timed actions. Pure.

Hours follow each other; a scenario or fault that is laid in later changes what is still to come,
never what was said. So the newest hours' beginnings are remembered, and an hour is made again from
its beginning when something is put into its middle.
"""

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from devices.errors import Refused
from simulators.actions import Action
from simulators.columns import Columns, together
from simulators.faults import FaultRefused, Planned, Run, placed
from simulators.homes.day import between
from simulators.homes.home import Home
from simulators.scenarios.catalogue import scenario
from simulators.scenarios.staging import DAY, HOUR, Staged, laid_over
from simulators.scenarios.truth import Truth

CHUNK = HOUR
TOGETHER = 100  # homes whose day is made at once: memory stays bounded
REMEMBERED = 6  # beginnings of hours to which one can go back
FOREGOING = 4 * DAY  # what a moment's scenario may look back, and an ending goes on
COURSE = 60 * DAY  # the longest scenario by file

Staging = Callable[[int, int], list[Staged]]


@dataclass(frozen=True, slots=True)
class Play:
    """A scenario staged in a home."""

    scenario: str
    site: str
    home: str
    start: int  # ms UTC of the site's clock


@dataclass(frozen=True, slots=True)
class Hour:
    """What is done in [start, end), in order."""

    start: int
    end: int
    actions: list[Action]


class Source:
    """Actions of some homes from `start` on, an hour at each `hour()`."""

    def __init__(
        self,
        homes: Sequence[Home],
        seed: int,
        start: int,
        plays: Iterable[Play] = (),
        faults: Sequence[Planned] = (),
        staging: Staging | None = None,
        *,
        connected: bool = False,
    ) -> None:
        """`staging` says what else is staged in an interval, as the demo's story does.

        connected: the hubs are there already and do not connect first.
        """
        if not homes:
            raise Refused("simulate", "no homes", "there is nobody to simulate", "Name some homes")
        self.homes, self.seed = tuple(homes), seed
        self.plays: list[Play] = []
        self._staging = staging
        self._by_hub = {home.hub: home for home in self.homes}
        self._at = start
        self._opening = not connected
        self._run = Run(self.homes, placed(faults, self.homes, start), seed)
        self._kept: dict[int, tuple[Run, bool]] = {}  # beginnings of hours
        self._calm: tuple[int, Columns] | None = None
        self._day: tuple[int, Columns] | None = None
        for play in plays:
            self.stage(play)

    @property
    def at(self) -> int:
        """Where the next hour begins."""
        return self._at

    def hour(self) -> Hour:
        """The next; shorter where a day ends in between."""
        start = self._at
        end = min(start + CHUNK, start // DAY * DAY + DAY)
        self._kept[start] = (copy.deepcopy(self._run), self._opening)
        while len(self._kept) > REMEMBERED:
            del self._kept[min(self._kept)]
        day = self._whole_day(start // DAY * DAY)
        own = day.where((day.at >= start) & (day.at < end))
        told = self._run.lay(own, until=end)
        gone = [
            (one.home.hub, *interval) for one in self.staged(start, end) for interval in one.offline
        ]
        actions = self._run.actions(told, start, end, gone, opening=self._opening)
        self._at, self._opening = end, False
        return Hour(start, end, actions)

    def stage(self, play: Play) -> tuple[Truth, ...]:
        """From its start on, in what is still to be made; what should be noticed. Raises Refused.

        After `back_to` a moment within the newest hours it holds from that moment.
        """
        home = self._by_hub.get(f"{play.site}/{play.home}")
        if home is None:
            hint = "Known: " + ", ".join(sorted(self._by_hub)[:8])
            raise Refused("stage a scenario", f"{play.site}/{play.home}", "no such home", hint)
        known = scenario(play.scenario)
        if not known.possible(home):
            needs = ", ".join(known.needs)
            raise Refused(
                "stage a scenario",
                f"{play.scenario} in {home.hub}",
                "the home has not what it needs",
                f"It needs: {needs or 'more people'}",
            )
        made = self._made(play)
        begins, ends = self._span(play, made)
        for other in self.plays:
            if (other.site, other.home) == (play.site, play.home):
                b, e = self._span(other, self._made(other))
                if begins < e and b < ends:
                    raise Refused(
                        "stage a scenario",
                        f"{play.scenario} in {home.hub}",
                        f"it overlaps {other.scenario} in the same home",
                        "Choose another home, or let it begin later",
                    )
        self.plays.append(play)
        self._day = None
        return made.truth

    def lay(self, entries: Iterable[Planned], start: int) -> int:
        """Faults from `start` on; in how many places. Raises FaultRefused."""
        faults = placed(entries, self.homes, start)
        for one in faults:
            if one.target.start < start:
                raise FaultRefused(
                    "lay a fault",
                    one.target.key,
                    "it would have begun before now",
                    "Leave `from` out, or give a later time",
                )
        self._run.add(faults)
        return len(faults)

    def back_to(self, at: int) -> None:
        """So that the hour with that moment is the next. Raises Refused where it is forgotten."""
        if at >= self._at:
            return
        starts = [start for start in self._kept if start <= at]
        if not starts:
            raise Refused("go back", str(at), "that hour is past", "Give a later time")
        self._at = max(starts)
        run, self._opening = self._kept[self._at]
        self._run = copy.deepcopy(run)

    def staged(self, start: int, end: int) -> list[Staged]:
        """All that plays in [start, end), with what began before and still goes on."""
        found = self._staging(start, end) if self._staging is not None else []
        for play in self.plays:
            if play.start - FOREGOING < end and play.start + COURSE > start:
                found.append(self._made(play))
        return found

    def truth(self) -> list[tuple[Play, tuple[Truth, ...]]]:
        """What was planted by name."""
        return [(play, self._made(play).truth) for play in self.plays]

    def _made(self, play: Play) -> Staged:
        home = self._by_hub[f"{play.site}/{play.home}"]
        known = scenario(play.scenario)
        if hasattr(known, "effects"):
            return known.stage(home, play.start, self.seed)  # type: ignore[call-arg]
        return known.stage(home, play.start)

    def _span(self, play: Play, made: Staged) -> tuple[int, int]:
        if made.scene is not None:
            return made.lasts
        return play.start, play.start + scenario(play.scenario).lasts_ms

    def _whole_day(self, day: int) -> Columns:
        """[day, day + 24 h) with its scenarios; the calm one is kept for when more are staged."""
        if self._day is not None and self._day[0] == day:
            return self._day[1]
        if self._calm is None or self._calm[0] != day:
            self._day = None
            self._calm = (day, self._lived(day))
        calm = self._calm[1]
        staged = self.staged(day, day + DAY)
        told = laid_over(calm, self.homes, staged) if staged else calm
        told = told.where((told.at >= day) & (told.at < day + DAY))
        self._day = (day, told)
        return told

    def _lived(self, day: int) -> Columns:
        """Homes by the hundred, each with its number among all."""
        parts = []
        for first in range(0, len(self.homes), TOGETHER):
            some = between(self.homes[first : first + TOGETHER], day, day + DAY, self.seed)
            parts.append(some.altered(home=some.home + np.int64(first)))
        return together(parts)


def from_moment(hour: Hour, at: int) -> Hour:
    """The part of an hour that is still to come: from `at` on."""
    return replace(hour, actions=[one for one in hour.actions if one.at >= at])
