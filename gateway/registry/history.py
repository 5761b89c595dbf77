"""Whose a device's readings were, are and will be: the intervals of five tables laid over another.

Placement says what stands at an address and whose it is; occupancy who lives there; consent and
pause what its people agreed to; slots who is who on a shared device. Between two neighbouring
bounds of any of them nothing changes, so one `Holding` is made for each such stretch.
"""

from collections.abc import Iterable, Mapping, Sequence

from gateway.registry.entries import Holding, HomeEntry, ResidentEntry
from gateway.registry.records import HOME, Placement, Slot, Span


def history(
    home: HomeEntry,
    placements: Sequence[Placement],
    slots: Sequence[Slot],
    residents: Mapping[str, ResidentEntry],
) -> list[tuple[int, Holding | None]]:
    """From when on, and what holds then, in order; neighbours differ."""
    people = {stay.resident for stay in home.occupancies}
    spans: list[Span] = [*placements, *slots, *home.occupancies]
    for name in people:
        spans += residents[name].consents
        spans += residents[name].pauses
    found: list[tuple[int, Holding | None]] = []
    for start in _bounds(spans):
        holding = _holding(start, home, placements, slots, residents)
        if (found[-1][1] if found else None) != holding:
            found.append((start, holding))
    return found


def _bounds(spans: Iterable[Span]) -> list[int]:
    bounds = set()
    for span in spans:
        bounds.add(span.from_at)
        if span.to_at is not None:
            bounds.add(span.to_at)
    return sorted(bounds)


def _holding(
    at: int,
    home: HomeEntry,
    placements: Sequence[Placement],
    slots: Sequence[Slot],
    residents: Mapping[str, ResidentEntry],
) -> Holding | None:
    placement = next((found for found in placements if found.covers(at)), None)
    if placement is None:
        return None
    living = tuple(residents[name] for name in home.occupants(at))
    users = {found.slot: found.resident for found in slots if found.covers(at)}
    # On a shared device whoever it belongs to is only one of those who may have stood on it.
    own = _of_home(at, home, placement, living, unattributed=bool(users))
    if not users and placement.owner != HOME:
        own = _of_resident(at, home, placement, living, placement.owner)
    if not users:
        return own
    shared = {
        number: _of_resident(at, home, placement, living, name) for number, name in users.items()
    }
    return Holding(
        home=own.home,
        place=own.place,
        resident=None,
        sole_resident=own.sole_resident,
        consent=own.consent,
        paused=own.paused,
        alarms_paused=own.alarms_paused,
        unattributed=True,
        slots={**shared, -1: own},
    )


def _of_home(
    at: int,
    home: HomeEntry,
    placement: Placement,
    living: tuple[ResidentEntry, ...],
    *,
    unattributed: bool = False,
) -> Holding:
    """A home's signals tell of everyone who lives there: all must have agreed, any may pause.

    Where nobody is recorded as living there, nobody has agreed.
    """
    return Holding(
        home=home.id,
        place=placement.place,
        resident=None,
        sole_resident=living[0].id if len(living) == 1 else None,
        consent=bool(living) and all(person.consented(at) for person in living),
        paused=any(person.paused(at) for person in living),
        alarms_paused=bool(living) and all(person.alarms_paused(at) for person in living),
        unattributed=unattributed,
    )


def _of_resident(
    at: int,
    home: HomeEntry,
    placement: Placement,
    living: tuple[ResidentEntry, ...],
    owner: str,
) -> Holding:
    """A resident's own; once they have moved out, whoever uses it is not them."""
    person = next((found for found in living if found.id == owner), None)
    if person is None:
        return _of_home(at, home, placement, living, unattributed=True)
    return Holding(
        home=home.id,
        place=placement.place,
        resident=person.id,
        sole_resident=living[0].id if len(living) == 1 else None,
        consent=person.consented(at),
        paused=person.paused(at),
        alarms_paused=person.alarms_paused(at),
    )
