"""What makes a persona: levels of vitals, habits, rhythm, kit, and who comes by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from simulators.people.population import Habit, Level, population
from simulators.randomness import Floats

# Systolic to weight: TIHM's homes (see population.py). Where TIHM measured nothing (SpO2, glucose,
# breath) the figures are assumptions, chosen within what home monitoring trials report.
LEVELS: Mapping[str, Level] = {
    **population().levels,
    "spo2": Level(96.4, 0.8, 0.7, 0.2, tail=0.0),
    "glucose": Level(6.3, 0.6, 0.7, 0.2),
    "respiration": Level(15.6, 1.4, 1.1, 0.2, tail=0.0),
}

# Of a device model that measures when somebody takes it up; TIHM knows no glucose: assumed.
HABITS: Mapping[str, Habit] = {
    **population().habits,
    "glucose-meter": Habit(
        "glucose", hours=(7.5, 12.2, 17.8, 22.0), between_sd_h=1.6, own_sd_h=0.5, keen=6.0
    ),
}


@dataclass(frozen=True, slots=True)
class Course:
    """How a vital sign goes through the day, in the signal's unit, beside the person's level."""

    swing: float = 0.0  # half the way from lowest to highest
    peak_h: float = 16.0
    night: float = 0.0  # at half past three, gone two hours before and after

    def at(self, hour: Floats, usual: float | None = None) -> Floats:
        """At these local hours. usual: where the level holds; None: it is the mean of the day.

        A level that was measured in the forenoon is the level of the forenoon.
        """
        wave = np.cos((hour - self.peak_h) * (math.pi / 12))
        if usual is not None:
            wave = wave - math.cos((usual - self.peak_h) * (math.pi / 12))
        asleep = np.exp(-(((hour - 3.5 + 12) % 24 - 12) ** 2) / 8)
        course: Floats = self.swing * wave + self.night * asleep
        return course


COURSES: Mapping[str, Course] = {"spo2": Course(night=-0.8)}  # assumed: shallow breath in sleep
_FLAT = Course()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a person is up and about. The population's chain is the middle of it."""

    up_h: float = 7.0
    down_h: float = 22.6
    outings: float = 1.0  # weight of the outer doors, against the population's
    light: float = 1.0  # how much of the season's effects; without a place there is none

    @property
    def late_h(self) -> float:
        """How much later than the population the day goes, as a whole."""
        return (self.up_h - 7.0 + self.down_h - 22.6) / 2


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody comes to the house and moves about in it: a carer, a nurse, a daughter."""

    who: str
    days: tuple[int, ...]  # weekdays; Monday is 0
    first: int  # minutes after midnight between which they come
    last: int
    stays: int  # minutes, the middle
    chance: float = 1.0  # that they come on such a day
    rooms: tuple[str, ...] = ("hallway", "lounge")  # in which they are seen, besides the door


@dataclass(frozen=True, slots=True)
class Persona:
    """A kind of person: what shifts, and what stands in the home because of it."""

    name: str
    title: str
    levels: Mapping[str, Level] = field(default_factory=dict)
    restless: float = 0.0  # added to the log weight of short gaps
    kit: tuple[str, ...] = ()  # models of devices beyond every home's own
    habits: Mapping[str, Habit] = field(default_factory=dict)  # by model, in place of HABITS
    courses: Mapping[str, Course] = field(default_factory=dict)  # by signal, in place of COURSES
    rhythm: Rhythm = Rhythm()
    visits: tuple[Visit, ...] = ()
    lives_with: tuple[str, ...] = ()  # personas of others in the same home
    what: str = ""
    source: str = ""
    regions: Mapping[str, "Persona"] = field(default_factory=dict, repr=False)  # as it is there

    def level(self, signal: str) -> Level:
        """The spread of a signal here: the persona's own, or the population's."""
        return self.levels.get(signal) or LEVELS[signal]

    def course(self, signal: str) -> Course:
        """How a signal goes through the day."""
        return self.courses.get(signal) or COURSES.get(signal, _FLAT)

    def there(self, region: str) -> "Persona":
        """The persona as people of that region are; itself where they are as anywhere."""
        return self.regions.get(region, self)
