"""Devices that belong to the house: hub, motion, doors, climate, smoke, button, bed,
dispenser, stove.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from simulators.columns import Columns, Ints, Mask, none, rows, together
from simulators.homes.batch import HOUR_MS, MINUTE_MS, Batch, Fitted, grid
from simulators.homes.body import counts
from simulators.people.daylight import indoors, retires_h, wakes_h
from simulators.people.population import population
from simulators.randomness import Floats, joined, normal, stream, uniform

HEARTBEAT_MS = 60 * MINUTE_MS
CLIMATE_MS = 30 * MINUTE_MS
_LONGEST_OPEN_S = 120  # a door left ajar is shut by then; a scenario may leave one open


def nothing(work: Batch, which: Fitted) -> Columns:
    """A device that speaks only when somebody makes it."""
    del work, which
    return none()


def heartbeat(work: Batch, which: Fitted, interval_ms: int) -> Columns:
    """Link quality at every beat, battery at one beat a day."""
    if not len(which.pair):
        return none()
    row, at = grid(work, which, interval_ms)
    device, home = which.device[row], work.home[which.pair[row]]
    keys = which.keys[row]
    usual = 90 + 120 * uniform(keys, stream("link"))
    quality = usual + 8 * normal(joined(keys, at // MINUTE_MS), stream("link.noise"))
    link = rows(at, device, "link_quality", counts("link_quality", quality), home=home)
    daily = at % (24 * HOUR_MS) < interval_ms
    drained = at / (24 * HOUR_MS) % 400 / 400 + uniform(keys, stream("battery"))
    battery = counts("battery", 100 - 80 * (drained % 1))
    return together(
        [link, rows(at[daily], device[daily], "battery", battery[daily], home=home[daily])]
    )


hub = partial(heartbeat, interval_ms=15 * MINUTE_MS)


def motion(work: Batch, which: Fitted) -> Columns:
    """An event whenever the chain comes by, and a heartbeat."""
    events = _events(work, which)
    at, device, home = events[0], which.device[events[1]], work.home[which.pair[events[1]]]
    moved = rows(at, device, "motion", 1, home=home)
    return together([moved, heartbeat(work, which, HEARTBEAT_MS)])


def door(work: Batch, which: Fitted) -> Columns:
    """Opened and closed as people come by; the heartbeat repeats the state."""
    at, row, opened = _events(work, which)
    turn_at, turn_row, is_open = _turns(work, which, at[opened], row[opened])
    parts = [heartbeat(work, which, HEARTBEAT_MS)]
    beat_row, beat_at = grid(work, which, HEARTBEAT_MS)
    state = _standing(turn_at, turn_row, is_open, beat_at, beat_row)
    for when, where, x in ((turn_at, turn_row, is_open), (beat_at, beat_row, state)):
        home = work.home[which.pair[where]]
        parts.append(rows(when, which.device[where], "door", x, home=home))
    return together(parts)


def climate(work: Batch, which: Fitted) -> Columns:
    """Temperature, humidity and CO2 in one message: warm by day, stuffy by night."""
    if not len(which.pair):
        return none()
    row, at = grid(work, which, CLIMATE_MS)
    keys, pair = which.keys[row], which.pair[row]
    device, home = which.device[row], work.home[pair]
    hour = (at - work.midnight_at[pair]) / HOUR_MS % 24
    wave = np.cos((hour - 17) / 24 * 2 * np.pi)
    noise = normal(joined(keys, at // MINUTE_MS), stream("climate"))
    season = [one[pair] for one in indoors(work.sky)]
    warm = 20.6 + season[0] + 0.9 * normal(keys, stream("climate.warm")) + 1.1 * wave + 0.2 * noise
    damp = 43 + season[1] + 6 * normal(keys, stream("climate.damp")) - 3 * wave + noise
    air = 720 + season[2] + 90 * normal(keys, stream("climate.air")) - 160 * wave + 30 * noise
    return together(
        [
            rows(at, device, "room_temperature", counts("room_temperature", warm), home=home),
            rows(at, device, "humidity", counts("humidity", damp), home=home),
            rows(at, device, "co2", counts("co2", air), home=home),
        ]
    )


def smoke(work: Batch, which: Fitted) -> Columns:
    """All clear, every six hours."""
    row, at = grid(work, which, 6 * HOUR_MS)
    clear = rows(at, which.device[row], "smoke", 0, home=work.home[which.pair[row]])
    return together([clear, heartbeat(work, which, 6 * HOUR_MS)])


def button(work: Batch, which: Fitted) -> Columns:
    """Nothing but its heartbeat; pressing it is a scenario."""
    return heartbeat(work, which, 6 * HOUR_MS)


def bed(work: Batch, which: Fitted) -> Columns:
    """Occupied from bedtime to waking, with one short absence on most nights."""
    if not len(which.pair):
        return none()
    today = joined(which.people, work.day[which.pair])
    rhythms = [persona.rhythm for persona in which.personas]
    light = np.array([one.light for one in rhythms])
    up = np.array([one.up_h for one in rhythms]) + light * wakes_h(work.sky)[which.pair]
    up_h = up + 0.6 * normal(which.people, stream("bed.up")) + 0.4 * normal(today, stream("bed.u"))
    down = np.array([one.down_h for one in rhythms]) + light * retires_h(work.sky)[which.pair]
    down = down + 0.6 * normal(which.people, stream("bed.down"))
    down_h = np.clip(down + 0.4 * normal(today, stream("bed.d")), 20, 26)
    leave_h = 25.5 + 1.5 * uniform(today, stream("bed.leave"))
    away_h = (4 + 8 * uniform(today, stream("bed.away"))) / 60
    row = np.arange(len(which.pair))
    leaves = (uniform(today, stream("bed.leaves")) < 0.7) & (leave_h > down_h + 0.5)
    moments = [
        (up_h, row, 0),
        (down_h, row, 1),
        (leave_h[leaves], row[leaves], 0),
        ((leave_h + away_h)[leaves], row[leaves], 1),
    ]
    when = np.concatenate([_at(work, which, where, hour) for hour, where, _ in moments])
    where = np.concatenate([where for _, where, _ in moments])
    x = np.concatenate([np.full(len(where), x) for _, where, x in moments])
    beat_row, beat_at = grid(work, which, HEARTBEAT_MS)
    state = _standing(when, where, x, beat_at, beat_row, before=1)
    home = work.home[which.pair]
    return together(
        [
            rows(when, which.device[where], "bed", x, home=home[where]),
            rows(beat_at, which.device[beat_row], "bed", state, home=home[beat_row]),
            heartbeat(work, which, HEARTBEAT_MS),
        ]
    )


def dispenser(work: Batch, which: Fitted) -> Columns:
    """Twice a day taken; now and then missed."""
    if not len(which.pair):
        return none()
    today = joined(which.people, work.day[which.pair])
    row = np.arange(len(which.pair))
    parts = [heartbeat(work, which, 24 * HOUR_MS)]
    for slot, hour in enumerate((8.5, 20.0)):
        missed = (uniform(today, stream("dose"), slot) < 0.03).astype(np.int64)
        late = np.where(missed, 1.0, 0.4 * uniform(today, stream("dose.late"), slot))
        at = _at(work, which, row, hour + late)
        home = work.home[which.pair]
        parts.append(rows(at, which.device, "dispenser", missed, home=home))
    return together(parts)


def stove(work: Batch, which: Fitted) -> Columns:
    """Cooks for 8 to 20 minutes from the first visit to the kitchen at each meal; else nothing."""
    if not len(which.pair):
        return none()
    kitchen = np.full(len(which.pair), population().sensors.index("kitchen"), np.int64)
    at, row, _ = _events(work, replace(which, sensor=kitchen))
    order = np.lexsort((at, row))
    at, row = at[order], row[order]
    today = joined(which.people, work.day[which.pair])
    when, where, watts = [], [], []
    for slot, hour in enumerate((7.3, 12.0, 17.5)):
        first = _at(work, which, np.arange(len(which.pair)), np.full(len(which.pair), hour))
        base = work.start_at.min()
        code = row * (1 << 42) + (at - base)
        place = np.searchsorted(code, np.arange(len(first)) * (1 << 42) + (first - base))
        near = np.minimum(place, max(0, len(at) - 1))
        cooks = np.flatnonzero(
            (place < len(at)) & (row[near] == np.arange(len(first)))
            & (at[near] < first + 2 * HOUR_MS) & (uniform(today, stream("stove"), slot) < 0.8)
        ) if len(at) else np.empty(0, np.int64)  # fmt: skip
        minutes = (8 + 12 * uniform(today[cooks], stream("stove.for"), slot)).astype(np.int64)
        for passed in range(0, 20, 4):
            on = minutes > passed
            when.append(at[near[cooks]][on] + passed * MINUTE_MS)
            where.append(cooks[on])
            watts.append(np.full(int(on.sum()), 1200, np.int64))
        when.append(at[near[cooks]] + minutes * MINUTE_MS)
        where.append(cooks)
        watts.append(np.zeros(len(cooks), np.int64))
    power_at, power_row, x = (np.concatenate(one) for one in (when, where, watts))
    beat_row, beat_at = grid(work, which, HEARTBEAT_MS)
    order = np.lexsort((power_at, power_row))
    state = _standing(power_at[order], power_row[order], x[order], beat_at, beat_row)
    home = work.home[which.pair]
    return together(
        [
            rows(power_at, which.device[power_row], "plug_power", x, home=home[power_row]),
            rows(beat_at, which.device[beat_row], "plug_power", state, home=home[beat_row]),
        ]
    )


def _at(work: Batch, which: Fitted, row: Ints, hour: Floats) -> Ints:
    """Instants from hours after local midnight (beyond 24: the night after)."""
    at: Ints = work.midnight_at[which.pair[row]] + (hour * HOUR_MS).astype(np.int64)
    return at


def _events(work: Batch, which: Fitted) -> tuple[Ints, Ints, Mask]:
    """The chain's events at each fitted sensor: ms UTC, index into `which`, door opened."""
    steps = work.steps
    # One number for a (pair, sensor), found by binary search among the fitted ones.
    wanted = which.pair * 64 + which.sensor
    order = np.argsort(wanted, kind="stable")
    code = steps.pair * 64 + steps.sensor
    place = np.searchsorted(wanted[order], code)
    place = np.minimum(place, max(0, len(order) - 1))
    hit = (wanted[order][place] == code) if len(order) else np.zeros(len(code), np.bool_)
    row = order[place[hit]] if len(order) else np.empty(0, np.int64)
    at = work.start_at[steps.pair[hit]] + steps.second[hit] * 1000
    return at, row, steps.opened[hit]


