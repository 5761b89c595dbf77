"""What happens to the devices themselves: silent, dark, or hung up in another home."""

from dataclasses import dataclass, replace

import numpy as np

from simulators.columns import Columns, together
from simulators.homes.day import between
from simulators.scenarios.effects.scene import Scene, When, devices


@dataclass(frozen=True, slots=True)
class Silent:
    """Devices of these models say nothing; of none: the whole home, its hub is gone."""

    models: tuple[str, ...]
    start: When
    end: When

    def lay(self, scene: Scene, columns: Columns) -> Columns:
        gone = (columns.at >= scene.at(self.start)) & (columns.at < scene.at(self.end))
        if self.models:
            gone &= np.isin(
                columns.device, [i for m in self.models for i in devices(scene.home, m)]
            )
        return columns.where(~gone)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Devices of these models were taken for those of another home: they tell of that one."""

    models: tuple[str, ...]
    start: When
    end: When

    def lay(self, scene: Scene, columns: Columns) -> Columns:
        start, end = scene.at(self.start), scene.at(self.end)
        if not len(columns):
            return columns
        start, end = max(start, int(columns.at.min())), min(end, int(columns.at.max()) + 1)
        if start >= end:
            return columns
        own = [i for m in self.models for i in devices(scene.home, m)]
        gone = (columns.at >= start) & (columns.at < end) & np.isin(columns.device, own)
        other = between([replace(scene.home, id=f"{scene.home.id}-other")], start, end, scene.seed)
        theirs = other.where(np.isin(other.device, own))
        here = np.full(len(theirs), columns.home[0], np.int64)
        return together([columns.where(~gone), theirs.altered(home=here)])
