"""The tables of the chain over sensor events, fitted to homes.

Log-linear weights by proportional fitting: each table in turn is moved by the logarithm of what was
seen over what the tables expect. Every home weighs the same. Then the tables are set right on
simulated days, for a mixture of people is not the middle person, and days are filtered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.realism_homes import CUT_S, DAY_S, SENSORS, Events, Floats, Sample
from simulators.columns import Ints, Mask
from simulators.people import rhythm
from simulators.people.population import (
    BLOCKS,
    CLASSES,
    DOORS,
    EDGES_S,
    LONG,
    QUARTERS,
    START,
    STATES,
    Population,
)

GRID = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
_OUTAGE_S = 13 * 3600  # a longer silence in a day that counts is no gap of a person
_ROUNDS = 20  # of proportional fitting
_WIDE, _OWN = 2.0, 1.0  # SD of log weights: of the population's tables, of a home's own
_FAR = 2.0  # robust SDs: one home unlike all others makes no bell curve
_AT_LEAST = 25  # gaps, for quantiles of their own


@dataclass(frozen=True, slots=True)
class Gaps:
    """One row a gap: from an event, or from 04:00, to the next event."""

    home: Ints
    day: Ints  # number of the home-day
    date: Ints  # of that day
    hour: Ints  # of the clock, when it begins
    state: Ints
    previous: Ints
    kind: Ints  # class
    length: Ints
    to: Ints  # sensor at its end; -1: after the day
    end_hour: Ints
    heard: Mask  # [N, 8] sensors that were not blind at its end
    weight: Floats  # every home the same in all


def gaps(sample: Sample) -> Gaps:
    """All gaps of the usable days."""
    events, fitted = sample.events, sample.fitted()
    number, home, first = events.day_of()
    size = len(number)
    state = events.sensor + len(SENSORS) * _opened(events, number)
    start = np.full(len(first), SENSORS.index("bedroom"), np.int64)
    # Gap i of a day ends at its event i; the last one begins at the last event.
    last = np.append(first[1:], size) - 1
    begin = np.insert(events.second, first, 0)
    state = np.insert(state, first, start)
    where = first + np.arange(len(first))  # rows of the day's first gap
    length = np.insert(events.gap, first, events.second[first])
    day = np.insert(number, first, np.arange(len(first)))
    kind = np.searchsorted(np.array(EDGES_S), length, side="right")
    previous = np.roll(kind, 1)
    previous[where] = START
    to = np.full(len(begin), -1, np.int64)
    inside = np.ones(len(begin), np.bool_)
    inside[last + np.arange(len(first)) + 1] = False
    to[inside] = events.sensor
    end_hour = np.full(len(begin), -1, np.int64)
    end_hour[inside] = (events.second // 3600 + CUT_S // 3600) % 24
    heard = np.zeros((len(begin), len(SENSORS)), np.bool_)
    heard[inside] = _heard(events, number) & fitted[events.home]
    count = np.bincount(home[day], minlength=sample.size)
    return Gaps(
        home[day], day, events.day[first][day], (begin // 3600 + CUT_S // 3600) % 24, state,
        previous, kind, length, to, end_hour, heard, len(begin) / sample.size / count[home[day]],
    )  # fmt: skip


def _opened(events: Events, number: Ints) -> Ints:
    """1 where a door's event leaves it open: the odd ones of a run within the day."""
    opened = np.zeros(len(number), np.int64)
    for name in DOORS:
        rows = np.flatnonzero(events.sensor == SENSORS.index(name))
        if not len(rows):
            continue
        begins = np.ones(len(rows), np.bool_)
        near = np.diff(events.second[rows]) <= rhythm.AJAR_S
        begins[1:] = ~near | (np.diff(number[rows]) != 0)
        first = np.flatnonzero(begins)[np.cumsum(begins) - 1]
        opened[rows] = 1 - (np.arange(len(rows)) - first) % 2
    return opened


def _heard(events: Events, number: Ints) -> Mask:
    """[events, 8]: which sensors could have spoken; a motion sensor is blind after its event."""
    at = number * 2 * DAY_S + events.second
    heard = np.ones((len(at), len(SENSORS)), np.bool_)
    for index, name in enumerate(SENSORS):
        rows = np.flatnonzero(events.sensor == index)
        if name in DOORS or not len(rows):
            continue
        place = np.searchsorted(rows, np.arange(len(at)))  # rows before this event
        before = np.where(place > 0, at[rows[np.maximum(place - 1, 0)]], -DAY_S)
        heard[:, index] = at - before > rhythm.BLIND_S
        heard[rows, index] = True  # it did speak
    return heard


