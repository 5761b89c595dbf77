"""The hub goes offline for hours: nothing is heard of the home, and that must be said."""

from simulators.columns import none
from simulators.homes.home import Home
from simulators.scenarios.staging import HOUR, Scenario, Staged, Window
from simulators.scenarios.truth import Truth

_LASTS = 8 * HOUR


def stage(home: Home, start: int) -> Staged:
    """Connection lost without a word; what the devices say meanwhile never leaves the house."""
    return Staged(
        home,
        (Window((), start, start + _LASTS),),
        none(),
        (
            Truth(
                "not-heard",
                home.site,
                home.id,
                None,
                start + HOUR,
                start + _LASTS,
                "today",
                ("link_quality",),
            ),
        ),
        ((start, start + _LASTS),),
    )


SCENARIO = Scenario("silent-hub", "the hub goes offline", ("hub",), _LASTS, stage)
