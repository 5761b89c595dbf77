"""What held a rule back at a moment, and what came of an episode: read from what was recorded."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from devices.signals import CATALOGUE
from gateway import rulebook
from gateway.access import Action, Viewer
from gateway.access.tables import audit_entry
from gateway.alerts import tables
from gateway.alerts.episodes import EventKind
from gateway.registry import Directory
from gateway.registry.entries import ALARMS
from gateway.watch.enrolments import Enrolment
from rules.why.trace import Seen

BrakeKind = Literal[
    "no-consent", "paused", "not-covered", "several-people", "not-live", "shadow", "site-not-live",
    "open-already", "at-most", "yields-to", "switched-off",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brake:
    """Something that keeps a rule from being heard or told. `on`: at that moment it did."""

    kind: BrakeKind
    on: bool
    since: int | None = None  # site's clock
    until: int | None = None
    by: str = ""  # a signal, an alert's code, or the title of what stands before it


@dataclass(frozen=True, slots=True)
class Sent:
    """One message to a channel. Times are wall time."""

    channel: str
    state: str  # waiting, sent, dropped, expired
    due_at: int
    finished_at: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Cause:
    """A broader cause that silenced an alert, or the end of it. Wall time."""

    code: str  # of the alert that stood; empty: it is over
    at: int


@dataclass(frozen=True, slots=True)
class Told:
    """A recorded episode and its alert."""

    mode: str
    version: str
    onset_at: int
    noticed_at: int
    ended_at: int | None
    late: bool
    code: str | None  # of the alert; None: nobody was told (shadow, or too old)
    raised_at: int | None  # wall
    told_at: int | None  # site's clock: the rule spoke; None: it was over before it might
    held_until: int | None  # site's clock: told at most once in a while, so not before
    causes: tuple[Cause, ...]  # what held the alert back, and for how long
    sent: tuple[Sent, ...]
    opened_at: int | None  # wall: the first time anybody opened it
    opened_by: str | None  # for who may see who looked


def told(
    conn: sa.Connection, viewer: Viewer, site: str, subject: str, rule: str, at: int
) -> Told | None:
    """The episode that was open at `at` by the record, live before shadow."""
    e = tables.episode.c
    row = conn.execute(
        sa.select(tables.episode)
        .where(
            e.site == site,
            e.subject == subject,
            e.rule_name == rule,
            e.onset_at <= at,
            sa.or_(e.ended_at.is_(None), e.ended_at > at, e.ended_at == e.onset_at),
        )
        .order_by(e.mode, e.onset_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None or (row.ended_at == row.onset_at and row.onset_at != at):
        return None
    alert = None
    if row.alert_id is not None:
        alert = conn.execute(
            sa.select(tables.alert).where(tables.alert.c.id == row.alert_id)
        ).one_or_none()
    opened = _opened(conn, alert.code) if alert is not None else None
    sees_who = viewer.sees_resident(site, row.resident, Action.SEE_AUDIT)
    return Told(
        mode=row.mode,
        version=row.version,
        onset_at=row.onset_at,
        noticed_at=row.noticed_at,
        ended_at=row.ended_at,
        late=row.late,
        code=None if alert is None else alert.code,
        raised_at=None if alert is None else alert.raised_at,
        told_at=row.told_at,
        held_until=row.held_until,
        causes=() if alert is None else _causes(conn, alert.id),
        sent=() if alert is None else _sent(conn, alert.id),
        opened_at=None if opened is None else opened.at,
        opened_by=opened.login if opened is not None and sees_who else None,
    )


def _sent(conn: sa.Connection, alert_id: int) -> tuple[Sent, ...]:
    o = tables.outbox.c
    rows = conn.execute(
        sa.select(o.channel, o.state, o.due_at, o.finished_at, o.reason)
        .where(o.alert_id == alert_id)
        .order_by(o.due_at, o.id)
    )
    return tuple(Sent(*row) for row in rows)


def _causes(conn: sa.Connection, alert_id: int) -> tuple[Cause, ...]:
    e = tables.alert_event.c
    rows = conn.execute(
        sa.select(e.kind, e.at, e.detail)
        .where(
            e.alert_id == alert_id,
            e.kind.in_([EventKind.INHIBITED.value, EventKind.FREED.value]),
        )
        .order_by(e.id)
    )
    return tuple(Cause(str(json.loads(one.detail).get("by", "")), one.at) for one in rows)


def _opened(conn: sa.Connection, code: str) -> Any:
    a = audit_entry.c
    return conn.execute(
        sa.select(a.at, a.login)
        .where(a.object == f"alert:{code}", a.verb == "looked at")
        .order_by(a.id)
        .limit(1)
    ).one_or_none()


def brakes(
    conn: sa.Connection,
    directory: Directory,
    enrolment: Enrolment,
    mode: str,
    at: int,
    seen: Sequence[Seen],
) -> tuple[Brake, ...]:
    """All that could have kept the rule from being heard or told, on or not."""
    site = _site_of(directory, enrolment)
    root = seen[enrolment.plan.root]
    began = root.since if root.is_true and root.since is not None else at  # of what it is about
    found = [
        *_people(directory, enrolment, site, at),
        *_covered(enrolment, seen),
        *_force(directory, site, mode),
        *_switched(conn, enrolment, site, at),
        *_records(conn, enrolment, site, began, wall=directory.sites[site].clock != "data"),
    ]
    return tuple(found)


def _site_of(directory: Directory, enrolment: Enrolment) -> str:
    if enrolment.resident is not None:
        person = directory.resident(enrolment.resident)
        if person is not None:
            return person.site
    return enrolment.subject.removeprefix("home:").partition("/")[0]


def _people(directory: Directory, enrolment: Enrolment, site: str, at: int) -> list[Brake]:
    home = directory.home(site, enrolment.home)
    living = [directory.resident(one) for one in home.occupants(at)] if home is not None else []
    people = [one for one in living if one is not None]
    own = [one for one in people if one.id == enrolment.resident] or people
    found = [Brake("no-consent", not any(one.consented(at) for one in own))]
    pauses = [pause for one in own for pause in one.pauses if pause.covers(at)]
    names = {ref.signal for ref in enrolment.rule.uses}
    held = [one for one in pauses if one.covers_alarms or not names <= ALARMS]
    found.append(
        Brake("paused", True, held[0].from_at, held[0].to_at) if held else Brake("paused", False)
    )
    of_home = any(
        CATALOGUE[name].subject == "home" and not CATALOGUE[name].by_gateway for name in names
    )
    if enrolment.rule.subject == "resident" and of_home:
        found.append(Brake("several-people", len(people) > 1))
    return found


def _covered(enrolment: Enrolment, seen: Sequence[Seen]) -> list[Brake]:
    if not enrolment.rule.absence:
        return []
    for one in seen:
        for gap in one.missing:
            if gap.signal == "coverage":
                return [Brake("not-covered", True, gap.since, gap.until, gap.place or "")]
    return [Brake("not-covered", False)]


def _force(directory: Directory, site: str, mode: str) -> list[Brake]:
    place = directory.sites[site]
    return [
        Brake("not-live", mode in {"off", "draft"}, by=mode),
        Brake("shadow", mode == "shadow"),
        *([] if place.live else [Brake("site-not-live", True)]),
    ]


def _switched(conn: sa.Connection, enrolment: Enrolment, site: str, at: int) -> list[Brake]:
    """Whether it is off for the one resident whom it is about."""
    if enrolment.resident is None:
        return []
    off = rulebook.off_for(conn, site, enrolment.rule.name, enrolment.resident, at)
    if off is None:
        return [Brake("switched-off", False)]
    return [Brake("switched-off", True, off.at, by=off.by_name)]


def _records(
    conn: sa.Connection, enrolment: Enrolment, site: str, at: int, *, wall: bool
) -> list[Brake]:
    rule = enrolment.rule
    found = [_open_already(conn, enrolment, site, at, wall=wall)]
    if rule.at_most_ms:
        found.append(_at_most(conn, enrolment, site, at, rule.at_most_ms))
    if rule.yields_to:
        found.append(_yields_to(conn, enrolment, site, at, wall=wall))
    return found


def _open_already(
    conn: sa.Connection, enrolment: Enrolment, site: str, at: int, *, wall: bool
) -> Brake:
    """An alert that stands takes up what happens again: no second one is raised.

    A person closes it on the wall's clock, which a data site's moments cannot be compared with.
    """
    a = tables.alert.c
    row = conn.execute(
        sa.select(a.onset_at, a.code)
        .where(
            a.site == site,
            a.subject == enrolment.subject,
            a.rule_name == enrolment.rule.name,
            a.onset_at < at,
            sa.or_(a.closed_at.is_(None), a.closed_at > at if wall else a.returned_at > at),
        )
        .order_by(a.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return Brake("open-already", False)
    return Brake("open-already", True, row.onset_at, by=row.code)


def _at_most(conn: sa.Connection, enrolment: Enrolment, site: str, at: int, length: int) -> Brake:
    e = tables.episode.c
    last = conn.execute(
        sa.select(sa.func.max(e.told_at)).where(
            e.site == site,
            e.subject == enrolment.subject,
            e.rule_name == enrolment.rule.name,
            e.mode == "live",
            e.told_at < at,
            e.told_at > at - length,
        )
    ).scalar()
    if last is None:
        return Brake("at-most", False)
    return Brake("at-most", True, last, last + length)


def _yields_to(
    conn: sa.Connection, enrolment: Enrolment, site: str, at: int, *, wall: bool
) -> Brake:
    """The oldest alert that stood then and that this rule goes behind (as `alerts.causes`)."""
    a = tables.alert.c
    row = conn.execute(
        sa.select(a.onset_at, a.title)
        .where(
            a.site == site,
            a.rule_name.in_(enrolment.rule.yields_to),
            sa.or_(a.home == enrolment.home, a.home.is_(None)),
            sa.or_(a.technical, a.subject == enrolment.subject, a.subject.startswith("home:")),
            a.onset_at <= at,
            sa.or_(a.returned_at.is_(None), a.returned_at > at),
            sa.or_(a.closed_at.is_(None), a.closed_at > at if wall else a.returned_at > at),
        )
        .order_by(a.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return Brake("yields-to", False)
    return Brake("yields-to", True, row.onset_at, by=row.title)
