"""Vitals and the habit of measuring them, vectorised over person-days.

Whether somebody measures today depends on yesterday, and weight on the weeks before. Both are
written so that a day can be computed alone: a day either copies the one before or is drawn fresh,
so the look-back ends at the first fresh one; and the AR(1) is the sum of its last terms.
"""

from dataclasses import dataclass

import numpy as np

from simulators.columns import Ints, Mask
from simulators.people.population import Habit, Level
from simulators.randomness import Floats, Keys, joined, normal, stream, uniform

_COPIES = 0.41  # P(measure | measured yesterday) - P(measure | not): .82 - .41 in TIHM
_LOOK_BACK = 24  # days; copied 24 times in a row: once in two thousand million
_AR_TERMS = 64


@dataclass(frozen=True, slots=True)
class Moments:
    """When measurements happen."""

    pair: Ints  # index of the person-day
    second: Ints  # after the local midnight of the day
    number: Ints  # which of the day's measurements, repeats counted: part of the draws' names
    echo: Mask  # a repeat that shows the value before it


def moments(keys: Keys, day_numbers: Ints, habit: Habit) -> Moments:
    """All measurements of a habit in each person-day; keys are the persons'."""
    parts: list[tuple[Ints, Ints, Ints, Mask]] = []
    today = joined(keys, day_numbers)
    for slot, usual in enumerate(habit.hours):
        name = stream(f"habit.{habit.name}.{slot}")
        taken = np.flatnonzero(
            _measured(keys, day_numbers, name, habit.keen)
            & remembered(today, day_numbers, name, habit)
        )
        k = today[taken]
        hour = usual + _own_offset(keys[taken], name, habit, slots=len(habit.hours))
        hour = hour + habit.own_sd_h * normal(k, name, 1)
        stray = uniform(k, name, 2) < 0.08
        hour = np.where(stray, 6 + 16 * uniform(k, name, 3), np.clip(hour, 5.0, 23.5))
        second = (hour * 3600).astype(np.int64)
        number = np.full(len(taken), 2 * slot, np.int64)
        parts.append((taken, second, number, np.zeros(len(taken), np.bool_)))
        again = uniform(k, name, 4) < habit.repeat
        after = habit.repeat_after_s * (0.6 + 0.8 * uniform(k, name, 5))
        echo = uniform(k, name, 6) < habit.same
        parts.append(
            (taken[again], (second + after.astype(np.int64))[again], number[again] + 1, echo[again])
        )
    pair, second, number, echo = (np.concatenate(c) for c in zip(*parts, strict=True))
    return Moments(pair, second, number, echo)


def values(
    keys: Keys, day_numbers: Ints, when: Moments, signal: str, level: Level, like: str = ""
) -> Floats:
    """The value at each moment, in the signal's unit, before rounding.

    `like` names another signal of the same moment whose draws it shares to a correlation of .55
    (diastolic with systolic).
    """
    name = stream(f"vital.{signal}")
    own, today = keys[when.pair], joined(keys, day_numbers)[when.pair]
    number = when.number - when.echo  # an echo draws what the one before it drew
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
    offset: Floats = habit.between_sd_h / slots * normal(keys, name, 103)
    return offset


def _slow(keys: Keys, day_numbers: Ints, name: int, level: Level) -> Floats:
    """A unit-variance AR(1) over days, by its last terms."""
    total = np.zeros(len(keys))
    for lag in range(_AR_TERMS):
        total += level.rho**lag * normal(joined(keys, day_numbers - lag), name, 3000)
    scaled: Floats = np.sqrt(1 - level.rho**2) * total
    return scaled
