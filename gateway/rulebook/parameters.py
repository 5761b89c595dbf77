"""A resident's own parameters: care decisions within the adopted range, audited, without a review.

The range is the one in the version that the mandate put live. A change resets only the operators
that the parameter touches; the engine host sees it by `revision` and plans that resident anew.
"""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access import Action, Viewer
from gateway.access.audit import Verb, audit
from gateway.rulebook import tables
from gateway.rulebook.entries import Entry, Mode, entries, in_force
from gateway.rulebook.history import record
from rules.file.language import Rule, ValueOutOfRange, parse_rule


@lru_cache(maxsize=256)
def rule_of(text: str) -> Rule:
    """The rule that a stored text says; parsed once."""
    return parse_rule(text, "<rulebook>")


def overrides(
    conn: sa.Connection, site: str, at: int | None = None
) -> dict[tuple[str, str], dict[str, Decimal]]:
    """All residents' own values of a site: (rule name, resident) -> parameter -> value.

    At `at` in the site's clock; None: the newest.
    """
    of = tables.parameter.c
    query = sa.select(of.rule_name, of.resident, of.name, of.value).where(of.site == site)
    if at is not None:
        query = query.where(of.effective_at <= at)
    own: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    for rule_name, resident, name, value in conn.execute(query.order_by(of.effective_at, of.id)):
        if value is None:
            own[rule_name, resident].pop(name, None)
        else:
            own[rule_name, resident][name] = Decimal(value)
    return {whose: values for whose, values in own.items() if values}


def within(
    rule: Rule, values: Mapping[str, Decimal], own: Mapping[str, Decimal] | None
) -> dict[str, Decimal]:
    """A version's values with a resident's own laid over them, held within the version's range.

    A value can only be outside it after a stop went back to a version with a narrower range.
    """
    whole = dict(values)
    for name, value in (own or {}).items():
        span = rule.parameters.get(name)
        if span is not None:
            whole[name] = min(max(value, span.low), span.high)
    return whole


def merged(entry: Entry, own: Mapping[str, Decimal] | None) -> dict[str, Decimal]:
    """What an entry uses for a resident with these own values."""
    return within(rule_of(entry.text), entry.values, own)


def values_for(
    conn: sa.Connection, site: str, rule_name: str, resident: str | None, at: int | None = None
) -> dict[str, Decimal]:
    """What the live version of a rule uses for a resident at `at` (site's clock; None: newest).

    Raises Refused where the rule is not in the site's rulebook. For a shadow entry, or for many
    residents at once, use `overrides` and `merged`.
    """
    found = [one for one in entries(conn, site) if one.rule_name == rule_name]
    moment = max((one.effective_at for one in found), default=0) if at is None else at
    live = [one for one in in_force(found, moment) if one.lane is Mode.LIVE]
    if not live:
        raise Refused(
            "read a rule's parameters",
            f"{rule_name} at {site}",
            Spoken("the rule is not in the rulebook of this site"),
            Spoken("The Rules page lists what is"),
        )
    own = overrides(conn, site, at).get((rule_name, resident)) if resident else None
    return merged(live[0], own)


def setters(conn: sa.Connection, site: str, resident: str) -> dict[str, str]:
    """Who set a resident's newest own value of each rule: rule name -> person."""
    own, of = tables.parameter.c, tables.change.c
    query = (
        sa.select(own.rule_name, of.by_name)
        .join_from(tables.parameter, tables.change)
        .where(own.site == site, own.resident == resident)
        .order_by(own.id)
    )
    rows: list[tuple[str, str]] = [(rule_name, name) for rule_name, name in conn.execute(query)]
    return dict(rows)


def set_parameter(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    resident: str,
    rule_name: str,
    name: str,
    value: Decimal | None,
    reason: str,
    now: int,
    site_at: int | None = None,
) -> None:
    """Give a resident an own value, or None to go back to the site's; audited with the reason.

    `site_at` is the site's clock now, where it is not the wall clock. Raises Refused when the
    value is outside the range of a version in force or scheduled, and NotAllowed.
    """
    viewer.require(Action.SET_PARAMETER, site)
    at = now if site_at is None else site_at
    what = f"{rule_name}.{name} for {resident} at {site}"
    if not viewer.sees_resident(site, resident):
        raise Refused(
            "set a parameter", what, Spoken("no such resident"), Spoken("Open it from the resident")
        )
    if not reason.strip():
        raise Refused(
            "set a parameter", what, Spoken("no reason was given"), Spoken("Say why in a few words")
        )
    matter = [
        one
        for one in entries(conn, site, at)
        if one.rule_name == rule_name and one.mode is not Mode.OFF
    ]
    if not matter:
        raise Refused(
            "set a parameter",
            what,
            Spoken("this rule does not run here"),
            Spoken("See the Rules page"),
        )
    if value is not None:
        for one in matter:
            _check(one, name, value, what)
    before = overrides(conn, site).get((rule_name, resident), {}).get(name)
    change_id = record(
        conn,
        viewer,
        kind="parameter",
        site=site,
        rule_name=rule_name,
        reason="",
        at=now,
        effective_at=at,
    )
    conn.execute(
        tables.parameter.insert().values(
            change_id=change_id,
            site=site,
            resident=resident,
            rule_name=rule_name,
            name=name,
            before=None if before is None else f"{before:f}",
            value=None if value is None else f"{value:f}",
            reason=reason.strip(),
            effective_at=at,
        )
    )
    audit(conn, viewer, Verb.SET_PARAMETER, f"resident:{resident}", site, now, what)


def _check(entry: Entry, name: str, value: Decimal, what: str) -> None:
    known = rule_of(entry.text).parameters
    if name not in known:
        allowed = ", ".join(sorted(known)) or "none"
        raise Refused(
            "set a parameter",
            what,
            Spoken("no such parameter"),
            Spoken("This rule has: {allowed}", allowed=allowed),
        )
    try:
        known[name].check(value)
    except ValueOutOfRange as error:
        hint = Spoken("{allowed}. Beyond that needs a review", allowed=known[name].allowed())
        raise Refused("set a parameter", what, error.problem, hint) from error
