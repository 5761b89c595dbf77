"""Statistics of a real population, and what each simulated person draws from them.

`population.json` was computed from TIHM, "An open dataset for remote healthcare monitoring in
dementia" (Zenodo 7622128, Scientific Data 2023; Surrey and Borders Partnership NHS FT and Howz),
licence CC BY 4.0: statistics over 22 homes, no row belongs to one person.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from simulators.columns import Mask
from simulators.randomness import Floats

ROOMS = ("kitchen", "hallway", "lounge", "bedroom", "bathroom")
DOORS = ("fridge-door", "front-door", "back-door")
CLASSES = 4  # of gaps: up to 1 min, 5 min, 20 min, longer
START = 4  # "previous class" of the first gap after 04:00


@dataclass(frozen=True, slots=True)
class Level:
    """How one vital sign spreads, in the signal's unit.

    A person's own mean is N(mean, between); day by day it varies by the person's own SD, which is
    `within` x exp(spread x z). `slow` of that variance is an AR(1) with coefficient `rho` per day.
    """

    mean: float
    between: float
    within: float
    spread: float = 0.35
    slow: float = 0.0
    rho: float = 0.0
    tail: float = 0.015  # share of values with four times the spread


@dataclass(frozen=True, slots=True)
class Habit:
    """When a kind of measurement is taken."""

    name: str
    hours: tuple[float, ...] = (10.6,)  # usual local hours; each person's own lie around them
    own_sd_h: float = 1.3  # a person's day to day
    between_sd_h: float = 2.6  # between persons
    repeat: float = 0.0  # probability of a second reading …
    repeat_after_s: int = 120  # … so many seconds later
    same: float = 0.0  # probability that it shows the same value
    keen: float = 3.1  # P(measure) of a person is Beta(keen, 1)
    forgets: tuple[float, ...] = ()  # share of Mondays to Sundays on which it is forgotten


@dataclass(frozen=True, slots=True)
class Population:
    """Tables of the semi-Markov chain over sensor events; shapes in brackets."""

    sensors: tuple[str, ...]
    is_door: Mask
    class_by_state: Floats  # [16, 4] log weights; state = sensor, + 8 while a door stands open
    class_by_hour: Floats  # [24, 4]
    class_by_previous: Floats  # [5, 4]
    target_by_state: Floats  # [64, 8]; row = state * 4 + class
    target_by_hour: Floats  # [24, 8]
    grid: Floats  # [15] probabilities of the quantiles
    gap_s: Floats  # [16, 4, 15] seconds
    long_gap_s: Floats  # [25, 15] seconds by hour; row 24: the first gap after 04:00
    person_mean: Floats  # [16] night, morning, afternoon, evening x class
    person_root: Floats  # [16, 16] Cholesky factor of the covariance between persons
    home_mean: Floats  # [8]
    home_sd: Floats  # [8]
    day_sd: float
    day_rho: float
    levels: Mapping[str, Level]
    habits: Mapping[str, Habit]


@lru_cache(maxsize=1)
def population() -> Population:
    """The tables, read once from the package."""
    text = (files(__package__) / "population.json").read_text(encoding="utf-8")
    table = json.loads(text)
    weights, targets = table["class_log_weight"], table["destination_log_weight"]
    person, home = table["person_log_effect"], table["home_sensor_log_effect"]
    day = table["day_log_effect_on_classes_C_D"]
    covariance = np.array(person["cov_16x16"])
    sensors = tuple(table["sensors"])
    return Population(
        sensors=sensors,
        is_door=np.array([name in DOORS for name in sensors]),
        class_by_state=np.array(weights["by_state_16x4"]),
        class_by_hour=np.array(weights["by_hour_24x4"]),
        class_by_previous=np.array(weights["by_previous_class_5x4 (4 = start of day at 04:00)"]),
        target_by_state=np.array(targets["by_state_and_class_64x8 (row = state*4+class)"]),
        target_by_hour=np.array(targets["by_hour_24x8"]),
        grid=np.array(table["gap_quantile_grid"]),
        gap_s=np.array(table["gap_seconds_by_state_class_16x4xQ"]),
        long_gap_s=np.array(table["long_gap_seconds_by_hour_25xQ (24 = first gap from 04:00)"]),
        person_mean=np.array(person["mean_16"]),
        person_root=_root(covariance),
        home_mean=np.array(home["mean_8"]),
        home_sd=np.array(home["sd_8"]),
        day_sd=day["sd"],
        day_rho=day["rho"],
        levels={name: Level(**row) for name, row in table["levels"].items()},
        habits={name: Habit(name, **row) for name, row in table["habits"].items()},
    )


def _root(covariance: Floats) -> Floats:
    """A square root of a covariance that rounding may have made slightly indefinite."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    root: Floats = vectors * np.sqrt(np.clip(values, 0, None))
    return root
