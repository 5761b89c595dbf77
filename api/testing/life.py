"""What one simulated home does, stretch after stretch: days, scenarios and faults as actions."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.cli.simulate.additions import catalogue
from devices.errors import Refused
from simulators.actions import Action
from simulators.catalogue import SHIPPED, Catalogue
from simulators.columns import Columns
from simulators.faults import Run, placed, plan
from simulators.homes.day import between
from simulators.homes.home import Home
from simulators.homes.household import household
from simulators.scenarios.catalogue import scenario
from simulators.scenarios.course import Course
from simulators.scenarios.staging import Staged, laid_over

DAY_MS = 86_400_000
START = 1_777_780_800_000  # Sunday 3 May 2026, 04:00 UTC


@dataclass
class Life:
    """One home from `now` on. A stretch cut otherwise says the same."""

    home: Home
    now: int  # ms UTC: where it stands
    seed: int = 1
    catalogue: Catalogue = SHIPPED
    _staged: list[Staged] = field(default_factory=list)
    _opening: bool = True
    _day: tuple[int, int, Columns] | None = None  # its beginning, how many are staged, its rows
    _run: Run = field(init=False)

    def __post_init__(self) -> None:
        self._run = Run([self.home], (), self.seed)

    def happens(self, what: str | Course) -> None:
        """A scenario, by name or from a file, begins now; a course of days on today's date."""
        found = scenario(what) if isinstance(what, str) else what
        if not found.possible(self.home):
            needs = ", ".join(found.needs) or "more people"
            problem = "the home has not what it needs"
            raise Refused("stage a scenario", found.name, problem, f"It needs: {needs}")
        if isinstance(found, Course):
            self._staged.append(found.stage(self.home, self.now, self.seed))
        else:
            self._staged.append(found.stage(self.home, self.now))

    def fails(self, fault: str, **keys: Any) -> None:
        """A fault from now on; keys as in a fault file (`for_` stands for `for`)."""
        said = {name.rstrip("_"): value for name, value in keys.items()}
        whole = {"fault": fault, "home": self.home.hub, **said}
        entry = plan(whole, "fails()", kinds=self.catalogue.kinds)
        self._run.add(placed([entry], [self.home], self.now))

    def until(self, end: int) -> list[Action]:
        """All that is done in [now, end)."""
        actions: list[Action] = []
        while self.now < end:
            stop = min(end, self.now // DAY_MS * DAY_MS + DAY_MS)
            day = self._whole_day(self.now // DAY_MS * DAY_MS)
            own = day.where((day.at >= self.now) & (day.at < stop))
            told = self._run.lay(own, until=stop)
            gone = [
                (self.home.hub, *window) for staged in self._staged for window in staged.offline
            ]
            actions += self._run.actions(told, self.now, stop, gone, opening=self._opening)
            self.now, self._opening = stop, False
        return actions

    def _whole_day(self, day: int) -> Columns:
        """Made whole, so that what looks at a day's rows sees all of them."""
        if self._day is None or self._day[:2] != (day, len(self._staged)):
            calm = between([self.home], day, day + DAY_MS, self.seed)
            told = laid_over(calm, [self.home], self._staged)
            told = told.where((told.at >= day) & (told.at < day + DAY_MS))
            self._day = day, len(self._staged), told
        return self._day[2]


def a_life(
    *personas: str,
    devices: tuple[str, ...] = (),
    region: str = "donegal",
    start: int = START,
    seed: int = 1,
    added: tuple[Path | str, ...] = (),
) -> Life:
    """Of a home put together from names; `added`: files with devices and personas of one's own.

    Raises Refused.
    """
    own = catalogue([Path(file) for file in added])
    home = household(personas or ("well",), devices, region=region, catalogue=own)
    return Life(home, start, seed, own)
