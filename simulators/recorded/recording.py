"""What a replay plays: real homes in this product's form, wherever they were recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulators.actions import Publish
from simulators.columns import Columns
from simulators.homes.home import Home
from simulators.homes.register import SiteFacts


@dataclass(frozen=True, slots=True)
class Label:
    """An alert that the study's monitoring team kept."""

    person: str  # the home's id here: tihm-16f4b
    at: int  # ms UTC
    kind: str  # "Blood pressure", "Agitation", …


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that somebody should have been told of: of a scenario, whose truth is known."""

    situation: str
    who: str  # the resident's id, or the home's
    start: int
    end: int
    how_soon: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message that is played as it was said: columns have no room for it."""

    publish: Publish
    dialect: str | None = None  # of its payload, where times in it have to move; None: it has none


@dataclass(frozen=True, slots=True)
class Recording:
    """Homes, and what they said in [start, end)."""

    homes: tuple[Home, ...]
    columns: Columns
    labels: tuple[Label, ...]
    dropped: Mapping[str, int]  # rows of the source that are not sent, by reason
    start: int
    end: int
    sites: tuple[SiteFacts, ...] = ()
    messages: tuple[Said, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    offline: tuple[tuple[str, int, int], ...] = ()  # (hub, from, to): no connection
    intervals: Mapping[str, str | None] = field(default_factory=dict)  # by model, for the registry
    day_zero: int | None = None  # from when on faults are counted; None: from the start

    def __len__(self) -> int:
        return len(self.columns) + sum(one.publish.readings for one in self.messages)


def site_facts(site: str, name: str, zone: str) -> SiteFacts:
    """A site that is played. Its numbers are invented, in ranges nobody is given."""
    return SiteFacts(site, name, zone, ("en",), ("112",), "+44 1632 960000")
