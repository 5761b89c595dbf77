"""How a scenario enters a home's day: rows taken out, rows put in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from devices.errors import Refused
from simulators.columns import Columns, Mask, together
from simulators.homes.home import Home
from simulators.scenarios.effects.scene import Effect, Scene
from simulators.scenarios.truth import Truth

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Window:
    """Rows of some devices in [start, end): they are not sent."""

    devices: tuple[int, ...]  # indices into the home's; empty: all of them
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A scenario with a home and a beginning."""

    home: Home
    removed: tuple[Window, ...]
    added: Columns  # `home` column 0: set when it is laid over many homes
    truth: tuple[Truth, ...]
    offline: tuple[tuple[int, int], ...] = ()  # the hub is not connected in [start, end)
    effects: tuple[Effect, ...] = ()  # of a scenario by file, in order
    scene: Scene | None = None  # where and when these play
    lasts: tuple[int, int] = (0, 0)  # of a scenario by file; two in one home never overlap


Stage = Callable[[Home, int], Staged]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A thing that can happen; `stage(home, start)` makes it happen there and then."""

    name: str
    title: str
    needs: tuple[str, ...]  # models of devices without which it cannot be seen
    lasts_ms: int
    stage: Stage

    def possible(self, home: Home) -> bool:
        """Whether the home has what the scenario needs."""
        return all(home.has(model) for model in self.needs)


def laid_over(columns: Columns, homes: Sequence[Home], staged: Iterable[Staged]) -> Columns:
    """The columns of these homes with the scenarios in them.

    Raises Refused for a home that is not there, and where two overlap in one home.
    """
    staged = list(staged)
    _apart(staged)
    index = {home.hub: number for number, home in enumerate(homes)}
    keep = np.ones(len(columns), np.bool_)
    added = []
    for one in staged:
        number = index.get(one.home.hub)
        if number is None:
            raise Refused("stage a scenario", one.home.hub, "no such home here", "Choose another")
        for window in one.removed:
            keep &= ~_inside(columns, number, window)
        added.append(one.added.altered(home=np.full(len(one.added), number, np.int64)))
    told = together([columns.where(keep), *added])
    for one in staged:
        if one.scene is not None and one.effects:
            mine = told.home == index[one.home.hub]
            own = told.where(mine)
            for effect in one.effects:
                own = effect.lay(one.scene, own)
            told = together([told.where(~mine), own])
    return told.ordered()


def _apart(staged: Iterable[Staged]) -> None:
    last: dict[str, Staged] = {}
    for one in sorted((s for s in staged if s.scene is not None), key=lambda s: s.lasts):
        before = last.get(one.home.hub)
        if before is not None and one.lasts[0] < before.lasts[1]:
            assert one.scene is not None
            assert before.scene is not None
            raise Refused(
                "stage scenarios",
                f"{one.home.hub}, {one.scene.name}",
                f"it overlaps {before.scene.name} in the same home",
                "Let it begin after the other, or choose another home",
            )
        last[one.home.hub] = one


def _inside(columns: Columns, home: int, window: Window) -> Mask:
    mask: Mask = (columns.home == home) & (columns.at >= window.start) & (columns.at < window.end)
    if window.devices:
        mask &= np.isin(columns.device, window.devices)
    return mask


def minutes(start: int, *offsets: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Instants so many minutes after `start`."""
    return np.array([start + int(offset * MINUTE) for offset in offsets], dtype=np.int64)
