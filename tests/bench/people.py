"""People who measure themselves, as `bench/realism.py` sees them."""

import numpy as np

from bench.realism_homes import FIRST_DAY, Sample, Series, in_order
from simulators.people.population import population
from simulators.people.vitals import moments, values
from simulators.randomness import key

_DEVICE = {
    "systolic": "cuff",
    "diastolic": "cuff",
    "pulse": "cuff",
    "body_temperature": "thermometer",
    "body_weight": "scale",
}


def measured(people: int, days: int = 91) -> Sample:
    """Readings of people of the shipped population; no events."""
    tables = population()
    whose = np.repeat(np.arange(people), days)
    keys = np.array([key(7, "person", n) for n in range(people)], np.uint64)[whose]
    day = np.tile(np.arange(FIRST_DAY, FIRST_DAY + days), people)
    vitals = {}
    for signal, device in _DEVICE.items():
        when = moments(keys, day, tables.habits[device])
        value = np.round(values(keys, day, when, signal, tables.levels[signal]), 2)
        order = np.lexsort((when.second, when.pair))
        pair = when.pair[order]
        vitals[signal] = Series(whose[pair], day[pair], when.second[order], value[order])
    none = np.empty(0, np.int64)
    return Sample(people, in_order(none, none, none), vitals)
