"""Putting versions live, and taking them back: the only writer of entries.

No version runs live without a mandate. There are three: founding, adopted, stop; each function
below issues one. The table's own checks refuse anything else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from devices.errors import Refused
from gateway.access import SYSTEM, Action, Verb, Viewer, audit
from gateway.rulebook import tables
from gateway.rulebook.entries import (
    Entry,
    MandateKind,
    Mode,
    dump_values,
    entries,
    entry_by_id,
    in_force,
    live_entry,
)
from gateway.rulebook.history import record
from gateway.rulebook.parameters import overrides, rule_of
from gateway.rulebook.versions import keep, text_hash
from rules.language import Rule

DAY_MS = 86_400_000
FOUNDING_DAYS = 90
REVIEW_WITHIN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stop did: the mandate, and the entry that is in force from now on."""

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
        mandate_id = _issue(
            conn,
            viewer,
            site,
            rule.name,
            MandateKind.FOUNDING,
            "starter pack",
            now,
            expires_at=now + FOUNDING_DAYS * DAY_MS,
        )
        values = {name: one.default for name, one in rule.parameters.items()}
        entry_id = _enter(
            conn, site, rule, Mode.LIVE, Mode.LIVE, values, mandate_id, effective_at, None, now
        )
        _tell(conn, viewer, "installed", site, rule.name, "starter pack", now, effective_at,
              entry_id=entry_id, mandate_id=mandate_id, after=dump_values(values))  # fmt: skip
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
    what = f"{rule.name} at {site}"
    site_now = now if site_at is None else site_at
    if effective_at < site_now:
        raise Refused("adopt a rule", what, "the stated instant has passed", "State a later one")
    full = _checked(rule, values, what)
    _residents_fit(conn, site, rule, what)
    lane = Mode.SHADOW if mode is Mode.SHADOW else Mode.LIVE
    mandate_id = _issue(
        conn, viewer, site, rule.name, MandateKind.ADOPTED, reason, now, decision_id=decision_id
    )
    _withdraw(conn, viewer, site, rule.name, lane, effective_at, mandate_id, now)
    before = live_entry(conn, site, rule.name, effective_at)
    entry_id = _enter(
        conn,
        site,
        rule,
        lane,
        mode,
        full,
        mandate_id,
        effective_at,
        before.id if before and lane is Mode.LIVE else None,
        now,
    )
    if lane is Mode.LIVE:
        _end_trial(conn, viewer, site, rule.name, effective_at, mandate_id, now)
    _tell(conn, viewer, "adopted", site, rule.name, reason, now, effective_at,
          entry_id=entry_id, mandate_id=mandate_id,
          before=dump_values(before.values) if before else None,
          after=dump_values(full))  # fmt: skip
    audit(conn, viewer, Verb.ADOPT_RULE, f"rule:{rule.name}", site, now, f"entry {entry_id}")
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
    what = f"{rule.name} at {site}"
    if until <= effective_at:
        raise Refused("try a rule in shadow", what, "it would end before it begins", "State a span")
    full = _checked(rule, values, what)
    entry_id = _enter(
        conn, site, rule, Mode.SHADOW, Mode.SHADOW, full, None, effective_at, None, now
    )
    _enter(conn, site, rule, Mode.SHADOW, Mode.OFF, full, None, until, None, now)
    _tell(conn, viewer, "trial", site, rule.name, reason, now, effective_at,
          entry_id=entry_id, after=dump_values(full))  # fmt: skip
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
    Refused when nothing is live or scheduled, or no reason is given, and NotAllowed.
    """
    viewer.require(Action.STOP_RULE, site)
    what = f"{rule_name} at {site}"
    if not reason.strip():
        raise Refused(
            "stop a rule", what, "no reason was given", "Say in a few words what is wrong"
        )
    at = now if site_at is None else site_at
    current = live_entry(conn, site, rule_name, at)
    if current is None or current.mode is Mode.OFF:
        raise Refused("stop a rule", what, "it is not live", "The Rules page shows what is")
    due = now + REVIEW_WITHIN_DAYS * DAY_MS
    mandate_id = _issue(
        conn, viewer, site, rule_name, MandateKind.STOP, reason.strip(), now, review_due_at=due
    )
    _withdraw(conn, viewer, site, rule_name, Mode.LIVE, at + 1, mandate_id, now)
    back = entry_by_id(conn, current.previous_id) if current.previous_id else None
    target = back or current
    entry_id = _enter(
        conn,
        site,
        rule_of(target.text),
        Mode.LIVE,
        back.mode if back else Mode.OFF,
        target.values,
        mandate_id,
        at,
        back.previous_id if back else None,
        now,
    )
    _tell(conn, viewer, "stopped", site, rule_name, reason.strip(), now, at,
          entry_id=entry_id, mandate_id=mandate_id, before=dump_values(current.values),
          after=dump_values(target.values) if back else None)  # fmt: skip
    audit(conn, viewer, Verb.STOP_RULE, f"rule:{rule_name}", site, now, reason.strip())
    return Stopped(mandate_id, entry_id, due)


def _checked(rule: Rule, values: Mapping[str, Decimal], what: str) -> dict[str, Decimal]:
    unknown = sorted(set(values) - set(rule.parameters))
    if unknown:
        allowed = ", ".join(sorted(rule.parameters)) or "none"
        raise Refused("adopt a rule", what, f"no parameter {unknown[0]!r}", f"It has: {allowed}")
    full = {}
    for name, span in rule.parameters.items():
        full[name] = value = values.get(name, span.default)
        if not span.low <= value <= span.high:
            raise Refused(
                "adopt a rule",
                what,
                f"{name} {value} is outside {span.low} to {span.high} {span.unit}",
                "Propose a version with a wider range",
            )
    return full


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
                    f"{resident} has {name} {value}, outside the new range",
                    "Decide that resident's own value first",
                )


def _issue(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    rule_name: str,
    kind: MandateKind,
    reason: str,
    now: int,
    **more: int,
) -> int:
    made = conn.execute(
        tables.mandate.insert()
        .values(
            site=site,
            rule_name=rule_name,
            kind=kind.value,
            by_user=viewer.user_id,
            by_name=viewer.name,
            reason=reason,
            created_at=now,
            **more,
        )
        .returning(tables.mandate.c.id)
    )
    return made.scalar_one()


def _enter(
    conn: sa.Connection,
    site: str,
    rule: Rule,
    lane: Mode,
    mode: Mode,
    values: Mapping[str, Decimal],
    mandate_id: int | None,
    effective_at: int,
    previous_id: int | None,
    now: int,
) -> int:
    keep(conn, rule, now)
    made = conn.execute(
        tables.entry.insert()
        .values(
            site=site,
            rule_name=rule.name,
            lane=lane.value,
            mode=mode.value,
            text_hash=text_hash(rule.text),
            values=dump_values(values),
            mandate_id=mandate_id,
            effective_at=effective_at,
            previous_id=previous_id,
        )
        .returning(tables.entry.c.id)
    )
    return made.scalar_one()


def _withdraw(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    rule_name: str,
    lane: Mode,
    since: int,
    mandate_id: int,
    now: int,
) -> None:
    of = tables.entry.c
    rows = conn.execute(
        tables.entry.update()
        .where(of.site == site, of.rule_name == rule_name, of.lane == lane.value)
        .where(of.effective_at >= since, of.withdrawn_by.is_(None))
        .values(withdrawn_by=mandate_id)
        .returning(of.id, of.effective_at)
    ).all()
    for row in rows:
        _tell(conn, viewer, "withdrawn", site, rule_name, "overtaken before its instant", now,
              row.effective_at, entry_id=row.id, mandate_id=mandate_id)  # fmt: skip


def _end_trial(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    rule_name: str,
    at: int,
    mandate_id: int,
    now: int,
) -> None:
    """Once a version is live its trial beside it is over."""
    tried: list[Entry] = [
        one
        for one in in_force(entries(conn, site), at)
        if one.rule_name == rule_name and one.mode is Mode.SHADOW
    ]
    _withdraw(conn, viewer, site, rule_name, Mode.SHADOW, at + 1, mandate_id, now)
    for one in tried:
        _enter(conn, site, rule_of(one.text), Mode.SHADOW, Mode.OFF, one.values, mandate_id, at,
               None, now)  # fmt: skip


def _tell(
    conn: sa.Connection,
    viewer: Viewer,
    kind: str,
    site: str,
    rule_name: str,
    reason: str,
    at: int,
    effective_at: int,
    **more: int | str | None,
) -> None:
    record(
        conn,
        viewer,
        kind=kind,
        site=site,
        rule_name=rule_name,
        reason=reason,
        at=at,
        effective_at=effective_at,
        **more,
    )
