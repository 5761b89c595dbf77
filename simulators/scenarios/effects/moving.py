"""What a change of life does to the sensors of the house: more, fewer, none, away."""

from dataclasses import dataclass

import numpy as np

from simulators.columns import SIGNAL_INDEX, Columns, Ints, Mask, rows, together
from simulators.people.rhythm import BLIND_S
from simulators.randomness import normal, stream, uniform
from simulators.scenarios.effects.scene import (
    ALL_DAY,
    MINUTE,
    Course,
    Hours,
    Scene,
    When,
    devices,
    of_signals,
)

STATES = ("door", "bed", "chair", "plug_power")  # quiet means that they stand at 0


@dataclass(frozen=True, slots=True)
class Fewer:
    """Only a share of the events is left (`keep`), or in the end none."""

    signals: tuple[str, ...]
    keep: float
    course: Course
    hours: Hours = ALL_DAY
    place: str = ""

    def lay(self, scene: Scene, columns: Columns) -> Columns:
        hit = of_signals(columns, self.signals) & self.course.holds(scene, columns.at)
        hit &= within(scene, columns, self.hours)
        if self.place:
            hit &= np.isin(columns.device, devices(scene.home, place=self.place))
        gone = (1 - self.keep) * self.course.weight(scene, columns.at)
        drawn = uniform(scene.keys(columns.at, "fewer"), stream("fewer"), columns.device)
        hit &= drawn < gone
        states = of_signals(columns, STATES)
        x = np.where(hit & states, 0, columns.x)
        return columns.altered(x=x).where(~hit | states)


