"""A rule that is live at a site may be off for one resident: a care decision, as their limits are.

It stands among the resident's own values under a name that no parameter has, so whoever gives a
resident their values at a time (live, replay, back-test, why) knows of it by the same look-up, and
erasing a person takes it with the rest. The rule's own mandate stays what it is: the switch is the
nurse's or coordinator's right, with a reason, in the history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access import Action, Viewer
from gateway.access.audit import Verb, audit
from gateway.rulebook import tables
from gateway.rulebook.entries import Mode, entries, in_force
from gateway.rulebook.history import record
from gateway.rulebook.parameters import overrides, rule_of

SWITCH = "*"  # no parameter is called so
OFF = "0"
KIND = "switch"  # of a change
CALLS = frozenset({"sos", "fall"})  # somebody calls for help

_DO = "switch a rule for a resident"


@dataclass(frozen=True, slots=True)
class Switched:
    """One turn of the switch. `at`: site's clock."""

    rule_name: str
    on: bool
    reason: str
    by_name: str
    at: int


def switched_off(own: Mapping[str, Decimal] | None) -> bool:
    """Whether a resident's own values of a rule say that it is off for them."""
    return own is not None and SWITCH in own


def switch(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    resident: str,
    rule_name: str,
    *,
    on: bool,
    reason: str,
    now: int,
    site_at: int | None = None,
) -> None:
    """Off for one resident, or on again, from now on. Raises NotAllowed and Refused.

    A call for help is never switched off here: pausing alarms has its own confirmation.
    """
    viewer.require(Action.SET_PARAMETER, site)
    at = now if site_at is None else site_at
    what = f"{rule_name} for {resident} at {site}"
    if not viewer.sees_resident(site, resident):
        raise Refused(_DO, what, Spoken("no such resident"), Spoken("Open it from the resident"))
    if not reason.strip():
        raise Refused(_DO, what, Spoken("no reason was given"), Spoken("Say why in a few words"))
    if not on:
        _can_be_off(conn, site, rule_name, at, what)
    if switched_off(overrides(conn, site, at).get((rule_name, resident))) is not on:
        already = Spoken("it is on already") if on else Spoken("it is off already")
        raise Refused(
            _DO,
            what,
            already,
            Spoken("Open the resident's page again"),
        )
    change_id = record(
        conn, viewer, kind=KIND, site=site, rule_name=rule_name, reason="", at=now, effective_at=at
    )
    conn.execute(
        tables.parameter.insert().values(
            change_id=change_id,
            site=site,
            resident=resident,
            rule_name=rule_name,
            name=SWITCH,
            before=OFF if on else None,
            value=None if on else OFF,
            reason=reason.strip(),
            effective_at=at,
        )
    )
    detail = f"switched {'on' if on else 'off'}: {what}"
    audit(conn, viewer, Verb.SET_PARAMETER, f"resident:{resident}", site, now, detail)


def _can_be_off(conn: sa.Connection, site: str, rule_name: str, at: int, what: str) -> None:
    """Raises Refused."""
    running = [
        one
        for one in in_force(entries(conn, site), at)
        if one.rule_name == rule_name and one.mode is not Mode.OFF
    ]
    if not running:
        raise Refused(
            _DO, what, Spoken("this rule does not run here"), Spoken("See the Rules page")
        )
    if any(ref.signal in CALLS for one in running for ref in rule_of(one.text).uses):
        hint = Spoken("Pause alarms for the resident instead: that has its own confirmation")
        raise Refused(_DO, what, Spoken("it answers a call for help"), hint)


def turns(conn: sa.Connection, site: str, resident: str, at: int) -> list[Switched]:
    """Every turn of a resident's switches up to `at` (site's clock), oldest first.

    Whoever asks has seen to who may read it.
    """
    own, of = tables.parameter.c, tables.change.c
    rows = conn.execute(
        sa.select(own.rule_name, own.value, own.reason, of.by_name, own.effective_at)
        .join_from(tables.parameter, tables.change)
        .where(own.site == site, own.resident == resident, own.name == SWITCH)
        .where(own.effective_at <= at)
        .order_by(own.effective_at, own.id)
    )
    return [
        Switched(rule_name, value is None, reason, by, since)
        for rule_name, value, reason, by, since in rows
    ]


def off_for(
    conn: sa.Connection, site: str, rule_name: str, resident: str, at: int
) -> Switched | None:
    """By whom and since when a rule is off for a resident at `at`; None: it is not."""
    found = [one for one in turns(conn, site, resident, at) if one.rule_name == rule_name]
    return found[-1] if found and not found[-1].on else None
