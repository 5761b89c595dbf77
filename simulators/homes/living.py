"""How homes are lived in: the population's chain, moved by persona, season and visits."""

from collections.abc import Sequence

import numpy as np

from simulators.columns import Ints, Mask
from simulators.homes.home import Home
from simulators.people import daylight, rhythm
from simulators.people.daylight import Sky
from simulators.people.population import Population
from simulators.people.visits import later, with_visits
from simulators.randomness import Floats, Keys

_OUTER = ("front-door", "back-door")


def lived(
    tables: Population,
    homes: Sequence[Home],
    home: Ints,
    day: Ints,
    seconds: Ints,
    keys: Keys,
    fitted: Mask,
    above: Sky,
) -> rhythm.Steps:
    """Events of home-days. home: index of each one's home; seconds: how long each lasts.

    A home of personas without traits of their own, that stands nowhere, is the population's.
    """
    light = _mean(homes, "light")[home]
    outer = np.isin(np.array(tables.sensors), _OUTER)
    goes_out = _mean(homes, "outings")[home] * daylight.out(above) ** light
    weights = np.where(outer, goes_out[:, None], 1.0) * fitted
    late_h = _mean(homes, "late_h")[home] + light * (
        (daylight.wakes_h(above) + daylight.retires_h(above)) / 2
    )
    late = np.rint(late_h * 3600).astype(np.int64)
    restless = _restless(homes)[home] + light * daylight.lively(above)
    steps = rhythm.days(tables, keys, day, weights, seconds - late, restless)
    visits = [tuple(v for person in one.people for v in person.persona.visits) for one in homes]
    return with_visits(tables, later(steps, late, seconds), visits, home, day, keys, seconds)


def _mean(homes: Sequence[Home], trait: str) -> Floats:
    """Of all who live in each home."""
    return np.array(
        [np.mean([getattr(p.persona.rhythm, trait) for p in home.people]) for home in homes]
    )


def _restless(homes: Sequence[Home]) -> Floats:
    return np.array([max(p.persona.restless for p in home.people) for home in homes])
