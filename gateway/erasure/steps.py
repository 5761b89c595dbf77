"""The whole of an erasure, in the order in which a killed one can be run again."""

from dataclasses import dataclass

import sqlalchemy as sa

from devices.errors import Refused
from gateway.access.viewer import Viewer
from gateway.db import compact, reading, writing
from gateway.erasure import state
from gateway.erasure.person import Person
from gateway.intake import erasing
from gateway.intake.keyring import Keyring
from gateway.intake.seals import Seals
from gateway.registry import Registry
from gateway.series.store import FOREVER, Query, Store


@dataclass(frozen=True, slots=True)
class Parts:
    """What an erasure works on: everything of one data folder, which no gateway has open."""

    engine: sa.Engine  # of the state database
    journal: sa.Engine
    keyring: Keyring
    seals: Seals
    store: Store
    registry: Registry
    more: tuple[state.Forget, ...] = ()  # what packages above the gateway keep


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of thing, how many there are, and what becomes of them."""

    what: str
    count: int
    fate: str


GOES, EMPTIED, RENAMED = "goes", "stays without its values", "stays under a pseudonym"
_SAID = {
    "episode": ("episodes, with the evidence of each", EMPTIED),
    "alert": ("alerts", EMPTIED),
    "audit": ("lines of the audit", RENAMED),
    "pause": ("pauses", GOES),
    "resident_parameter": ("limits of their own", GOES),
    "sharing": ("sharings with relatives", GOES),
    "slot": ("places on shared devices", GOES),
}


def survey(parts: Parts, person: Person) -> list[Line]:
    """What an erasure would do. Changes nothing."""
    messages = erasing.messages(parts.journal, parts.keyring, parts.registry.directory, person)
    with reading(parts.engine) as conn:
        found = state.counts(conn, person)
    return [
        Line(f"readings in the store ({parts.store.name})", _readings(parts.store, person), GOES),
        Line("messages in the journal", len(messages), GOES),
        *(Line(what, found[name], fate) for name, (what, fate) in _SAID.items()),
        Line("accounts of their own", len(person.accounts), "closed, without a name"),
        Line("times of living somewhere and of consent", len(person.stays), RENAMED),
    ]


def erase(parts: Parts, resident: str, person: Person | None, viewer: Viewer, now: int) -> None:
    """Erase the person; with None (the registry knows nobody) finish what an earlier run began.

    Raises Refused while somebody has still to close an alert about them, Failed where a part could
    not be done: what was done stays done, and a second run does the rest.
    """
    if person is None:
        parts.store.erase(resident)
    else:
        _check_nothing_open(parts, person)
        parts.store.erase(resident, stays=person.alone)
        offsets = erasing.erase(parts.journal, parts.keyring, parts.registry.directory, person)
        with writing(parts.engine) as conn:
            state.forget(conn, person, offsets, viewer, now, parts.more)
        parts.registry.reload()
    parts.seals.follow(parts.registry.directory)
    for engine in (parts.engine, parts.journal):
        compact(engine)


def _check_nothing_open(parts: Parts, person: Person) -> None:
    with reading(parts.engine) as conn:
        codes = state.open_alerts(conn, person)
    if codes:
        raise Refused(
            "erase",
            f"resident {person.id}",
            f"alerts about them are open: {', '.join(codes)}",
            "Somebody may still be with them: close the alerts first",
        )


def _readings(store: Store, person: Person) -> int:
    queries = [Query(person.site, resident=person.id)]
    queries += [
        Query(stay.site, home=stay.home, start=stay.start, end=stay.end, own=True)
        for stay in person.alone
    ]
    return sum(one.count for query in queries for one in store.buckets(query, FOREVER))
