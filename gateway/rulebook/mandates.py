"""Putting versions live, and taking them back.

No version runs live without a mandate. There are three: founding, adopted, stop; each function
below issues one. The table's own checks refuse anything else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access import SYSTEM, Action, Viewer
from gateway.access.audit import Verb, audit
from gateway.rulebook.entries import (
    Entry,
    MandateKind,
    Mode,
    dump_values,
    entries,
    entry_by_id,
    live_entry,
)
from gateway.rulebook.parameters import overrides, rule_of
from gateway.rulebook.pen import Pen
from rules.file.language import Rule

DAY_MS = 86_400_000
FOUNDING_DAYS = 90
REVIEW_WITHIN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stop did: the mandate, the entry in force from now on, and the review's last day."""

    mandate_id: int
    entry_id: int
    review_due_at: int


def install_starter(
    conn: sa.Connection,
    site: str,
    rules: Iterable[Rule],
    now: int,
    effective_at: int = 0,
    viewer: Viewer = SYSTEM,
) -> list[str]:
    """Founding mandates for every rule the site's rulebook does not hold yet; returns their names.

    `effective_at` 0: in force from the site's beginning, whatever its clock says. Safe to repeat.
    """
    known = {one.rule_name for one in entries(conn, site)}
    new = [rule for rule in rules if rule.name not in known]
    for rule in new:
        pen = Pen(conn, viewer, site, rule.name, now)
        expires_at = now + FOUNDING_DAYS * DAY_MS
        mandate_id = pen.issue(MandateKind.FOUNDING, "starter pack", expires_at=expires_at)
        values = rule.defaults()
        entry_id = pen.enter(rule, Mode.LIVE, Mode.LIVE, values, effective_at, mandate_id)
        pen.tell(
            "installed",
            "starter pack",
            effective_at,
            entry_id=entry_id,
            mandate_id=mandate_id,
            after=dump_values(values),
        )
    return [rule.name for rule in new]


def adopt(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    rule: Rule,
    values: Mapping[str, Decimal],
    mode: Mode,
    decision_id: int,
    effective_at: int,
    now: int,
    *,
    reason: str = "",
    site_at: int | None = None,
) -> int:
    """A review's decision puts `rule` with `values` into `mode` at `effective_at` (site's clock).

    Whatever was scheduled at or after that instant is withdrawn: the newest decision rules. What
    is in force until then stays. Returns the entry's id. Raises Refused (an instant that has
    passed, a value outside the range, a resident's own value that the new range excludes) and
    NotAllowed.
    """
    viewer.require(Action.DECIDE, site)
    pen = Pen(conn, viewer, site, rule.name, now)
    site_now = now if site_at is None else site_at
    if effective_at < site_now:
        raise Refused(
            "adopt a rule",
            pen.what,
            Spoken("the stated instant has passed"),
            Spoken("State a later one"),
        )
    full = rule.values(values)
    _residents_fit(conn, site, rule, pen.what)
    lane = Mode.SHADOW if mode is Mode.SHADOW else Mode.LIVE
    mandate_id = pen.issue(MandateKind.ADOPTED, reason, decision_id=decision_id)
    pen.withdraw(lane, max(effective_at, site_now + 1), mandate_id)
    before = live_entry(conn, site, rule.name, effective_at)
    previous_id = _previous(before, rule, full, mode) if lane is Mode.LIVE else None
    entry_id = pen.enter(rule, lane, mode, full, effective_at, mandate_id, previous_id)
    if lane is Mode.LIVE:
        pen.end_trial(effective_at, mandate_id)
    pen.tell(
        "adopted",
        reason,
        effective_at,
        entry_id=entry_id,
        mandate_id=mandate_id,
        before=pen.told_values(before.values if before else None),
        after=dump_values(full),
    )
    audit(conn, viewer, Verb.ADOPTED_RULE, f"rule:{rule.name}", site, now, f"entry {entry_id}")
    return entry_id


