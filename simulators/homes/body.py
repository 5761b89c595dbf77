"""Devices that measure a body: cuff, scale, thermometer, oximeter, glucose, breath in bed."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from devices.signals import CATALOGUE
from simulators.columns import Columns, Ints, none, rows, together
from simulators.homes.batch import MINUTE_MS, Batch, Fitted, grid
from simulators.people.persona import Persona
from simulators.people.population import Habit
from simulators.people.vitals import moments, values
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
    parts = []
    for persona, mine in _by_persona(which):
        usual = GLUCOSE if habit == "glucose" else work.tables.habits[habit]
        own = persona.habits.get(which.devices[0].model, usual)
        people, pairs = which.people[mine], which.pair[mine]
        when = moments(people, work.day[pairs], own)
        pair, device = pairs[when.pair], which.device[mine][when.pair]
        at = work.midnight_at[pair] + when.second * 1000
        for signal, like in signals:
            value = values(people, work.day[pairs], when, signal, persona.level(signal), like=like)
            course = persona.course(signal)
            if course.swing or course.night:
                value += course.at(when.second / 3600, sum(own.hours) / len(own.hours))
            parts.append(rows(at, device, signal, counts(signal, value), home=work.home[pair]))
    return together(parts)


def _by_persona(which: Fitted) -> list[tuple[Persona, Ints]]:
    """Each persona of the batch with the places of its people."""
    known = {id(one): one for one in which.personas}
    kinds = np.array([id(one) for one in which.personas], np.int64)
    return [(persona, np.flatnonzero(kinds == kind)) for kind, persona in known.items()]


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
    fine = normal(joined(people, minute), stream("oximeter"))
    hourly = normal(joined(people, minute // 60), stream("oximeter.hour"))
    level = [one.level("spo2") for one in which.personas]
    mean = np.array([x.mean for x in level]) + np.array([x.between for x in level]) * normal(
        which.people, stream("vital.spo2"), 1000
    )
    value = mean[row] + _course(which, "spo2", row, hour) + 0.5 * hourly + 0.4 * fine
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


def _course(which: Fitted, signal: str, row: Ints, hour: Floats) -> Floats:
    """What the hour adds for each row's person, of a sensor that measures round the clock."""
    added = np.zeros(len(row))
    for persona, mine in _by_persona(which):
        own = np.zeros(len(which.pair), np.bool_)
        own[mine] = True
        theirs = own[row]
        added[theirs] = persona.course(signal).at(hour[theirs])
    return added


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
