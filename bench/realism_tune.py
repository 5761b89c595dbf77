"""Set right on simulated days what fitting alone leaves askew, and the whole of a calibration.

Days that do not count are left out on both sides, people are a mixture and no middle person, and
effects act through each other: so the fitted tables live in as many homes, and each is moved by the
logarithm of what was seen over what they did. Only homes of the calibration are looked at.
"""

from dataclasses import dataclass, replace

import numpy as np

from bench.realism_fit import fitted, gaps
from bench.realism_homes import (
    DAY_S,
    FIRST_DAY,
    SENSORS,
    Floats,
    Sample,
    in_order,
    usable,
)  # fmt: skip
from bench.realism_vitals import habits, levels
from simulators.columns import Ints, Mask
from simulators.people import rhythm
from simulators.people.population import CLASSES, LONG, QUARTERS, START, STATES, Population
from simulators.randomness import key

_ROUNDS = 4
_TIMES = 8  # simulated homes for each real one: it is homes that differ
_DAYS = 18
_STEP = 0.4  # at most, in logarithms, so that a rare cell does not run away
_MUCH = 20.0  # gaps of a cell from which on it is believed


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a calibration looks at, of real or of simulated homes."""

    by_state: Floats
    by_hour: Floats
    by_previous: Floats
    to_state: Floats
    to_hour: Floats
    level: Floats  # [8] log count a day of each sensor in the middle home
    between: Floats  # [8] its SD between homes
    within: Floats  # [8] its SD within homes, robust: a sensor that fails is no habit
    busy: float  # SD within homes of the log of all events
    busy_between: float  # and between homes
    busy_mean: float  # and over homes


def calibrated(sample: Sample) -> Population:
    """The population of these homes: the one way to tables, for a half as for all."""
    tables = fitted(sample)
    real = _seen(sample)
    for number in range(_ROUNDS):
        tables = _moved(tables, real, _seen(lived(tables, sample.fitted(), number)))
    return replace(tables, levels=levels(sample), habits=habits(sample))


def lived(tables: Population, has: Mask, seed: int) -> Sample:
    """Days of homes without devices: the chain's own events."""
    homes = len(has) * _TIMES
    home = np.repeat(np.arange(homes, dtype=np.int64), _DAYS)
    day = np.tile(np.arange(FIRST_DAY, FIRST_DAY + _DAYS, dtype=np.int64), homes)
    keys = np.array([key(seed, "calibration", n) for n in range(homes)], np.uint64)[home]
    seconds = np.full(len(home), DAY_S, np.int64)
    steps = rhythm.days(tables, keys, day, np.tile(has, (_TIMES, 1))[home], seconds)
    at = day[steps.pair] * DAY_S + steps.second
    order = np.lexsort((at, home[steps.pair]))
    events = in_order(home[steps.pair][order], at[order], steps.sensor[order])
    return usable(Sample(homes, events, {}))


def _seen(sample: Sample) -> _Seen:
    found = gaps(sample)
    quarter = found.hour // (24 // QUARTERS)
    rows = np.flatnonzero(found.to >= 0)
    place = found.state * CLASSES + found.kind
    level, between, within, *busy = _counts(sample)

    # In gaps of the average home, so that numbers of homes can be compared.
    def table(index: Ints, choice: Ints, size: int, wide: int, who: Ints | slice) -> Floats:
        heap = np.bincount(index * wide + choice, found.weight[who], size * wide)
        return heap.reshape(size, wide).astype(np.float64)

    every = slice(None)
    return _Seen(
        table(quarter * STATES + found.state, found.kind, QUARTERS * STATES, CLASSES, every),
        table(found.hour, found.kind, 24, CLASSES, every),
        table(found.previous, found.kind, START + 1, CLASSES, every),
        table(place[rows], found.to[rows], STATES * CLASSES, len(SENSORS), rows),
        table(found.end_hour[rows], found.to[rows], 24, len(SENSORS), rows),
        level, between, within, *busy,
    )  # fmt: skip


def _counts(sample: Sample) -> tuple[Floats, Floats, Floats, float, float, float]:
    """Of each sensor's log count a day: middle, SD between homes, SD within; and of all events."""
    number, home, _ = sample.events.day_of()
    table = np.zeros((len(home), len(SENSORS)))
    np.add.at(table, (number, sample.events.sensor), 1)
    has = sample.fitted()
    logs = np.log1p(table)
    middle = np.full(has.shape, np.nan)
    spread = np.full(has.shape, np.nan)
    total = np.log(table.sum(axis=1))
    busy, middles = [], []
    for one in range(sample.size):
        mine = logs[home == one]
        median = np.median(mine, axis=0)
        middle[one, has[one]] = median[has[one]]
        robust = 1.4826 * np.median(np.abs(mine - median), axis=0)
        spread[one, has[one]] = robust[has[one]]
        busy.append(total[home == one].std())
        middles.append(total[home == one].mean())
    return (
        np.nanmedian(middle, axis=0), _width(middle), np.nanmean(spread, axis=0),
        float(np.mean(busy)), float(np.std(middles)), float(np.mean(middles)),
    )  # fmt: skip


def _width(middle: Floats) -> Floats:
    """An SD between homes that one home without a sensor's use does not move."""
    low, high = np.nanpercentile(middle, (16, 84), axis=0)
    half: Floats = (high - low) / 2
    return half


def _moved(tables: Population, real: _Seen, made: _Seen) -> Population:
    """Each table by the logarithm of what was seen over what the tables did."""
    wide = len(SENSORS)
    root, mean = tables.home_root.copy(), tables.home_mean.copy()
    root[:, -wide:] *= np.clip(real.between / np.maximum(made.between, 0.05), 0.8, 1.25)
    root[:, :-wide] *= np.clip(real.busy_between / max(made.busy_between, 0.05), 0.8, 1.25) ** 0.5
    mean[-wide:] += np.clip(real.level - made.level, -_STEP, _STEP)
    spread = tables.sensor_day_sd**2 + real.within**2 - made.within**2
    # Too few events a day: fewer pauses.
    pauses = np.zeros(CLASSES)
    pauses[LONG:] = np.clip(made.busy_mean - real.busy_mean, -_STEP, _STEP)
    day = tables.day_sd**2 * (real.busy / max(made.busy, 1e-3)) ** 2
    return replace(
        tables,
        class_by_state=tables.class_by_state
        + _step(real.by_state, made.by_state).reshape(tables.class_by_state.shape),
        class_by_hour=tables.class_by_hour + _step(real.by_hour, made.by_hour) + pauses,
        class_by_previous=tables.class_by_previous + _step(real.by_previous, made.by_previous),
        target_by_state=tables.target_by_state + _step(real.to_state, made.to_state),
        target_by_hour=tables.target_by_hour + _step(real.to_hour, made.to_hour),
        home_mean=mean,
        home_root=root,
        sensor_day_sd=np.sqrt(np.clip(spread, 0.0, 1.0)),
        day_sd=float(np.clip(day, 1e-4, 0.25)) ** 0.5,
    )


def _step(real: Floats, made: Floats) -> Floats:
    """Change of log weights, by the shares of each row; damped, for tables overlap."""
    row = np.maximum(real.sum(axis=1, keepdims=True), 1e-9)
    other = np.maximum(made.sum(axis=1, keepdims=True), 1e-9)
    few = _MUCH * real / row  # a cell's own share of so many gaps
    scaled = made * row / other
    step: Floats = np.log((real + few + 1e-3) / (scaled + few + 1e-3))
    return np.clip(0.5 * step, -_STEP, _STEP)
