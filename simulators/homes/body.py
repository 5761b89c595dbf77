"""Devices that measure a body: cuff, scale, thermometer, oximeter, glucose, breath in bed."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from devices.signals import CATALOGUE
from simulators.columns import Columns, Ints, Mask, none, rows, together
from simulators.homes.batch import MINUTE_MS, Batch, Fitted, grid
from simulators.people.persona import Persona
from simulators.people.population import Habit
from simulators.people.vitals import Moments, moments, values
from simulators.randomness import Floats, joined, normal, stream

OXIMETER_MS = 5 * MINUTE_MS

# TIHM knows no glucose: assumed.
GLUCOSE = Habit("glucose", hours=(7.5, 12.2, 17.8, 22.0), between_sd_h=1.6, own_sd_h=0.5, keen=6.0)


def _measured(
    work: Batch, which: Fitted, habit: str, signals: Sequence[tuple[str, str]]
) -> Columns:
    """Spot measurements: at each moment one message with every signal."""
    if not len(which.pair):
        return none()
    days = work.day[which.pair]
    when = moments(which.people, days, GLUCOSE if habit == "glucose" else work.tables.habits[habit])
    at = work.midnight_at[which.pair[when.pair]] + when.second * 1000
    device, home = which.device[when.pair], work.home[which.pair[when.pair]]
    parts = []
    for signal, like in signals:
        value = np.zeros(len(at))
        for persona, mine in _by_persona(which, when):
            level = persona.level(signal)
            drawn = values(which.people, days, when, signal, level, like=like)
            value[mine] = drawn[mine]
        parts.append(rows(at, device, signal, counts(signal, value), home=home))
    return together(parts)


def _by_persona(which: Fitted, when: Moments) -> list[tuple[Persona, Mask]]:
    """Each persona of the batch with the moments of its people."""
    known = {id(one): one for one in which.personas}
    kinds = np.array([id(one) for one in which.personas], np.int64)[when.pair]
    return [(persona, kinds == kind) for kind, persona in known.items()]


def counts(signal: str, value: Floats) -> Ints:
    """Counts of the signal's resolution, kept inside what is plausible."""
    entry = CATALOGUE[signal]
    whole = np.floor(value * entry.scale + 0.5).astype(np.int64)
    clipped: Ints = np.clip(whole, entry.low_x, entry.high_x)
    return clipped


def oximeter(work: Batch, which: Fitted) -> Columns:
    """Every five minutes, the wearer's own level with a dip at night and slow wandering."""
    if not len(which.pair):
        return none()
    row, at = grid(work, which, OXIMETER_MS)
    people, pair = which.people[row], which.pair[row]
    minute = at // MINUTE_MS
    hour = (at - work.midnight_at[pair]) / (60 * MINUTE_MS) % 24
    night = np.exp(-(((hour - 3.5 + 12) % 24 - 12) ** 2) / 8)
    fine = normal(joined(people, minute), stream("oximeter"))
    hourly = normal(joined(people, minute // 60), stream("oximeter.hour"))
    level = [one.level("spo2") for one in which.personas]
    mean = np.array([x.mean for x in level]) + np.array([x.between for x in level]) * normal(
        which.people, stream("vital.spo2"), 1000
    )
    value = mean[row] - 0.8 * night + 0.5 * hourly + 0.4 * fine
    device, home = which.device[row], work.home[pair]
    return rows(at, device, "spo2", counts("spo2", value), home=home)


def glucose_sensor(work: Batch, which: Fitted) -> Columns:
    """Under the skin, every five minutes: rises after meals, lowest before dawn."""
    if not len(which.pair):
        return none()
    row, at = grid(work, which, OXIMETER_MS)
    people, pair = which.people[row], which.pair[row]
    hour = (at - work.midnight_at[pair]) / (60 * MINUTE_MS) % 24
    today = joined(people, work.day[pair])
    meals = np.zeros(len(at))
    for slot, usual in enumerate((8.2, 12.8, 18.3)):
        since = hour - usual - 0.5 * normal(today, stream("meal"), slot)
        rise = 2.2 * np.exp(0.3 * normal(today, stream("meal.rise"), slot))
        meals += np.where(since > 0, rise * since * np.exp(1 - since), 0)
    slow = normal(joined(people, at // MINUTE_MS // 60), stream("glucose.hour"))
    fine = normal(joined(people, at // MINUTE_MS), stream("glucose.fine"))
    own = own_level(which, "glucose")[row]
    value = own - 1.2 + meals + 0.35 * slow + 0.12 * fine
    return rows(at, which.device[row], "glucose", counts("glucose", value), home=work.home[pair])


def mattress(work: Batch, which: Fitted) -> Columns:
    """Breaths a minute, every half hour while somebody sleeps."""
    if not len(which.pair):
        return none()
    row, at = grid(work, which, 30 * MINUTE_MS)
    people, pair = which.people[row], which.pair[row]
    hour = (at - work.midnight_at[pair]) / (60 * MINUTE_MS) % 24
    asleep = (hour >= 23.3) | (hour < 6.2)
    row, at, people, pair = row[asleep], at[asleep], people[asleep], pair[asleep]
    sd = np.array([one.level("respiration").within for one in which.personas])
    value = own_level(which, "respiration")[row] + sd[row] * normal(
        joined(people, at // MINUTE_MS), stream("mattress")
    )
    return rows(
        at, which.device[row], "respiration", counts("respiration", value), home=work.home[pair]
    )


def own_level(which: Fitted, signal: str) -> Floats:
    """Each person's own mean, in the signal's unit."""
    levels = [one.level(signal) for one in which.personas]
    drawn = normal(which.people, stream(f"vital.{signal}"), 1000)
    own: Floats = np.array([x.mean for x in levels]) + drawn * np.array([x.between for x in levels])
    return own


cuff = partial(
    _measured,
    habit="cuff",
    signals=(("systolic", ""), ("diastolic", "systolic"), ("pulse", "")),
)
scale = partial(_measured, habit="scale", signals=(("body_weight", ""),))
thermometer = partial(_measured, habit="thermometer", signals=(("body_temperature", ""),))
glucose = partial(_measured, habit="glucose", signals=(("glucose", ""),))
