"""Statistics of a real population, and what each simulated person draws from them.

`population.json` was computed from TIHM, "An open dataset for remote healthcare monitoring in
dementia" (Zenodo 7622128, Scientific Data 2023; Surrey and Borders Partnership NHS FT and Howz),
licence CC BY 4.0: statistics over 22 homes, no row belongs to one person.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from importlib.resources import files

import numpy as np

from simulators.columns import Mask
from simulators.randomness import Floats

SOURCE = (
    "Statistics over 22 homes of TIHM (Zenodo 7622128, Scientific Data 2023; Surrey and Borders"
    " Partnership NHS FT and Howz), CC BY 4.0; no row belongs to one person"
)
ROOMS = ("kitchen", "hallway", "lounge", "bedroom", "bathroom")
DOORS = ("fridge-door", "front-door", "back-door")
EDGES_S = (10, 60, 300, 1200, 3600, 10_800)  # between classes of gaps
CLASSES = 7
LONG = 3  # classes from here on are pauses: five minutes and more
QUARTERS, BLOCKS = 4, 12  # of a day
START = 7  # "previous class" of the first gap after 04:00
STATES = 16  # the sensor before, + 8 while it is a door that stands open


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


HOUR_SHARES = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)  # of the quantiles in `Habit.between_h`


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
    own_spread: float = 0.0  # SD between persons of the log of `own_sd_h`
    between_h: tuple[float, ...] = ()  # quantiles of persons' offsets, in place of `between_sd_h`
    stray: float = 0.08  # share of days on which it is any hour
    repeat_spread: float = 0.0  # SD between persons of the log odds of `repeat`
    again: float = 0.0  # probability that a repeat is repeated
    later: float = 0.0  # probability of another sitting later the same day
    later_spread: float = 0.0  # SD between persons of its log odds


@dataclass(frozen=True, slots=True)
class Population:
    """Tables of the semi-Markov chain over sensor events; shapes in brackets."""

    sensors: tuple[str, ...]
    is_door: Mask
    class_by_state: Floats  # [4 quarters of the day, 16, 7] log weights
    class_by_hour: Floats  # [24, 7]
    class_by_previous: Floats  # [8, 7]
    target_by_state: Floats  # [112, 8]; row = state * 7 + class
    target_by_hour: Floats  # [24, 8]
    grid: Floats  # [15] probabilities of the quantiles
    gap_s: Floats  # [16, 7, 15] seconds
    long_gap_s: Floats  # [25, 15] seconds by hour; row 24: the first gap after 04:00
    home_mean: Floats  # [92] effects of a home: 12 times of the day x 7 classes, then 8 sensors
    home_root: Floats  # [R, 92] principal directions between homes, each times its SD
    sensor_day_sd: Floats  # [8] of a day's effect on each sensor
    day_sd: float  # of a day's effect on pauses
    day_rho: float  # and its correlation with the day before
    levels: Mapping[str, Level]
    habits: Mapping[str, Habit]


ARRAYS = tuple(field.name for field in fields(Population) if field.type is Floats)


def written(tables: Population) -> str:
    """The file of a population; `read` is its inverse."""
    table: dict[str, object] = {"source": SOURCE, "sensors": tables.sensors}
    table |= {name: np.round(getattr(tables, name), 3).tolist() for name in ARRAYS}
    table |= {"day_sd": round(tables.day_sd, 3), "day_rho": round(tables.day_rho, 3)}
    for name in ("levels", "habits"):
        table[name] = {key: _rounded(row) for key, row in getattr(tables, name).items()}
    lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in table.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _rounded(row: Level | Habit) -> dict[str, object]:
    def short(value: object) -> object:
        if isinstance(value, tuple):
            return [short(one) for one in value]
        return round(value, 4) if isinstance(value, float) else value

    return {key: short(value) for key, value in asdict(row).items()}


def read(text: str) -> Population:
    """The population of a file."""
    table = json.loads(text)
    sensors = tuple(table["sensors"])
    return Population(
        sensors=sensors,
        is_door=np.array([name in DOORS for name in sensors]),
        **{name: np.array(table[name], np.float64) for name in ARRAYS},
        day_sd=table["day_sd"],
        day_rho=table["day_rho"],
        levels={name: Level(**row) for name, row in table["levels"].items()},
        habits={name: Habit(**row) for name, row in table["habits"].items()},
    )


@lru_cache(maxsize=1)
def population() -> Population:
    """The tables that ship, read once from the package."""
    return read((files(__package__) / "population.json").read_text(encoding="utf-8"))
