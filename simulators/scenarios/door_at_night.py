"""The front door is opened at night and stays open."""

import numpy as np

from simulators.columns import rows, together
from simulators.homes.home import Home
from simulators.scenarios.staging import MINUTE, Scenario, Staged, Window, minutes
from simulators.scenarios.truth import Truth

_OPEN = 25 * MINUTE
_LASTS = 40 * MINUTE


def stage(home: Home, start: int) -> Staged:
    """Movement in the hallway, the door opens, and closes 25 minutes later."""
    door = next(i for i, d in enumerate(home.devices) if d.id == "front-door")
    hallway = next((i for i, d in enumerate(home.devices) if d.id == "motion-hallway"), None)
    parts = [rows(minutes(start, 0, 25), door, "door", np.array([1, 0]))]
    if hallway is not None:
        parts.append(rows(minutes(start, -1, 25.5), hallway, "motion", 1))
    return Staged(
        home,
        (Window((door,), start - 10 * MINUTE, start + _LASTS),),
        together(parts),
        (
            Truth(
                "door-at-night",
                home.site,
                home.id,
                home.people[0].id,
                start + 10 * MINUTE,
                start + _OPEN,
                "now",
                ("door",),
            ),
        ),
    )


SCENARIO = Scenario("door-at-night", "the front door stays open at night", ("door",), _LASTS, stage)