def fitted(sample: Sample) -> Population:
    """The population's tables from usable days."""
    found = gaps(sample)
    has = sample.fitted()
    by_state, by_hour, by_previous, person = _kinds(found, sample.size)
    to_state, to_hour, own = _targets(found, sample.size)
    own -= np.where(has, own, 0.0).sum(axis=1, keepdims=True) / has.sum(axis=1, keepdims=True)
    own = np.where(has, own, np.nanmean(np.where(has, own, np.nan), axis=0))
    mean, root = _spread(np.concatenate([person.reshape(sample.size, -1), own], axis=1))
    day_sd, day_rho = _days(found, (by_state, by_hour, by_previous, person))
    return Population(
        sensors=SENSORS,
        is_door=np.array([name in DOORS for name in SENSORS]),
        class_by_state=by_state.reshape(QUARTERS, STATES, CLASSES),
        class_by_hour=by_hour,
        class_by_previous=by_previous,
        target_by_state=to_state,
        target_by_hour=to_hour,
        grid=np.array(GRID),
        gap_s=_quantiles(found),
        long_gap_s=_long(found),
        home_mean=mean,
        home_root=root,
        sensor_day_sd=_sensor_days(found, (to_state, to_hour, own)),
        day_sd=day_sd,
        day_rho=day_rho,
        levels={},
        habits={},
    )


def proportional(
    counts: Floats, allowed: Mask | None, factors: Sequence[tuple[Ints, int, float]]
) -> list[Floats]:
    """Log weights [size, K] of each factor, so that their sum explains counts [rows, K].

    factors: of each row the index into the factor's table, the table's size, and how far its
    weights are thought to spread (the SD of a normal prior, which keeps rare cells in the middle);
    allowed [rows, K]: what could be chosen. A cell's mean over K is 0.
    """
    wide = counts.shape[1]
    total = counts.sum(axis=1, keepdims=True)
    logits = np.zeros(counts.shape) if allowed is None else np.where(allowed, 0.0, -np.inf)
    tables = [np.zeros((size, wide)) for _, size, _ in factors]
    for _ in range(_ROUNDS):
        for table, (index, size, spread) in zip(tables, factors, strict=True):
            weights = np.exp(logits - logits.max(axis=1, keepdims=True))
            share = weights / weights.sum(axis=1, keepdims=True)
            seen, thought = (_summed(index, x, size) for x in (counts, total * share))
            doubt = _summed(index, total * share * (1 - share), size)
            pull = 1 / spread**2
            step = (seen - thought - pull * table) / (doubt + pull)
            step = np.clip(step, -1.0, 1.0)
            table += step  # noqa: PLW2901  # in place: it is the list's own table
            logits += step[index]
    return [table - table.mean(axis=1, keepdims=True) for table in tables]


def _summed(index: Ints, rows: Floats, size: int) -> Floats:
    return np.stack([np.bincount(index, column, size) for column in rows.T], axis=1)


def _gathered(code: Ints, choice: Ints, weight: Floats, wide: int) -> tuple[Ints, Floats]:
    """Rows with one code become one: (the first of each, counts by choice)."""
    _, first, row = np.unique(code, return_index=True, return_inverse=True)
    counts = np.bincount(row * wide + choice, weight, len(first) * wide).reshape(-1, wide)
    return first.astype(np.int64), counts.astype(np.float64)


