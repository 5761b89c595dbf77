"""What an illness does to what is measured: values move, and people measure once more."""

from dataclasses import dataclass

import numpy as np

from devices.signals import CATALOGUE
from simulators.columns import SIGNAL_INDEX, Columns, Ints, rows, together
from simulators.homes.body import counts
from simulators.randomness import Floats, joined, normal, stream
from simulators.scenarios.effects.scene import MINUTE, Course, Scene, When


@dataclass(frozen=True, slots=True)
class Shift:
    """All values of a signal move by an amount; their own spread and habits stay."""

    signal: str
    by: int  # counts of the signal
    course: Course
    varies: float = 0.25  # standard deviation between people, as a share
    person: int | None = 0  # whose; None: the home's own signal

    def lay(self, scene: Scene, columns: Columns) -> Columns:
        entry = CATALOGUE[self.signal]
        hit = columns.signal == SIGNAL_INDEX[self.signal]
        if self.person is not None:
            hit &= np.isin(columns.device, _of(scene, self.person))
        strength = self.by * scene.strength(self.varies, "shift", self.signal)
        moved = np.rint(strength * self.course.weight(scene, columns.at[hit])).astype(np.int64)
        x = columns.x.copy()
        x[hit] = np.clip(x[hit] + moved, entry.low_x, entry.high_x)
        return columns.altered(x=x)


@dataclass(frozen=True, slots=True)
class Measured:
    """Somebody feels ill and measures: values as usual for the person, before any shift."""

    model: str
    signals: tuple[str, ...]
    at: tuple[When, ...]
    person: int = 0

    def lay(self, scene: Scene, columns: Columns) -> Columns:
        owned = [i for i in _of(scene, self.person) if scene.home.devices[i].model == self.model]
        if not owned:
            return columns
        at = np.array([scene.at(one) for one in self.at], np.int64)
        made = [
            rows(at, owned[0], name, counts(name, _usual(scene, name, at, self.person)),
                 home=columns.home[0] if len(columns) else 0)
            for name in self.signals
        ]  # fmt: skip
        return together([columns, *made])


def _usual(scene: Scene, signal: str, at: Ints, person: int) -> Floats:
    """The person's own level and spread, as `people.vitals` draws them."""
    level = scene.home.people[person].persona.level(signal)
    own = np.array([scene.home.draw_key(scene.seed, "person", person)], np.uint64)
    mean = normal(own, stream(f"vital.{signal}"), 1000)[0]
    if signal == "diastolic":
        mean = 0.55 * normal(own, stream("vital.systolic"), 1000)[0] + 0.835 * mean
    today = joined(np.repeat(own, len(at)), at // MINUTE)
    noise = level.within * normal(today, stream(f"measured.{signal}"))
    usual: Floats = level.mean + level.between * mean + noise
    return usual


def _of(scene: Scene, person: int) -> list[int]:
    return [i for i, one in enumerate(scene.home.devices) if one.owner == person]
