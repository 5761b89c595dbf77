"""Vitals and the habit of measuring them, vectorised over person-days.

Whether somebody measures today depends on yesterday, and weight on the weeks before. Both are
written so that a day can be computed alone: a day either copies the one before or is drawn fresh,
so the look-back ends at the first fresh one; and the AR(1) is the sum of its last terms.
"""

from dataclasses import dataclass

import numpy as np

from simulators.columns import Ints, Mask
from simulators.people.population import HOUR_SHARES, Habit, Level
from simulators.randomness import Floats, Keys, joined, normal, stream, uniform

_COPIES = 0.41  # P(measure | measured yesterday) - P(measure | not): .82 - .41 in TIHM
_LOOK_BACK = 24  # days; copied 24 times in a row: once in two thousand million
_AR_TERMS = 64
_LATE = 0.5  # people are oftener late than early: skew of the hour, its median in place
_SITTING = 4  # measurements in one sitting, at most


@dataclass(frozen=True, slots=True)
class Moments:
    """When measurements happen."""

    pair: Ints  # index of the person-day
    second: Ints  # after the local midnight of the day
    number: Ints  # which of the day's draws it takes; a repeat that shows the same, the one before


def moments(keys: Keys, day_numbers: Ints, habit: Habit) -> Moments:
    """All measurements of a habit in each person-day; keys are the persons'."""
    parts: list[tuple[Ints, Ints, Ints]] = []
    today = joined(keys, day_numbers)
    for slot, usual in enumerate(habit.hours):
        name = stream(f"habit.{habit.name}.{slot}")
        taken = np.flatnonzero(
            _measured(keys, day_numbers, name, habit.keen)
            & remembered(today, day_numbers, name, habit)
        )
        k, own = today[taken], keys[taken]
        hour = usual + _own_offset(own, name, habit, slots=len(habit.hours))
        sd = habit.own_sd_h * np.exp(habit.own_spread * normal(own, name, 105))
        hour = hour + sd * (np.exp(_LATE * normal(k, name, 1)) - 1) / _LATE
        stray = uniform(k, name, 2) < habit.stray
        hour = np.where(stray, 6 + 16 * uniform(k, name, 3), np.clip(hour, 5.0, 23.5))
        second = (hour * 3600).astype(np.int64)
        parts += _sitting(habit, name, taken, own, k, second, 2 * slot * _SITTING)
        if habit.later:
            more = uniform(k, name, 7) < _share(own, name, 106, habit.later, habit.later_spread)
            wait = (22.5 * 3600 - second) * (0.15 + 0.85 * uniform(k, name, 8))
            more &= wait > 1800
            second = second + wait.astype(np.int64)
            parts += _sitting(
                habit, name, taken[more], own[more], k[more], second[more],
                (2 * slot + 1) * _SITTING,
            )  # fmt: skip
    pair, second, number = (np.concatenate(c) for c in zip(*parts, strict=True))
    return Moments(pair, second, number)


def _sitting(
    habit: Habit, name: int, pair: Ints, own: Keys, today: Keys, second: Ints, first: int
) -> list[tuple[Ints, Ints, Ints]]:
    """A measurement and what is measured again right after it; `first`: the draws' number."""
    drawn = np.full(len(pair), first, np.int64)
    parts = [(pair, second, drawn)]
    likely = _share(own, name, 107, habit.repeat, habit.repeat_spread)
    for repeat in range(1, _SITTING):
        count = first + 100 + repeat  # of these draws' names
        going = np.flatnonzero(uniform(today, name, count) < likely)
        if not len(going):
            break
        pair, own, today = pair[going], own[going], today[going]
        after = habit.repeat_after_s * (0.6 + 0.8 * uniform(today, name, count + 100))
        second = second[going] + after.astype(np.int64)
        echo = uniform(today, name, count + 200) < habit.same
        drawn = np.where(echo, drawn[going], first + repeat)
        parts.append((pair, second, drawn))
        likely = np.full(len(pair), habit.again)
    return parts


def _share(own: Keys, name: int, counter: int, middle: float, spread: float) -> Floats:
    """Each person's own probability: log odds around the habit's."""
    if not spread or not 0 < middle < 1:
        return np.full(len(own), middle)
    odds = np.log(middle / (1 - middle)) + spread * normal(own, name, counter)
    share: Floats = 1 / (1 + np.exp(-odds))
    return share


def values(
    keys: Keys, day_numbers: Ints, when: Moments, signal: str, level: Level, like: str = ""
) -> Floats:
    """The value at each moment, in the signal's unit, before rounding.

    `like` names another signal of the same moment whose draws it shares to a correlation of .55
    (diastolic with systolic).
    """
    name = stream(f"vital.{signal}")
    own, today = keys[when.pair], joined(keys, day_numbers)[when.pair]
    number = when.number
    fast = normal(today, name, number)
    mean = normal(own, name, 1000)
    if like:
        other = stream(f"vital.{like}")
        fast = 0.55 * normal(today, other, number) + 0.835 * fast
        mean = 0.55 * normal(own, other, 1000) + 0.835 * mean
    fast = np.where(uniform(today, name, number + 2000) < level.tail, 4 * fast, fast)
    sd = level.within * np.exp(level.spread * normal(own, name, 1001))
    slow = _slow(keys, day_numbers, name, level)[when.pair] if level.slow else 0.0
    wave = np.sqrt(1 - level.slow) * fast + np.sqrt(level.slow) * slow
    value: Floats = level.mean + level.between * mean + sd * wave
    return value


def remembered(today: Keys, day_numbers: Ints, name: int, habit: Habit) -> Mask:
    """Whether it is not forgotten because of the weekday, as on Sundays."""
    if not habit.forgets:
        return np.ones(len(today), np.bool_)
    weekday = (day_numbers + 3) % 7  # 1 January 1970 was a Thursday
    kept: Mask = uniform(today, name, 104) >= np.array(habit.forgets)[weekday]
    return kept


def _measured(keys: Keys, day_numbers: Ints, name: int, keen: float) -> Mask:
    """Whether each person measures on each day: a two-state chain, by looking back."""
    likely = uniform(keys, name, 100) ** (1 / keen)
    decided = np.zeros(len(keys), np.bool_)
    measured = np.zeros(len(keys), np.bool_)
    for lag in range(_LOOK_BACK):
        day = joined(keys, day_numbers - lag)
        fresh = ~decided & ((uniform(day, name, 101) >= _COPIES) | (lag == _LOOK_BACK - 1))
        measured |= fresh & (uniform(day, name, 102) < likely)
        decided |= fresh
        if decided.all():
            break
    return measured


def _own_offset(keys: Keys, name: int, habit: Habit, slots: int) -> Floats:
    """A person's usual hour, beside the habit's; narrower where the day has several slots."""
    if habit.between_h:
        at: Floats = np.interp(uniform(keys, name, 103), HOUR_SHARES, habit.between_h)
    else:
        at = habit.between_sd_h / slots * normal(keys, name, 103)
    return at


def _slow(keys: Keys, day_numbers: Ints, name: int, level: Level) -> Floats:
    """A unit-variance AR(1) over days, by its last terms."""
    total = np.zeros(len(keys))
    for lag in range(_AR_TERMS):
        total += level.rho**lag * normal(joined(keys, day_numbers - lag), name, 3000)
    scaled: Floats = np.sqrt(1 - level.rho**2) * total
    return scaled
