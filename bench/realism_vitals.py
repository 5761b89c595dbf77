"""Levels of vitals and habits of measuring them, fitted to people's readings."""

from collections.abc import Mapping

import numpy as np

from bench.realism_homes import DAY_S, Floats, Sample, Series
from simulators.columns import Ints, Mask
from simulators.people.population import HOUR_SHARES, Habit, Level

DEVICES = {"cuff": "systolic", "thermometer": "body_temperature", "scale": "body_weight"}
_LEAST = 10  # readings of a person, or it says nothing of habits
_SESSION_S = 900  # readings closer than this belong to one sitting
_FAR = 3.0  # robust SDs beyond which a reading is of the tail
_TAIL = 4.0  # times the spread, there
_SLOW = 0.15  # an autocorrelation below it is taken for none


def levels(sample: Sample) -> Mapping[str, Level]:
    """How each vital sign spreads between people, within them, and from day to day."""
    return {name: _level(_enough(series)) for name, series in sample.vitals.items()}


def habits(sample: Sample) -> Mapping[str, Habit]:
    """When each device is taken up."""
    return {name: _habit(name, _enough(sample.vitals[vital])) for name, vital in DEVICES.items()}


def _enough(series: Series) -> Series:
    """Only people with enough readings, numbered from 0."""
    kept = series.where(np.bincount(series.home)[series.home] >= _LEAST)
    _, home = np.unique(kept.home, return_inverse=True)
    return Series(home.astype(np.int64), kept.day, kept.second, kept.value)


def _sittings(series: Series) -> tuple[Mask, Ints]:
    """Rows that begin a sitting; the sitting of each row."""
    at = series.day * DAY_S + series.second
    begins = np.ones(len(at), np.bool_)
    begins[1:] = (np.diff(series.home) != 0) | (np.diff(at) > _SESSION_S)
    return begins, np.cumsum(begins) - 1


def _level(series: Series) -> Level:
    begins, _ = _sittings(series)
    rows = series.where(begins)
    people = int(rows.home.max()) + 1
    middle = np.array([np.median(rows.value[rows.home == one]) for one in range(people)])
    beside = rows.value - middle[rows.home]
    robust = np.array([_robust(beside[rows.home == one]) for one in range(people)])
    count = np.bincount(rows.home)
    z = np.clip(beside / robust[rows.home], -8, 8)
    far = float(np.average(np.abs(z) > _FAR, weights=1 / count[rows.home]))
    tail = float(np.clip((far - 0.0027) / 0.45, 0.0, 0.05))
    noise = float(np.mean(1.3 / count))  # variance of the log of a robust SD
    spread = max(float(np.log(robust).var(ddof=1)) - noise, 0.01) ** 0.5
    slow, rho = _slowness(rows, z, tail)
    return Level(
        mean=float(middle.mean()),
        between=float(middle.std(ddof=1)),
        within=float(np.exp(np.log(robust).mean())),
        spread=spread,
        slow=slow,
        rho=rho,
        tail=tail,
    )


def _robust(beside: Floats) -> float:
    """An SD that a few strays do not move."""
    low, high = np.percentile(beside, (16, 84))
    return max(float(high - low) / 2, 1e-3)


def _slowness(rows: Series, z: Floats, tail: float) -> tuple[float, float]:
    """(share of the variance that is slow, its correlation a day on), from one day and seven.

    What is fast has the tail besides, which blurs the correlation that is seen.
    """

    def after(days: int) -> float:
        place = {(h, d): i for i, (h, d) in enumerate(zip(rows.home, rows.day, strict=True))}
        pairs = [
            (i, place[h, d + days])
            for (h, d), i in place.items() if (h, d + days) in place
        ]  # fmt: skip
        one, two = np.array(pairs).T
        return float((z[one] * z[two]).mean() / (z**2).mean())

    near, far = after(1), after(7)
    if near < _SLOW:
        return 0.0, 0.0
    rho = float(np.clip((max(far, 0.05) / near) ** (1 / 6), 0.5, 0.97))
    blur = 1 + (_TAIL**2 - 1) * tail
    slow = near * blur / (rho + near * (blur - 1))
    return float(np.clip(slow, 0.0, 0.95)), rho


def _habit(name: str, series: Series) -> Habit:
    begins, number = _sittings(series)
    first = series.where(begins)
    people = int(first.home.max()) + 1
    sizes = np.bincount(number)
    repeat, repeat_spread = _logit(first.home, sizes >= 2)
    gap = np.diff(series.day * DAY_S + series.second)[~begins[1:]]
    same = np.diff(series.value)[~begins[1:]] == 0
    code = first.home * 100_000 + first.day
    _, row, times = np.unique(code, return_index=True, return_counts=True)
    later, later_spread = _logit(first.home[row], times >= 2)
    hour = first.second[row] / 3600
    usual = np.array([np.median(hour[first.home[row] == one]) for one in range(people)])
    beside = hour - usual[first.home[row]]
    robust = np.array([_robust(beside[first.home[row] == one]) for one in range(people)])
    share = _covered(first.home[row], first.day[row], people)
    return Habit(
        name,
        hours=(float(usual.mean()),),
        own_sd_h=float(np.exp(np.log(np.maximum(robust, 0.1)).mean())),
        own_spread=float(np.log(np.maximum(robust, 0.1)).std(ddof=1)),
        between_h=tuple(float(x) for x in np.quantile(usual, HOUR_SHARES) - usual.mean()),
        stray=float(np.clip(np.mean(np.abs(beside) > 3 * robust[first.home[row]]), 0.0, 0.3)),
        repeat=repeat,
        repeat_spread=repeat_spread,
        again=float((sizes >= 3).sum() + 0.5) / float((sizes >= 2).sum() + 1),
        repeat_after_s=int(np.median(gap)) if len(gap) else 60,
        same=float(same.mean()) if len(same) else 0.0,
        later=later,
        later_spread=later_spread,
        keen=float(np.clip(share.mean() / (1.001 - share.mean()), 0.5, 20.0)),
    )


def _logit(home: Ints, hit: Mask) -> tuple[float, float]:
    """A share between people: its middle, and the SD of its log odds."""
    count, hits = np.bincount(home), np.bincount(home, hit)
    odds = np.log((hits + 0.5) / (count - hits + 0.5))
    noise = float(np.mean(1 / (hits + 0.5) + 1 / (count - hits + 0.5)))
    spread = max(float(odds.var(ddof=1)) - noise, 0.0) ** 0.5
    return float(1 / (1 + np.exp(-odds.mean()))), spread


def _covered(home: Ints, day: Ints, people: int) -> Floats:
    """Of the days from a person's first to last reading, those with one."""
    span = [np.ptp(day[home == one]) + 1 for one in range(people)]
    covered: Floats = np.bincount(home) / np.array(span)
    return covered
