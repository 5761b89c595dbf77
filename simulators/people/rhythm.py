"""The rhythm of days: a marked semi-Markov chain over sensor events.

Draw the class of the gap, then the gap, then the sensor among those that are not blind. Days are
cut at 04:00 local time, and each begins from a table of its own. Vectorised over person-days: the
loop runs over steps, and one person-day alone gives what it gives among thousands.
"""

from dataclasses import dataclass

import numpy as np

from simulators.columns import Ints, Mask
from simulators.people.population import CLASSES, START, Population
from simulators.randomness import Floats, Keys, joined, normal, stream, uniform

DAY_BEGINS_H = 4
BLIND_S = 60  # a motion sensor says nothing for so long after an event
_MEMORY = 8  # days after which the day-to-day effect is forgotten

_PERSON, _HOME, _DAY = stream("rhythm.person"), stream("rhythm.home"), stream("rhythm.day")
_CLASS, _GAP, _TARGET = stream("rhythm.class"), stream("rhythm.gap"), stream("rhythm.target")


@dataclass(frozen=True, slots=True)
class Steps:
    """Events of many person-days, in the order of steps."""

    pair: Ints  # index of the person-day
    second: Ints  # since 04:00 local time
    sensor: Ints  # index into Population.sensors
    opened: Mask  # a door's event that opened it


@dataclass(frozen=True, slots=True)
class _Traits:
    """What is steady through a day, one row a person-day."""

    person: Floats  # [N, 4 blocks, 4 classes]
    sensors: Floats  # [N, 8]; minus infinity: the home has none
    day: Floats  # [N, 4]


def days(
    tables: Population,
    homes: Keys,
    day_numbers: Ints,
    fitted: Mask,
    seconds: Ints,
    restless: Floats | None = None,
) -> Steps:
    """Events of person-days.

    homes: the key of each; day_numbers: days since 1970 of the date on which each begins;
    fitted [N, 8]: which sensors the home has; seconds: how long each day lasts (a day with a
    change of clocks is not 86,400); restless [N]: added to the log weight of short gaps.
    """
    traits = _traits(tables, homes, day_numbers, fitted, restless)
    keys = joined(homes, day_numbers)
    size = len(homes)
    second = np.zeros(size, np.int64)
    state = np.full(size, tables.sensors.index("bedroom"), np.int64)
    previous = np.full(size, START, np.int64)
    last = np.full((size, len(tables.sensors)), -BLIND_S, np.int64)
    is_open = np.zeros((size, len(tables.sensors)), np.bool_)
    active = np.arange(size)
    out: list[tuple[Ints, Ints, Ints, Mask]] = []
    step = 0
    while active.size:
        k = keys[active]
        hour = _hour(second[active])
        kind = _choose(
            _class_weights(tables, traits, active, hour, state[active], previous[active]),
            uniform(k, _CLASS, step),
        )
        gap = _gap(tables, hour, state[active], kind, previous[active], uniform(k, _GAP, step))
        second[active] += gap
        active, kind = (a[second[active] < seconds[active]] for a in (active, kind))
        if not active.size:
            break
        now = second[active]
        weights = tables.target_by_state[state[active] * CLASSES + kind]
        weights = weights + tables.target_by_hour[_hour(now)] + traits.sensors[active]
        blind = (now[:, None] - last[active] < BLIND_S) & ~tables.is_door
        sensor = _choose(np.where(blind, -np.inf, weights), uniform(keys[active], _TARGET, step))
        door = tables.is_door[sensor]
        is_open[active, sensor] ^= door
        opened = is_open[active, sensor] & door
        last[active, sensor] = now
        state[active] = sensor + np.where(opened, len(tables.sensors), 0)
        previous[active] = kind
        out.append((active, now, sensor, opened))
        step += 1
    return _collected(out)


def _collected(parts: list[tuple[Ints, Ints, Ints, Mask]]) -> Steps:
    if not parts:
        empty = np.empty(0, np.int64)
        return Steps(empty, empty, empty, np.empty(0, np.bool_))
    pair, second, sensor, opened = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Steps(pair, second, sensor, opened)


def _traits(
    tables: Population, homes: Keys, day_numbers: Ints, fitted: Mask, restless: Floats | None
) -> _Traits:
    size, blocks = len(homes), len(tables.person_mean)
    draws = np.stack([normal(homes, _PERSON, i) for i in range(blocks)], axis=1)
    person = (tables.person_mean + draws @ tables.person_root.T).reshape(size, 4, CLASSES)
    own = np.stack([normal(homes, _HOME, i) for i in range(len(tables.sensors))], axis=1)
    sensors = np.where(fitted, tables.home_mean + tables.home_sd * own, -np.inf)
    # An AR(1) by its last terms, so that no day needs the day before it.
    rho, scale = tables.day_rho, tables.day_sd * np.sqrt(1 - tables.day_rho**2)
    effect = np.zeros(size)
    for lag in range(_MEMORY):
        effect += rho**lag * normal(joined(homes, day_numbers - lag), _DAY)
    day = np.zeros((size, CLASSES))
    day[:, 2:] = (scale * effect)[:, None]
    if restless is not None:
        day[:, :2] += restless[:, None]
    return _Traits(person, sensors, day)


def _class_weights(
    tables: Population, traits: _Traits, active: Ints, hour: Ints, state: Ints, previous: Ints
) -> Floats:
    weights: Floats = (
        tables.class_by_state[state]
        + tables.class_by_hour[hour]
        + tables.class_by_previous[previous]
        + traits.person[active, hour // 6]
        + traits.day[active]
    )
    return weights


def _hour(second: Ints) -> Ints:
    hour: Ints = (second // 3600 + DAY_BEGINS_H) % 24
    return hour


def _choose(log_weights: Floats, u: Floats) -> Ints:
    """One column of each row, with probability by its weight."""
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    heaps = np.cumsum(weights, axis=1)
    chosen: Ints = (heaps <= (u * heaps[:, -1])[:, None]).sum(axis=1)
    return chosen


def _gap(
    tables: Population, hour: Ints, state: Ints, kind: Ints, previous: Ints, u: Floats
) -> Ints:
    """Whole seconds, at least one, by linear interpolation between quantiles."""
    index = np.clip(np.searchsorted(tables.grid, u, side="right") - 1, 0, len(tables.grid) - 2)
    share = (u - tables.grid[index]) / (tables.grid[index + 1] - tables.grid[index])
    long_row = np.where(previous == START, 24, hour)
    is_long = kind == CLASSES - 1
    low = np.where(is_long, tables.long_gap_s[long_row, index], tables.gap_s[state, kind, index])
    high = np.where(
        is_long, tables.long_gap_s[long_row, index + 1], tables.gap_s[state, kind, index + 1]
    )
    gap: Ints = np.maximum(1, (low + share * (high - low)).astype(np.int64))
    return gap
