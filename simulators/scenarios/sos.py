"""The SOS button is pressed."""

from simulators.columns import rows
from simulators.homes.home import Home
from simulators.scenarios.staging import MINUTE, Scenario, Staged, minutes
from simulators.scenarios.truth import Truth

_LASTS = 5 * MINUTE


def stage(home: Home, start: int) -> Staged:
    """Pressed once."""
    device = home.device("button")
    person = home.people[home.devices[device].owner or 0]
    return Staged(
        home,
        (),
        rows(minutes(start, 0), device, "sos", 1),
        (Truth("sos", home.site, home.id, person.id, start, start + _LASTS, "now", ("sos",)),),
    )


SCENARIO = Scenario("sos", "the SOS button is pressed", ("button",), _LASTS, stage)
