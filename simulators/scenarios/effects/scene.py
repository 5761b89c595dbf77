"""Where and when a scenario plays, and the course that its effects take."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import numpy as np

from simulators.columns import SIGNAL_INDEX, Columns, Ints, Mask
from simulators.homes.home import Home
from simulators.randomness import Floats, key, normal

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class When:
    """Local time of a day of the scenario: the date on which it begins is day 0."""

    day: int
    minute: int = 0  # after local midnight

    def __str__(self) -> str:
        return f"day {self.day} {self.minute // 60:02}:{self.minute % 60:02}"


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of every day, local; over midnight where it ends before it begins."""

    first: int  # minute after midnight
    last: int

    def __contains__(self, minute: int) -> bool:
        if self.first < self.last:
            return self.first <= minute < self.last
        return minute >= self.first or minute < self.last

    @property
    def long(self) -> int:
        """Minutes; the same beginning and end is the whole day."""
        return (self.last - self.first) % 1440 or 1440


ALL_DAY = Hours(0, 0)


@dataclass(frozen=True, slots=True)
class Scene:
    """A scenario in a home, from a date on."""

    name: str
    home: Home
    begins: date
    seed: int
    late: int = 0  # ms: everything happens so much later, so that no two homes are alike

    def at(self, when: When) -> int:
        """The instant, ms UTC."""
        local = datetime.combine(
            self.begins + timedelta(days=when.day), datetime.min.time(), self.home.local()
        ) + timedelta(minutes=when.minute)
        return int(local.astimezone(UTC).timestamp()) * 1000 + self.late

    def key(self, *names: str | int) -> int:
        """Of the draws of this scene."""
        return key(self.seed, self.home.hub, self.name, self.begins.toordinal(), *names)

    def keys(self, numbers: Ints, *names: str | int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
        """A key for each number (a time, a day)."""
        from simulators.randomness import joined

        return joined(np.full(len(numbers), self.key(*names), np.uint64), numbers)

    def strength(self, varies: float, *names: str | int) -> float:
        """1 for the ordinary person; others have it more or less, never the other way round."""
        own = np.array([self.key(*names)], np.uint64)
        return float(np.clip(1 + varies * normal(own, 0)[0], 0.3, 2.0))

    def minutes(self, at: Ints) -> Ints:
        """Local minute after midnight of each instant."""
        hours, back = np.unique(at // HOUR, return_inverse=True)
        zone = self.home.local()
        offsets = [_offset(datetime.fromtimestamp(h * HOUR / 1000, zone)) for h in hours.tolist()]
        shifted = at + np.array(offsets, np.int64)[back] if len(at) else at
        local: Ints = shifted // MINUTE % 1440
        return local


@dataclass(frozen=True, slots=True)
class Course:
    """Begins at `start`, is whole at `full`, begins to ease at `until`, is over at `gone`."""

    start: When
    full: When
    until: When
    gone: When

    def weight(self, scene: Scene, at: Ints) -> Floats:
        """From 0 to 1 at each instant."""
        points = [scene.at(one) for one in (self.start, self.full, self.until, self.gone)]
        for index in range(1, 4):  # what comes at once still needs a millisecond
            points[index] = max(points[index], points[index - 1] + 1)
        weight: Floats = np.interp(at, points, (0.0, 1.0, 1.0, 0.0))
        return weight

    def holds(self, scene: Scene, at: Ints) -> Mask:
        """Between its beginning and its end."""
        mask: Mask = (at >= scene.at(self.start)) & (at < scene.at(self.gone))
        return mask


class Effect(Protocol):
    """A thing that a scenario does."""

    def lay(self, scene: Scene, columns: Columns) -> Columns:
        """The home's rows with it, in no promised order."""
        ...


def of_signals(columns: Columns, signals: tuple[str, ...]) -> Mask:
    """Rows of any of these."""
    return np.isin(columns.signal, [SIGNAL_INDEX[name] for name in signals])


def devices(home: Home, model: str = "", place: str = "") -> tuple[int, ...]:
    """Indices of the home's devices of a model, at a place, or both."""
    return tuple(
        index
        for index, one in enumerate(home.devices)
        if (not model or one.model == model) and (not place or place in {one.place, one.id})
    )


def _offset(local: datetime) -> int:
    shift = local.utcoffset() or timedelta()
    return int(shift.total_seconds()) * 1000
