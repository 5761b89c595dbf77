"""Oxygen falls and stays low for half an hour."""

import numpy as np

from simulators.columns import rows
from simulators.homes.home import Home
from simulators.scenarios.staging import MINUTE, Scenario, Staged, Window
from simulators.scenarios.truth import Truth

_LASTS = 40 * MINUTE


def stage(home: Home, start: int) -> Staged:
    """The oximeter, which otherwise speaks every five minutes, now does every minute."""
    device = home.device("oximeter")
    person = home.people[home.devices[device].owner or 0]
    at = start + np.arange(0, _LASTS, MINUTE, dtype=np.int64)
    level = np.array([89, 87, 85, 84, 83] + [82, 83, 84] * 9 + [85, 87, 88, 90, 91, 92, 92, 93])
    return Staged(
        home,
        (Window((device,), start, start + _LASTS),),
        rows(at, device, "spo2", level),
        (
            Truth(
                "low-oxygen",
                home.site,
                home.id,
                person.id,
                start + 2 * MINUTE,
                start + 34 * MINUTE,
                "now",
                ("spo2",),
            ),
        ),
    )


SCENARIO = Scenario("low-oxygen", "oxygen falls and stays low", ("oximeter",), _LASTS, stage)