def _turns(work: Batch, which: Fitted, at: Ints, row: Ints) -> tuple[Ints, Ints, Ints]:
    """Openings and their closings, by row and time; no door of a calm day stays ajar."""
    order = np.lexsort((at, row))
    at, row = at[order], row[order]
    keys = joined(which.keys[row], at // 1000)
    shut = at + ((5 + (_LONGEST_OPEN_S - 5) * uniform(keys, stream("door")) ** 3) * 1000).astype(
        np.int64
    )
    if len(at) > 1:
        same = row[1:] == row[:-1]
        shut[:-1] = np.where(same, np.minimum(shut[:-1], at[1:] - 1000), shut[:-1])
    shut = np.minimum(shut, work.end_at[which.pair[row]] - 1)
    when, where = np.concatenate([at, shut]), np.concatenate([row, row])
    is_open = np.concatenate([np.ones(len(at), np.int64), np.zeros(len(at), np.int64)])
    order = np.lexsort((is_open, when, where))
    return when[order], where[order], is_open[order]


def _standing(at: Ints, row: Ints, x: Ints, ask_at: Ints, ask_row: Ints, before: int = 0) -> Ints:
    """The state at each instant asked for: that of the last change at or before it."""
    if not len(at):
        return np.full(len(ask_at), before, np.int64)
    order = np.lexsort((at, row))
    base = at.min()
    span = max(int(at.max()), int(ask_at.max(initial=base))) - base + 1
    code = row[order] * span + (at[order] - base)
    place = np.searchsorted(code, ask_row * span + np.maximum(ask_at - base, 0), "right") - 1
    known = (place >= 0) & (row[order][np.maximum(place, 0)] == ask_row) & (ask_at >= base)
    state: Ints = np.where(known, x[order][np.maximum(place, 0)], before)
    return state
