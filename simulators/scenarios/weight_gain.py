"""Two and a half kilograms in three days: fluid, in somebody with heart failure."""

import numpy as np

from simulators.columns import rows
from simulators.homes.home import Home
from simulators.scenarios.staging import DAY, HOUR, MINUTE, Scenario, Staged, Window
from simulators.scenarios.truth import Truth

_LASTS = 3 * DAY + HOUR


def stage(home: Home, start: int) -> Staged:
    """Weighed on four mornings: 76.1, 76.9, 78.0 and 78.9 kg."""
    device = home.device("scale")
    person = home.people[home.devices[device].owner or 0]
    at = np.array([start, start + DAY, start + 2 * DAY, start + 3 * DAY - 10 * MINUTE])
    told = int(at[-1])
    return Staged(
        home,
        (Window((device,), start - 3 * DAY, start + 4 * DAY),),
        rows(at, device, "body_weight", np.array([761, 769, 780, 789])),
        (
            Truth(
                "weight-gain",
                home.site,
                home.id,
                person.id,
                told,
                told + DAY,
                "today",
                ("body_weight",),
            ),
        ),
    )


SCENARIO = Scenario(
    "weight-gain", "weight rises by 2.8 kg in three days", ("scale",), _LASTS, stage
)
