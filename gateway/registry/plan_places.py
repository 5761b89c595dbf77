"""Planning sites and homes: what they are called and how they are reached."""

from typing import Any

from gateway.registry import tables as t
from gateway.registry.plans import Draft, Outcome, Write
from gateway.registry.records import Home, Site
from gateway.registry.wanted import Wanted

# What a new site must say, and what the others are where it does not.
SITE_NEEDS = ("name", "zone", "languages", "emergency")
SITE_DEFAULTS: dict[str, Any] = {
    "fallback_phone": None,
    "clock": "wall",
    "holidays": "",
    "live": True,
    "demo": False,
}
FIXED = {
    "clock": "the order of what has been received hangs on it",
    "demo": "fictional and real people never change places",
}


def plan_site(draft: Draft, row: Wanted) -> None:
    """A site goes live only with a phone that somebody answers when nobody else does."""
    record = draft.known.sites.get(row.path[0])
    if record is None:
        missing = [key for key in SITE_NEEDS if key not in row.values]
        if missing:
            draft.problem(row, f"a new site needs {', '.join(missing)}")
            return
        values = {**SITE_DEFAULTS, **row.values}
    else:
        values = {**_as_values(record), **row.values}
        for key, why in FIXED.items():
            if values[key] != getattr(record, key):
                draft.problem(row, f"{key} of a site in use cannot change: {why}")
    if values["live"] and not values["fallback_phone"]:
        draft.problem(
            row,
            "it cannot go live without a fallback_phone (who is called when nobody answers?); "
            "add one, or write `live: no` while it is being set up",
        )
    outcome = Outcome(new=record is None)
    if record is None:
        outcome.add("", Write(t.site, None, _stored(values)))
    else:
        _compare(outcome, row, record, Write(t.site, {"id": record.id}, _stored(values)))
    draft.change(row, outcome)


def plan_home(draft: Draft, row: Wanted) -> None:
    """A home; what it does not say is empty, and carers see its id."""
    site, name = row.path
    record = draft.known.homes.get(row.path)
    outcome = Outcome(new=record is None)
    values: dict[str, Any] = {"label": name, "area": "", "drive_minutes": None, **row.values}
    if record is None:
        outcome.add("", Write(t.home, None, {"site": site, **values}))
    else:
        _compare(outcome, row, record, Write(t.home, {"site": site, "id": name}, dict(row.values)))
    draft.change(row, outcome)


def changed_fields(row: Wanted, record: object, keys: tuple[str, ...]) -> dict[str, Any]:
    """What the row says otherwise than the record, of these keys."""
    return {
        key: row.values[key]
        for key in keys
        if key in row.values and row.values[key] != getattr(record, key)
    }


def in_words(changed: dict[str, Any], record: object) -> str:
    """Old and new, for the plan."""
    return "; ".join(
        f"{key} {shown(getattr(record, key))} → {shown(value)}" for key, value in changed.items()
    )


def shown(value: Any) -> str:
    """A value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(value)
    return "none" if value in {None, ""} else str(value)


def _compare(outcome: Outcome, row: Wanted, record: Site | Home, write: Write) -> None:
    changed = changed_fields(row, record, tuple(row.values))
    if changed:
        outcome.add(in_words(changed, record), write)


def _as_values(record: Site) -> dict[str, Any]:
    return {key: getattr(record, key) for key in ("id", *SITE_NEEDS, *SITE_DEFAULTS)}


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: " ".join(value) if isinstance(value, tuple) else value for key, value in values.items()
    }