def _kinds(found: Gaps, size: int) -> list[Floats]:
    """Weights of the gap's class: by quarter and state, hour, class before, home and block."""
    quarter = found.hour // (24 // QUARTERS)
    code = ((found.home * 24 + found.hour) * STATES + found.state) * (CLASSES + 1) + found.previous
    row, counts = _gathered(code, found.kind, found.weight, CLASSES)
    return proportional(
        counts,
        None,
        [
            (quarter[row] * STATES + found.state[row], QUARTERS * STATES, _WIDE),
            (found.hour[row], 24, _WIDE),
            (found.previous[row], CLASSES + 1, _WIDE),
            (found.home[row] * BLOCKS + found.hour[row] // (24 // BLOCKS), size * BLOCKS, _OWN),
        ],
    )


def _days(found: Gaps, tables: Sequence[Floats]) -> tuple[float, float]:
    """SD of a day's effect on the log weight of pauses, and its correlation with the day before.

    By the score: what a day has of pauses beyond the expected is its effect times the variance.
    """
    by_state, by_hour, by_previous, person = tables
    quarter = found.hour // (24 // QUARTERS)
    logits = (
        by_state[quarter * STATES + found.state] + by_hour[found.hour] + by_previous[found.previous]
    )
    logits += person[found.home * BLOCKS + found.hour // (24 // BLOCKS)]
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    pause = weights[:, LONG:].sum(axis=1) / weights.sum(axis=1)
    beyond = np.bincount(found.day, (found.kind >= LONG) - pause)
    variance = np.bincount(found.day, pause * (1 - pause))
    square = max(float((beyond**2 - variance).sum() / (variance**2).sum()), 1e-4)
    _, first = np.unique(found.day, return_index=True)
    near = (np.diff(found.home[first]) == 0) & (np.diff(found.date[first]) == 1)
    before, after = np.flatnonzero(near), np.flatnonzero(near) + 1
    product = (beyond[before] * beyond[after]).sum() / (variance[before] * variance[after]).sum()
    return square**0.5, float(np.clip(product / square, 0.0, 0.9))


def _targets(found: Gaps, size: int) -> list[Floats]:
    """Weights of the sensor by state and class, by hour, and by home."""
    rows = np.flatnonzero(found.to >= 0)
    mask = found.heard[rows] @ (1 << np.arange(len(SENSORS)))
    place = found.state * CLASSES + found.kind
    code = (found.home[rows] * 24 + found.end_hour[rows]) * STATES * CLASSES + place[rows]
    first, counts = _gathered(code * 256 + mask, found.to[rows], found.weight[rows], len(SENSORS))
    row = rows[first]
    return proportional(
        counts,
        found.heard[row],
        [
            (place[row], STATES * CLASSES, _WIDE),
            (found.end_hour[row], 24, _WIDE),
            (found.home[row], size, _WIDE),
        ],
    )


def _sensor_days(found: Gaps, tables: Sequence[Floats]) -> Floats:
    """SD of a day's effect on the log weight of each sensor, by the score as for pauses."""
    to_state, to_hour, own = tables
    rows = np.flatnonzero(found.to >= 0)
    logits = to_state[found.state[rows] * CLASSES + found.kind[rows]]
    logits += to_hour[found.end_hour[rows]] + own[found.home[rows]]
    weights = np.where(found.heard[rows], np.exp(logits), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    spread = []
    for number in range(len(SENSORS)):
        p, day = weights[:, number], found.day[rows]
        beyond = np.bincount(day, (found.to[rows] == number) - p)
        variance = np.bincount(day, p * (1 - p))
        square = (beyond**2 - variance).sum() / max(float((variance**2).sum()), 1e-9)
        spread.append(max(float(square), 0.0) ** 0.5)
    return np.array(spread)


def _spread(effects: Floats) -> tuple[Floats, Floats]:
    """Mean over homes, and principal directions times their SD."""
    middle = np.median(effects, axis=0)
    robust = 1.4826 * np.median(np.abs(effects - middle), axis=0) + 1e-6
    kept = np.clip(effects, middle - _FAR * robust, middle + _FAR * robust)
    _, sizes, directions = np.linalg.svd(kept - kept.mean(axis=0), full_matrices=False)
    root = directions * (sizes / np.sqrt(len(effects) - 1))[:, None]
    return kept.mean(axis=0), root[:-1]  # the last is nothing: the mean was taken out


def _quantiles(found: Gaps) -> Floats:
    """[states, classes, grid] seconds; where there are too few, those of all states."""
    table = np.zeros((STATES, CLASSES, len(GRID)))
    for kind in range(CLASSES):
        mine = found.kind == kind
        for state in range(STATES):
            here = mine & (found.state == state) & (found.previous != START)
            rows = here if here.sum() >= _AT_LEAST else mine
            table[state, kind] = quantiles(found.length[rows], found.weight[rows])
    return table


def _long(found: Gaps) -> Floats:
    """[25, grid] seconds of the longest class by hour; the last row: the first gap after 04:00."""
    table = np.zeros((25, len(GRID)))
    mine = (found.kind == CLASSES - 1) & (found.length < _OUTAGE_S)
    begin = found.previous == START
    for hour in range(24):
        rows = mine & ~begin & (found.hour == hour)
        rows = rows if rows.sum() >= _AT_LEAST else mine & ~begin
        table[hour] = quantiles(found.length[rows], found.weight[rows])
    rows = mine & begin
    table[24] = quantiles(found.length[rows], found.weight[rows])
    return table


def quantiles(value: Ints, weight: Floats) -> Floats:
    """Weighted quantiles on the grid; whole seconds are taken as their middles."""
    order = np.argsort(value, kind="stable")
    heap = np.cumsum(weight[order])
    at: Floats = np.interp(np.array(GRID) * heap[-1], heap - weight[order] / 2, value[order])
    return at
