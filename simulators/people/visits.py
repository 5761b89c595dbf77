"""Visits: doors and motion that are not the resident's, and the day moved by a habit of hours.

Somebody comes by the front door, is seen in the hallway and in the rooms of the visit, and goes by
the front door. Sensors cannot tell who it is. The statistics of the population already hold the
visits of its homes; what a persona adds are those that one can expect on a weekday and an hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.columns import Ints, Mask
from simulators.people.population import Population
from simulators.people.rhythm import BLIND_S, DAY_BEGINS_H, Steps
from simulators.people.traits import Visit
from simulators.randomness import Keys, joined, normal, stream, uniform

ENTRANCE = "front-door"
_IN_A_ROOM_S = 420  # after so long a visitor is seen in the next room, about
_LAST_S = 23 * 3600 - DAY_BEGINS_H * 3600  # nobody comes or stays after eleven at night


@dataclass(frozen=True, slots=True)
class Plan:
    """A visit to each of some home-days."""

    pair: Ints
    begins: Ints  # seconds after 04:00 local time
    ends: Ints


def planned(visit: Visit, pairs: Ints, today: Keys, days: Ints) -> Plan:
    """On which of these home-days somebody comes, and for how long.

    pairs: home-days of homes that have such visits; today, days: key and date of every home-day.
    """
    name = _stream(visit)
    weekday = (days[pairs] + 3) % 7  # 1 January 1970 was a Thursday
    pairs = pairs[np.isin(weekday, visit.days) & (uniform(today[pairs], name, 0) < visit.chance)]
    today = today[pairs]
    minute = visit.first + (visit.last - visit.first) * uniform(today, name, 1)
    long = visit.stays * 60 * np.exp(0.35 * normal(today, name, 2))
    begins = (minute * 60).astype(np.int64) - DAY_BEGINS_H * 3600
    ends = np.minimum(begins + np.maximum(long, 120).astype(np.int64), _LAST_S)
    there = (begins >= 0) & (ends > begins + 60)
    return Plan(pairs[there], begins[there], ends[there])


def seen(tables: Population, visit: Visit, plan: Plan, today: Keys) -> Steps:
    """What sensors make of it. today: the key of every home-day."""
    own, name = today[plan.pair], _stream(visit)
    number = {sensor: index for index, sensor in enumerate(tables.sensors)}
    parts = [
        (plan.pair, plan.begins, number[ENTRANCE], True),
        (plan.pair, plan.begins + 12, number[visit.rooms[0]], False),
        (plan.pair, plan.ends - 30, number[visit.rooms[0]], False),
        (plan.pair, plan.ends, number[ENTRANCE], True),
    ]
    most = int((plan.ends - plan.begins).max(initial=0)) // _IN_A_ROOM_S + 1
    for turn in range(most):
        wander = uniform(own, name, 10 + turn)
        when = plan.begins + 60 + ((turn + wander) * _IN_A_ROOM_S).astype(np.int64)
        room = uniform(own, name, 1_000 + turn) * len(visit.rooms)
        for index, place in enumerate(visit.rooms):
            here = (room.astype(np.int64) == index) & (when < plan.ends - 60)
            parts.append((plan.pair[here], when[here], number[place], False))
    pair = np.concatenate([one[0] for one in parts])
    return Steps(
        pair,
        np.concatenate([one[1] for one in parts]),
        np.concatenate([np.full(len(one[0]), one[2], np.int64) for one in parts]),
        np.concatenate([np.full(len(one[0]), one[3], np.bool_) for one in parts]),
    )


def with_visits(
    tables: Population,
    steps: Steps,
    visits: Sequence[Sequence[Visit]],
    home: Ints,
    days: Ints,
    keys: Keys,
    seconds: Ints,
) -> Steps:
    """The events of home-days, with visits among them.

    visits: of each home; home: index of each home-day's; keys: of each home-day's home. Draws are
    by the home, the day and what the visit is.
    """
    different = dict.fromkeys(visit for one in visits for visit in one)
    if not different:
        return steps
    today, made = joined(keys, days), []
    for visit in different:
        own = np.array([visit in one for one in visits])
        plan = planned(visit, np.flatnonzero(own[home]), today, days)
        made.append(seen(tables, visit, plan, today))
    extra = _joined(made)
    extra = _where(extra, extra.second < seconds[extra.pair])
    return _joined([steps, _where(extra, ~_blind(tables, steps, extra))])


def later(steps: Steps, by_s: Ints, seconds: Ints) -> Steps:
    """A day that goes later by so much, one value a home-day; earlier: below zero.

    Make the days with `seconds - by_s`, and what falls before 04:00 is left out here.
    """
    second = steps.second + by_s[steps.pair]
    inside = (second >= 0) & (second < seconds[steps.pair])
    return _where(Steps(steps.pair, second, steps.sensor, steps.opened), inside)


def _stream(visit: Visit) -> int:
    return stream(f"visit.{visit.who}.{visit.first}.{visit.last}.{visit.days}")


def _blind(tables: Population, steps: Steps, extra: Steps) -> Mask:
    """Visitors' events that a motion sensor does not tell: it has just spoken, or is about to.

    So the resident's own events stay what they are.
    """
    visited = np.zeros(int(max(steps.pair.max(initial=0), extra.pair.max(initial=0))) + 1, np.bool_)
    visited[extra.pair] = True
    there = visited[steps.pair] & ~tables.is_door[steps.sensor]
    resident = np.sort(_code(steps)[there])
    code = _code(extra)
    order = np.argsort(code, kind="stable")
    blind = np.zeros(len(code), np.bool_)
    blind[order[1:]] = np.diff(code[order]) < BLIND_S
    if len(resident):
        place = np.searchsorted(resident, code)
        before = resident[np.maximum(place - 1, 0)]
        after = resident[np.minimum(place, len(resident) - 1)]
        blind |= (np.abs(code - before) < BLIND_S) | (np.abs(after - code) < BLIND_S)
    return blind & ~tables.is_door[extra.sensor]


def _code(steps: Steps) -> Ints:
    """One number for person-day, sensor and second: neighbours in it are neighbours in time."""
    code: Ints = ((steps.pair * 8 + steps.sensor) << 20) + steps.second
    return code


def _where(steps: Steps, mask: Mask) -> Steps:
    return Steps(steps.pair[mask], steps.second[mask], steps.sensor[mask], steps.opened[mask])


def _joined(parts: Sequence[Steps]) -> Steps:
    return Steps(
        np.concatenate([one.pair for one in parts]),
        np.concatenate([one.second for one in parts]),
        np.concatenate([one.sensor for one in parts]),
        np.concatenate([one.opened for one in parts]),
    )