def trial(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    rule: Rule,
    values: Mapping[str, Decimal],
    reason: str,
    effective_at: int,
    until: int,
    now: int,
) -> int:
    """Run a proposal in shadow for a while: computed and counted, no channel, no mandate needed.

    `effective_at` and `until` are in the site's clock; it ends by itself.
    """
    viewer.require(Action.RUN_REVIEW, site)
    pen = Pen(conn, viewer, site, rule.name, now)
    if until <= effective_at:
        raise Refused(
            "try a rule in shadow",
            pen.what,
            Spoken("it would end before it begins"),
            Spoken("State a later end"),
        )
    tried = [one for one in entries(conn, site, effective_at) if one.mode is Mode.SHADOW]
    if any(one.rule_name == rule.name for one in tried):
        raise Refused(
            "try a rule in shadow",
            pen.what,
            Spoken("another trial runs already"),
            Spoken("Wait for its end"),
        )
    full = rule.values(values)
    entry_id = pen.enter(rule, Mode.SHADOW, Mode.SHADOW, full, effective_at, None)
    pen.enter(rule, Mode.SHADOW, Mode.OFF, full, until, None)
    pen.tell("trial", reason, effective_at, entry_id=entry_id, after=dump_values(full))
    return entry_id


def stop(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    rule_name: str,
    reason: str,
    now: int,
    site_at: int | None = None,
) -> Stopped:
    """Back one step, at once, and withdraw what was scheduled; a review must follow in 14 days.

    The next stop goes one step further. With nothing to go back to, the rule is off. Raises
    Refused when nothing is live or no reason is given, and NotAllowed.
    """
    viewer.require(Action.STOP_RULE, site)
    pen = Pen(conn, viewer, site, rule_name, now)
    if not reason.strip():
        raise Refused(
            "stop a rule",
            pen.what,
            Spoken("no reason was given"),
            Spoken("Say in a few words what is wrong"),
        )
    at = now if site_at is None else site_at
    current = _running(conn, site, rule_name, at, pen.what)
    due = now + REVIEW_WITHIN_DAYS * DAY_MS
    mandate_id = pen.issue(MandateKind.STOP, reason.strip(), review_due_at=due)
    pen.withdraw(Mode.LIVE, at + 1, mandate_id)
    back = entry_by_id(conn, current.previous_id) if current.previous_id else None
    target = back or current
    entry_id = pen.enter(
        rule_of(target.text),
        Mode.LIVE,
        back.mode if back else Mode.OFF,
        target.values,
        at,
        mandate_id,
        back.previous_id if back else None,
    )
    pen.tell(
        "stopped",
        reason.strip(),
        at,
        entry_id=entry_id,
        mandate_id=mandate_id,
        before=dump_values(current.values),
        after=pen.told_values(back.values if back else None),
    )
    audit(conn, viewer, Verb.STOPPED_RULE, f"rule:{rule_name}", site, now, reason.strip())
    return Stopped(mandate_id, entry_id, due)


def _running(conn: sa.Connection, site: str, rule_name: str, at: int, what: str) -> Entry:
    """What a stop can end. Raises Refused."""
    current = live_entry(conn, site, rule_name, at)
    if current is None or current.mode is Mode.OFF:
        raise Refused(
            "stop a rule", what, Spoken("it is not live"), Spoken("The Rules page shows what is")
        )
    return current


def _previous(
    before: Entry | None, rule: Rule, values: Mapping[str, Decimal], mode: Mode
) -> int | None:
    """What a later stop goes back to. A decision that changes nothing only renews the mandate."""
    if before is None:
        return None
    same = (before.text, before.values, before.mode) == (rule.text, values, mode)
    return before.previous_id if same else before.id


def _residents_fit(conn: sa.Connection, site: str, rule: Rule, what: str) -> None:
    for (rule_name, resident), own in overrides(conn, site).items():
        if rule_name != rule.name:
            continue
        for name, value in own.items():
            span = rule.parameters.get(name)
            if span and not span.low <= value <= span.high:
                raise Refused(
                    "adopt a rule",
                    what,
                    Spoken(
                        "{resident} has {name} {value}, outside the new range",
                        resident=resident,
                        name=name,
                        value=value,
                    ),
                    Spoken("Decide that resident's own value first"),
                )
