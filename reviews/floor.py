"""The call point of the safety floor: what no majority can vote away.

`decide` takes a checked list of floors and asks each of them before anything goes live. The floors
themselves (hard minima per rule, planted emergencies that must still be caught) come with the
simulators, which know the planted truth; until then `decide` is called with an empty list, the
decision records that none was checked, and the page says so.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from devices.errors import Refused
from rules.language import Rule


class Floor(Protocol):
    """One thing that must hold for a rule to go live."""

    @property
    def name(self) -> str:
        """Stable; stands in the decision's record."""
        ...

    def breach(self, site: str, rule: Rule, values: Mapping[str, Decimal]) -> str | None:
        """Why this version must not go live, in a sentence for everyone; None: it holds."""
        ...


def hold(
    floors: Iterable[Floor], site: str, rule: Rule, values: Mapping[str, Decimal]
) -> list[str]:
    """Names of the floors, all of which hold; raises Refused with the first breach."""
    names = []
    for one in floors:
        breach = one.breach(site, rule, values)
        if breach:
            raise Refused(
                "decide a review",
                f"{rule.name} at {site}",
                f"the safety floor {one.name!r} does not hold: {breach}",
                "A version below the floor cannot go live, whoever decides",
            )
        names.append(one.name)
    return names
