"""A racing pulse, with a pressure as usual."""

import numpy as np

from simulators.columns import rows, together
from simulators.homes.home import Home
from simulators.scenarios.staging import HOUR, Scenario, Staged, Window, minutes
from simulators.scenarios.truth import Truth


def stage(home: Home, start: int) -> Staged:
    """Pulse 134 and four minutes later 129, at 126/74."""
    device = home.device("cuff")
    person = home.people[home.devices[device].owner or 0]
    at = minutes(start, 0, 4)
    readings = (("systolic", (126, 124)), ("diastolic", (74, 75)), ("pulse", (134, 129)))
    return Staged(
        home,
        (Window((device,), start - HOUR, start + 2 * HOUR),),
        together([rows(at, device, signal, np.array(x)) for signal, x in readings]),
        (
            Truth(
                "fast-pulse", home.site, home.id, person.id, start, start + HOUR, "soon", ("pulse",)
            ),
        ),
    )


SCENARIO = Scenario("fast-pulse", "a racing pulse", ("cuff",), HOUR, stage)
