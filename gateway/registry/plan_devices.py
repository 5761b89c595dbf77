"""Planning devices: how they speak, where they stand, whose they are.

An address (site, home, id) is made once and stays. What stands there is a placement: another room,
owner or thing ends one and begins the next. A thing is known by its serial number: where it turns
up at another address, it has moved.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.registry import tables as t
from gateway.registry.plan_people import apply_decision, default_start
from gateway.registry.plan_places import changed_fields, in_words, shown
from gateway.registry.plans import Change, Draft, Outcome, What, Write
from gateway.registry.records import HOME, Device, Placement
from gateway.registry.settling import Decision, settle
from gateway.registry.wanted import Wanted

KEYS = ("dialect", "hub", "model", "interval_ms", "signals")


def plan_device(
    draft: Draft, row: Wanted, site: Mapping[str, Any], people: Mapping[tuple[str, str], set[str]]
) -> None:
    """One device. `people`: the residents of each home, as registered and as the file says."""
    record = draft.known.devices.get(row.path)
    if not _people_are_right(draft, row, record, people.get((row.path[0], row.path[1]), set())):
        return
    outcome = Outcome(new=record is None)
    _plan_address(outcome, row, record)
    start = _plan_placement(draft, outcome, row, site)
    if "slots" in row.values:
        _plan_slots(draft, outcome, row, site, start)
    draft.change(row, outcome)


def _people_are_right(draft: Draft, row: Wanted, record: Device | None, people: set[str]) -> bool:
    owner = row.values.get("owner")
    living = ", ".join(sorted(people)) or "nobody is registered there"
    if owner is None and record is None:
        draft.problem(row, f"owner is missing: write home, or a resident of this home ({living})")
        return False
    if owner not in (None, HOME) and owner not in people:
        draft.problem(row, f"owner {owner} is no resident of this home ({living}) and not `home`")
        return False
    users = row.values.get("slots", {})
    strangers = sorted(set(users.values()) - people)
    if strangers:
        draft.problem(row, f"{', '.join(strangers)} in slots: no resident of this home ({living})")
        return False
    if users and owner not in (None, HOME):
        draft.problem(row, "a device with slots is shared: write `owner: home`")
        return False
    return True


def _plan_address(outcome: Outcome, row: Wanted, record: Device | None) -> None:
    site, home, name = row.path
    values = dict(row.values)
    if "interval" in values:
        values["interval_ms"] = values.pop("interval")
    if record is None:
        new: dict[str, Any] = {
            "dialect": "homecare",
            "hub": None,
            "model": None,
            "interval_ms": None,
            "signals": (),
            **{key: values[key] for key in KEYS if key in values},
        }
        new["signals"] = " ".join(new["signals"])
        outcome.add("", Write(t.device, None, {"site": site, "home": home, "id": name, **new}))
        return
    changed = changed_fields(Wanted(row.kind, row.line, row.path, values), record, KEYS)
    if changed:
        words = in_words(changed, record)
        if "signals" in changed:
            changed["signals"] = " ".join(changed["signals"])
        outcome.add(words, Write(t.device, {"key": record.key}, changed))


def _plan_placement(
    draft: Draft, outcome: Outcome, row: Wanted, site: Mapping[str, Any]
) -> int | None:
    """When the new placement begins, if there is one."""
    here = draft.known.placements.get(row.path, [])
    last = max(here, key=lambda found: found.from_at, default=None)
    serial = row.values.get("serial", last.serial if last else None)
    if last and last.serial is not None and serial != last.serial:
        outcome.renew = True  # another thing stands here: the old one's password ends
    if last and last.serial is None and serial is not None:
        last = _learn_serial(outcome, last, serial)
        here = [last if found.id == last.id else found for found in here]
    place = row.values.get("place", last.place if last else None)
    owner = row.values.get("owner", last.owner if last else HOME)
    same = [
        found
        for found in here
        if (found.place, found.owner, found.serial) == (place, owner, serial)
    ]
    others = [found for found in here if found not in same]
    elsewhere = _elsewhere(draft, row, serial)
    since, until = row.values.get("since"), row.values.get("until")
    if since is not None and any(
        found.to_at is None and since <= found.from_at for found in others
    ):
        since = None  # the row kept its old `since` when the room or owner in it was changed
    decision = settle(same, [*others, *elsewhere], since, until, default_start(draft, site))
    if decision.problem:
        draft.problem(
            row,
            f"its time here {decision.problem} with a placement that is registered "
            f"({_where(row, [*others, *elsewhere, *same])}); write since",
        )
        return None
    about = {
        **dict(zip(("site", "home", "device"), row.path, strict=True)),
        "place": place,
        "owner": owner,
        "serial": serial,
    }
    apply_decision(draft, outcome, row, decision, t.placement, about, _words(place, owner, last))
    _tell_moves(draft, outcome, row, decision, elsewhere)
    return decision.begin if decision.reach_back is None else None


def _learn_serial(outcome: Outcome, last: Placement, serial: str) -> Placement:
    """The same thing, of which now also the number is known."""
    outcome.add(f"serial {serial}", Write(t.placement, {"id": last.id}, {"serial": serial}))
    return Placement(
        last.id,
        last.from_at,
        last.to_at,
        last.site,
        last.home,
        last.device,
        last.place,
        last.owner,
        serial,
    )


def _elsewhere(draft: Draft, row: Wanted, serial: str | None) -> list[Placement]:
    """Placements of the same thing at other addresses."""
    if serial is None:
        return []
    return [
        found
        for found in draft.known.serials.get(serial, [])
        if (found.site, found.home, found.device) != row.path
    ]


def _tell_moves(
    draft: Draft,
    outcome: Outcome,
    row: Wanted,
    decision: Decision,
    elsewhere: Sequence[Placement],
) -> None:
    """The address that a thing has left is a line of its own."""
    for span in elsewhere:
        if span in decision.end:
            left = f"{span.site}/{span.home}/{span.device}"
            outcome.add(f"moved from {left}")
            draft.changes.append(
                Change(What.ENDED, "device", left, f"moved to {row.name}", row.line)
            )


def _plan_slots(
    draft: Draft, outcome: Outcome, row: Wanted, site: Mapping[str, Any], start: int | None
) -> None:
    """The mapping is told in full: who is no longer in it has given up the slot."""
    address = dict(zip(("site", "home", "device"), row.path, strict=True))
    known = draft.known.slots.get(row.path, [])
    default = default_start(draft, site) if start is None or known else start
    for number, who in row.values["slots"].items():
        of_slot = [found for found in known if found.slot == number]
        same = [found for found in of_slot if found.resident == who]
        rivals = [found for found in of_slot if found.resident != who]
        decision = settle(same, rivals, None, None, default)
        if decision.problem:
            draft.problem(
                row, f"slot {number} {decision.problem} with {rivals[-1].resident}'s time"
            )
            continue
        about = {**address, "slot": number, "resident": who}
        apply_decision(draft, outcome, row, decision, t.slot, about, f"slot {number} is {who}")
    for found in known:
        if found.to_at is None and found.slot not in row.values["slots"]:
            if site["clock"] == "data":
                draft.note(
                    row, f"slot {found.slot} stays {found.resident}'s: data sites keep slots"
                )
                continue
            stop = Decision(stop=found, until=max(draft.now, found.from_at + 1))
            apply_decision(draft, outcome, row, stop, t.slot, {}, f"slot {found.slot}")


def _words(place: str | None, owner: str, last: Placement | None) -> str:
    if last is None:
        return f"in {place or 'no named place'}, of {owner}"
    parts = []
    if place != last.place:
        parts.append(f"place {shown(last.place)} → {shown(place)}")
    if owner != last.owner:
        parts.append(f"owner {last.owner} → {owner}")
    return ", ".join(parts) or "stands there"


def _where(row: Wanted, placements: Sequence[Placement]) -> str:
    """Other sites' homes are not named: who imports here may have no right there."""
    names = {
        f"{found.home}/{found.device}" if found.site == row.path[0] else "at another site"
        for found in placements
    }
    return ", ".join(sorted(names))
