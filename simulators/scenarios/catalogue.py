"""All scenarios: moments, which the demo stages at any instant, and courses of days, by file."""

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
from simulators.scenarios.course import Course, courses
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


def scenario(name: str) -> Scenario | Course:
    """The scenario of that name; Refused where there is none."""
    every: tuple[Scenario | Course, ...] = (*SCENARIOS, *courses())
    for known in every:
        if known.name == name:
            return known
    names = ", ".join(one.name for one in every)
    raise Refused("stage a scenario", name, "no such scenario", f"Known: {names}")
