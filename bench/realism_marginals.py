"""What is compared of two samples of homes, one marginal at a time."""

from collections.abc import Mapping

import numpy as np

from bench.realism_distances import Marginal, Shares, Values, shares
from bench.realism_homes import SENSORS, Events, Floats, Sample, Series
from simulators.columns import Ints

DEVICES = {"cuff": "systolic", "thermometer": "body_temperature", "scale": "body_weight"}
_LEAST_READINGS = 10  # of a person, or its spread means nothing
THRESHOLDS = (
    ("systolic", 160, 300),
    ("systolic", 150, 300),
    ("systolic", 0, 100),
    ("diastolic", 100, 300),
    ("pulse", 100, 300),
    ("pulse", 0, 50),
    ("body_temperature", 37.5, 60),
)
"""(signal, from, below): what the study's monitoring team looked at"""


def marginals(sample: Sample) -> Mapping[str, Marginal]:
    """Every marginal by name."""
    found = dict(_events(sample.events, sample.size))
    for name, series in sample.vitals.items():
        found |= _vital(name, _enough(series))
    for device, name in DEVICES.items():
        found |= _habit(device, _enough(sample.vitals[name]))
    found["thresholds: readings beyond"] = _thresholds(sample)
    return found


def _events(events: Events, size: int) -> dict[str, Marginal]:
    number, home, first = events.day_of()
    inner = np.ones(len(number), np.bool_)
    inner[first] = False
    gap = np.diff(events.second, prepend=0)
    long = np.bincount(number[inner & (gap > 1800)], minlength=len(home)).astype(np.float64)
    longest = np.zeros(len(home))
    np.maximum.at(longest, number[inner], gap[inner] / 3600)
    # Pairs of consecutive events of one day, the later row of each.
    here = np.flatnonzero(inner)
    pair = events.sensor[here - 1] * len(SENSORS) + events.sensor[here]
    hour = (events.second // 3600 + 4) % 24
    return {
        "hour of day": shares(events.home, hour, size, 24),
        "events a day": Values(home, np.bincount(number).astype(np.float64)),
        "time between events": Values(events.home[inner], np.log1p(gap[inner].astype(float))),
        "gaps over 30 min a day": Values(home, long),
        "longest gap of a day": Values(home, longest),
        "mix of sensors": shares(events.home, events.sensor, size, len(SENSORS)),
        "pairs of sensors": shares(events.home[here], pair, size, len(SENSORS) ** 2),
        "transitions": _transitions(events.home[here], pair, size),
    }


def _transitions(home: Ints, pair: Ints, size: int) -> Shares:
    """Where each sensor leads, every sensor with the same weight."""
    wide = len(SENSORS)
    table = np.zeros((size, wide, wide))
    np.add.at(table, (home, pair // wide, pair % wide), 1)
    rows = table.sum(axis=2, keepdims=True)
    has = rows[:, :, 0] > 20
    mean = np.where(rows > 0, table / np.maximum(rows, 1), 0.0)
    people = np.maximum(has.sum(axis=0), 1)
    lead = (mean * has[:, :, None]).sum(axis=0) / people[:, None]
    return Shares(lead.reshape(1, -1) / wide)


def _enough(series: Series) -> Series:
    """Only people with enough readings, numbered from 0."""
    kept = series.where(np.bincount(series.home)[series.home] >= _LEAST_READINGS)
    _, home = np.unique(kept.home, return_inverse=True)
    return Series(home.astype(np.int64), kept.day, kept.second, kept.value)


def _vital(name: str, rows: Series) -> dict[str, Marginal]:
    home = rows.home
    mean = _per_person(rows.value, home)
    own = np.arange(len(mean))
    spread = np.sqrt(_per_person((rows.value - mean[home]) ** 2, home))
    return {
        f"{name}: values": Values(home, rows.value),
        f"{name}: a person's mean": Values(own, mean),
        f"{name}: a person's spread": Values(own, spread),
        f"{name}: autocorrelation": Values(own, _lag(rows.value - mean[home], home)),
        f"{name}: change to the next": Values(*_changes(rows.value, home)),
    }


def _habit(device: str, rows: Series) -> dict[str, Marginal]:
    people = int(rows.home.max()) + 1
    return {
        f"{device}: readings a day": Values(*_days(rows.home, rows.day)),
        f"{device}: share of days": Values(np.arange(people), _covered(rows.home, rows.day)),
        f"{device}: hour": shares(rows.home, rows.second // 3600, people, 24),
    }


def _per_person(value: Floats, home: Ints) -> Floats:
    average: Floats = np.bincount(home, value) / np.bincount(home)
    return average


def _days(home: Ints, day: Ints) -> tuple[Ints, Floats]:
    code, count = np.unique(home * 100_000 + day, return_counts=True)
    return code // 100_000, count.astype(np.float64)


def _covered(home: Ints, day: Ints) -> Floats:
    """Of the days between a person's first and last reading, those with one."""
    whose, _ = _days(home, day)
    first = np.full(int(home.max()) + 1, 1 << 40)
    last = np.zeros(int(home.max()) + 1, np.int64)
    np.minimum.at(first, home, day)
    np.maximum.at(last, home, day)
    covered: Floats = np.bincount(whose) / (last - first + 1)
    return covered


def _lag(centred: Floats, home: Ints) -> Floats:
    near = home[1:] == home[:-1]
    product = np.bincount(home[1:][near], (centred[1:] * centred[:-1])[near], int(home.max()) + 1)
    ratio: Floats = product / np.maximum(np.bincount(home, centred**2), 1e-9)
    return ratio


def _changes(value: Floats, home: Ints) -> tuple[Ints, Floats]:
    near = home[1:] == home[:-1]
    return home[1:][near], np.diff(value)[near]


def _thresholds(sample: Sample) -> Shares:
    """The mean share of a person's readings beyond each threshold, as one list."""
    rates = []
    for name, low, high in THRESHOLDS:
        series = sample.vitals[name]
        count = np.bincount(series.home, minlength=sample.size)
        beyond = (series.value >= low) & (series.value < high)
        hits = np.bincount(series.home[beyond], minlength=sample.size)
        people = count >= _LEAST_READINGS
        rates.append(float((hits[people] / count[people]).mean()))
    return Shares(np.array([rates]))
