"""All scenarios."""

from devices.errors import Refused
from simulators.scenarios import (
    door_at_night,
    fast_pulse,
    high_pressure,
    low_oxygen,
    silent_hub,
    sos,
    still_morning,
    weight_gain,
)
from simulators.scenarios.staging import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    low_oxygen.SCENARIO,
    sos.SCENARIO,
    high_pressure.SCENARIO,
    fast_pulse.SCENARIO,
    weight_gain.SCENARIO,
    door_at_night.SCENARIO,
    still_morning.SCENARIO,
    silent_hub.SCENARIO,
)


def scenario(name: str) -> Scenario:
    """The scenario of that name; Refused where there is none."""
    for known in SCENARIOS:
        if known.name == name:
            return known
    names = ", ".join(s.name for s in SCENARIOS)
    raise Refused("stage a scenario", name, "no such scenario", f"Known: {names}")
