"""Nobody moves in the house from the night on; the sensors are alive and say so."""

import numpy as np

from devices.signals import CATALOGUE
from simulators.columns import SIGNAL_INDEX, rows
from simulators.homes.home import Home
from simulators.scenarios.staging import HOUR, MINUTE, Scenario, Staged, Window
from simulators.scenarios.truth import Truth

_LASTS = 9 * HOUR


def stage(home: Home, start: int) -> Staged:
    """From `start` no motion and no door, only the sensors' heartbeats."""
    devices = tuple(i for i, d in enumerate(home.devices) if d.model in {"motion", "door"})
    beats = start + np.arange(0, _LASTS, 30 * MINUTE, dtype=np.int64)
    at = np.concatenate([beats + 7_000 * n for n in range(len(devices))])
    device = np.repeat(np.array(devices, dtype=np.int64), len(beats))
    quality = CATALOGUE["link_quality"].scale * (120 + (device * 7 + at // MINUTE) % 40)
    return Staged(
        home,
        (Window(devices, start, start + _LASTS),),
        rows(at, device, np.full(len(at), SIGNAL_INDEX["link_quality"]), quality),
        (
            Truth(
                "no-movement",
                home.site,
                home.id,
                home.people[0].id,
                start + 4 * HOUR,
                start + _LASTS,
                "soon",
                ("motion", "door", "bed"),
            ),
        ),
    )


SCENARIO = Scenario("still-morning", "nobody moves all morning", ("motion",), _LASTS, stage)
