"""A hypertensive reading, taken twice."""

import numpy as np

from simulators.columns import rows, together
from simulators.homes.home import Home
from simulators.scenarios.staging import HOUR, Scenario, Staged, Window, minutes
from simulators.scenarios.truth import Truth


def stage(home: Home, start: int) -> Staged:
    """198/112 and three minutes later 194/109, pulse 84 and 82."""
    device = home.device("cuff")
    person = home.people[home.devices[device].owner or 0]
    at = minutes(start, 0, 3)
    readings = (("systolic", (198, 194)), ("diastolic", (112, 109)), ("pulse", (84, 82)))
    return Staged(
        home,
        (Window((device,), start - HOUR, start + 2 * HOUR),),
        together([rows(at, device, signal, np.array(x)) for signal, x in readings]),
        (
            Truth(
                "high-pressure",
                home.site,
                home.id,
                person.id,
                start,
                start + HOUR,
                "soon",
                ("systolic", "diastolic"),
            ),
        ),
    )


SCENARIO = Scenario("high-pressure", "a very high blood pressure", ("cuff",), HOUR, stage)