@dataclass(frozen=True, slots=True)
class Visits:
    """Somebody (or the cat) walks by: a path of places, so many times a day, at some hours."""

    places: tuple[str, ...]
    per_day: float
    course: Course
    hours: Hours = ALL_DAY
    from_bed: bool = False  # the bed is left, and found again

    def lay(self, scene: Scene, columns: Columns) -> Columns:
        home = int(columns.home[0]) if len(columns) else 0
        starts = self._starts(scene)
        made, away = [], []
        path, offset = [], 0
        for place in (*self.places, self.places[-1], *reversed(self.places[:-1])):
            path.append((place, offset))
            offset += 75 if place == self.places[-1] else 25
        for place, after in path:
            for device in devices(scene.home, "motion", place)[:1]:
                when = starts + after * 1000
                made.append(rows(_heard(columns, device, when), device, "motion", 1, home=home))
        if self.from_bed:
            away = [
                Held("bed", 0, int(at), int(at) + offset * 1000, 1, ("bed-sensor", ""))
                for at in starts.tolist()
            ]
        told = together([columns, *made])
        for one in away:
            told = one.lay(scene, told)
        return told

    def _starts(self, scene: Scene) -> Ints:
        first, last = self.course.start.day, self.course.gone.day
        found = []
        name = "visits." + ".".join(self.places)
        for day in range(first, last + 1):
            noon = np.array([scene.at(When(day, self.hours.first + self.hours.long // 2))])
            mean = self.per_day * float(self.course.weight(scene, noon)[0])
            own = scene.keys(np.array([day], np.int64), name)
            count = max(0, round(mean + 0.8 * mean**0.5 * float(normal(own, stream(name))[0])))
            drawn = uniform(np.repeat(own, count), stream("visit.at"), np.arange(count))
            found += [
                scene.at(When(day, self.hours.first)) + int(u * self.hours.long * MINUTE)
                for u in np.sort(drawn).tolist()
            ]
        at = np.array(sorted(found), np.int64)
        kept: Ints = at[self.course.holds(scene, at)]
        return kept


@dataclass(frozen=True, slots=True)
class Held:
    """A state stands as it is told for a while, whatever the day would have made of it.

    Instants are ms UTC or `When`.
    """

    signal: str
    x: int
    start: int | When
    end: int | When
    then: int | None  # said at the end; None: nothing, the next heartbeat tells
    where: tuple[str, str] = ("", "")  # model, place

    def lay(self, scene: Scene, columns: Columns) -> Columns:
        start, end = (
            scene.at(one) if isinstance(one, When) else one for one in (self.start, self.end)
        )
        own = [
            index
            for index in devices(scene.home, *self.where)
            if self.signal in signals_of(scene, index)
        ]
        home = int(columns.home[0]) if len(columns) else 0
        hit = (columns.signal == SIGNAL_INDEX[self.signal]) & np.isin(columns.device, own)
        hit &= (columns.at >= start) & (columns.at < end)
        made = [
            rows(np.array([at], np.int64), device, self.signal, x, home=home)
            for device in own
            for at, x in ((start, self.x), (end, self.then))
            if x is not None
        ]
        return together([columns.altered(x=np.where(hit, self.x, columns.x)), *made])


@dataclass(frozen=True, slots=True)
class Happens:
    """An event: a fall is detected, a button pressed, the door opened for a moment."""

    signal: str
    at: tuple[When, ...]
    model: str
    place: str = ""

    def lay(self, scene: Scene, columns: Columns) -> Columns:
        home = int(columns.home[0]) if len(columns) else 0
        at = np.array([scene.at(one) for one in self.at], np.int64)
        own = devices(scene.home, self.model, self.place)[:1]
        return together([columns, *(rows(at, i, self.signal, 1, home=home) for i in own)])


@dataclass(frozen=True, slots=True)
class Away:
    """Nobody is at home: out by the front door, nothing measured, and back by the front door."""

    start: When
    end: When

    def lay(self, scene: Scene, columns: Columns) -> Columns:
        start, end = scene.at(self.start), scene.at(self.end)
        home = int(columns.home[0]) if len(columns) else 0
        gone = (columns.at >= start) & (columns.at < end)
        owned = [i for i, one in enumerate(scene.home.devices) if one.owner is not None]
        by_hand = gone & np.isin(columns.device, owned) & ~of_signals(
            columns, ("link_quality", "battery", "bed", "dispenser")
        )  # fmt: skip
        moved = gone & of_signals(columns, ("motion",))
        missed = gone & of_signals(columns, ("dispenser",))
        x = np.where(gone & of_signals(columns, STATES), 0, columns.x)
        x = np.where(missed, 1, x)
        told = columns.altered(x=x).where(~by_hand & ~moved)
        doors = devices(scene.home, "door", "front-door")[:1]
        turns = np.array([start - 20_000, start - 5_000, end, end + 15_000], np.int64)
        seen = devices(scene.home, "motion", "hallway")[:1]
        passing = np.array([start - 60_000, end + 10_000], np.int64)
        return together(
            [
                told,
                *(rows(turns, i, "door", np.array([1, 0, 1, 0]), home=home) for i in doors),
                *(rows(passing, i, "motion", 1, home=home) for i in seen),
            ]
        )


def within(scene: Scene, columns: Columns, hours: Hours) -> Mask:
    """Rows at these local hours."""
    if hours == ALL_DAY:
        return np.ones(len(columns), np.bool_)
    minute = scene.minutes(columns.at)
    if hours.first < hours.last:
        return (minute >= hours.first) & (minute < hours.last)
    return (minute >= hours.first) | (minute < hours.last)


def signals_of(scene: Scene, device: int) -> tuple[str, ...]:
    """What a device measures."""
    from simulators.homes.models import model  # it emits by what stands in this package's siblings

    return model(scene.home.devices[device].model, scene.home.models).signals


def _heard(columns: Columns, device: int, at: Ints) -> Ints:
    """Without what the sensor is blind for: it says nothing for a minute after an event."""
    said = columns.at[
        (columns.device == device) & (columns.signal == SIGNAL_INDEX["motion"])
    ]  # fmt: skip
    said = np.sort(said)
    if not len(said):
        return at
    before = np.searchsorted(said, at, "right") - 1
    blind = (before >= 0) & (at - said[np.maximum(before, 0)] < BLIND_S * 1000)
    kept: Ints = at[~blind]
    return kept
