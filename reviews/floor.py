"""The call point of the safety floor: what no majority can vote away.

`decide` takes a checked list of floors and asks each of them before anything goes live, or ends.
`floors.py` brings those of the planted scenarios; a site may add its own.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from devices.errors import Refused, Spoken
from rules.file.language import Rule


class Floor(Protocol):
    """One thing that must hold for a rule to go live."""

    @property
    def name(self) -> str:
        """Stable; stands in the decision's record."""
        ...

    def breach(self, site: str, rule: Rule, values: Mapping[str, Decimal]) -> str | None:
        """Why this version must not go live, in a sentence for everyone; None: it holds."""
        ...

    def ending(self, site: str, rule: Rule) -> str | None:
        """Why this rule must not be switched off; None: it may."""
        ...


def hold(
    floors: Iterable[Floor],
    site: str,
    rule: Rule,
    values: Mapping[str, Decimal],
    *,
    ends: bool = False,
) -> list[str]:
    """Names of the floors, all of which hold; raises Refused with the first breach.

    `ends`: the rule is switched off instead of going live.
    """
    names = []
    for one in floors:
        breach = one.ending(site, rule) if ends else one.breach(site, rule, values)
        if breach:
            raise Refused(
                "decide a review",
                f"{rule.name} at {site}",
                Spoken(
                    "the safety floor {name} does not hold: {breach}",
                    name=repr(one.name),
                    breach=breach,
                ),
                Spoken("What goes below the floor is not done, whoever decides"),
            )
        names.append(one.name)
    return names
