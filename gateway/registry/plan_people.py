"""Planning residents: who they are, where they live, what they agreed to."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from gateway.registry import tables as t
from gateway.registry.plan_places import changed_fields, in_words
from gateway.registry.plans import Draft, Outcome, Write
from gateway.registry.records import MONITORING, Occupancy, Resident
from gateway.registry.settling import Decision, settle
from gateway.registry.wanted import Wanted

KEYS = ("name", "born", "language", "phone")


def plan_residents(
    draft: Draft, rows: list[Wanted], sites: Mapping[str, Mapping[str, Any]]
) -> None:
    """All residents of a file. `sites`: each site's values, as they will be.

    One who moves within the file stands in it twice, with intervals that do not overlap.
    """
    first: dict[str, Wanted] = {}
    taken: dict[str, list[Occupancy]] = {}
    for row in rows:
        name = row.path[-1]
        earlier = first.setdefault(name, row)
        if earlier.path[0] != row.path[0]:
            draft.problem(row, f"{name} is of site {earlier.path[0]} on line {earlier.line}")
            continue
        _plan_resident(draft, row, sites[row.path[0]], taken.setdefault(name, []), earlier)


def _plan_resident(
    draft: Draft,
    row: Wanted,
    site: Mapping[str, Any],
    taken: list[Occupancy],
    earlier: Wanted,
) -> None:
    name = row.path[-1]
    record = draft.known.residents.get(name)
    if record is not None and record.site != row.path[0]:
        draft.problem(row, f"{name} is a resident of another site; ids are unique over all sites")
        return
    if record is None and earlier is row and "name" not in row.values:
        draft.problem(row, "a new resident needs a name")
        return
    outcome = Outcome(new=record is None and earlier is row)
    if earlier is row:
        _plan_person(outcome, row, record, site)
        _plan_consent(draft, outcome, row, site)
    elif row.values["consent"] != earlier.values["consent"]:
        draft.problem(row, f"consent is given otherwise on line {earlier.line}")
    _plan_occupancy(draft, outcome, row, site, taken)
    draft.change(row, outcome)


def _plan_person(
    outcome: Outcome, row: Wanted, record: Resident | None, site: Mapping[str, Any]
) -> None:
    if record is None:
        values = {
            "born": None,
            "language": site["languages"][0],
            "phone": None,
            **{key: row.values[key] for key in KEYS if key in row.values},
        }
        outcome.add(
            "", Write(t.resident, None, {"id": row.path[-1], "site": row.path[0], **values})
        )
        return
    changed = changed_fields(row, record, KEYS)
    if changed:
        outcome.add(in_words(changed, record), Write(t.resident, {"id": record.id}, changed))


def _plan_occupancy(
    draft: Draft,
    outcome: Outcome,
    row: Wanted,
    site: Mapping[str, Any],
    taken: list[Occupancy],
) -> None:
    site_id, home, name = row.path
    stays = draft.known.stays.get(name, [])
    same = [stay for stay in stays if (stay.site, stay.home) == (site_id, home)]
    rivals = [stay for stay in stays if (stay.site, stay.home) != (site_id, home)] + taken
    consent = row.values["consent"]
    default = default_start(draft, site)
    if not stays and site["clock"] == "wall" and consent is not None:
        default = min(default, consent)
    decision = settle(same, rivals, row.values.get("since"), row.values.get("until"), default)
    if decision.problem:
        where = ", ".join(sorted({stay.home for stay in rivals})) or home
        draft.problem(
            row,
            f"the time in {home} {decision.problem} (registered: {where}); a resident lives in "
            "one home at a time: write since and until",
        )
        return
    place = {"resident": name, "site": site_id, "home": home}
    apply_decision(draft, outcome, row, decision, t.occupancy, place, f"lives in {home}")
    if decision.end:
        outcome.add(f"leaves {', '.join(stay.home for stay in rivals if stay in decision.end)}")
    if decision.begin is not None and decision.reach_back is None:
        taken.append(Occupancy(0, decision.begin, decision.until, name, site_id, home))


def _plan_consent(draft: Draft, outcome: Outcome, row: Wanted, site: Mapping[str, Any]) -> None:
    name = row.path[-1]
    agreed = draft.known.consents.get(name, [])
    since, until = row.values["consent"], row.values.get("consent_until")
    running = next((found for found in agreed if found.to_at is None), None)
    if since is None:
        if running is None:
            return
        if until is None and site["clock"] == "data":
            draft.problem(row, "write consent_until: this site has a clock of its own")
            return
        stop = Decision(stop=running, until=max(until or draft.now, running.from_at))
        apply_decision(draft, outcome, row, stop, t.consent, {}, "consent to monitoring")
        return
    decision = settle(agreed, (), since, until, since)
    if decision.problem:
        draft.problem(row, f"consent: {decision.problem}")
        return
    about = {"resident": name, "kind": MONITORING}
    apply_decision(draft, outcome, row, decision, t.consent, about, "consent to monitoring")


def default_start(draft: Draft, site: Mapping[str, Any]) -> int:
    """When a state begins of which the file does not say it: now, or on a data site ever since."""
    return draft.now if site["clock"] == "wall" else 0


def apply_decision(
    draft: Draft,
    outcome: Outcome,
    row: Wanted,
    decision: Decision,
    table: Table,
    about: Mapping[str, Any],
    what: str,
) -> None:
    """Turn a decision about intervals into writes and words."""
    if decision.note:
        draft.note(row, f"{what}: {decision.note}")
    for span in decision.end:
        outcome.add("", Write(table, {"id": span.id}, {"to_at": decision.begin}))
    if decision.reach_back is not None:
        write = Write(table, {"id": decision.reach_back.id}, {"from_at": decision.begin})
        outcome.add(f"{what} from an earlier day", write)
    elif decision.begin is not None:
        interval = {"from_at": decision.begin, "to_at": decision.until}
        outcome.add(what, Write(table, None, {**about, **interval}))
    if decision.stop is not None:
        outcome.ended = True
        write = Write(table, {"id": decision.stop.id}, {"to_at": decision.until})
        outcome.add(f"{what} until a day", write)
