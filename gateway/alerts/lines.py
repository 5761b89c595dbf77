"""One line of the worklist: which rows a viewer sees, with the names that belong to them."""

import json
from typing import Any

import sqlalchemy as sa

from gateway.access import Action, Viewer, residents_clause, sites_clause
from gateway.alerts import tables
from gateway.alerts.episodes import AlertRow, Priority
from gateway.alerts.missed import MISSED
from gateway.alerts.states import ACTIVE, State
from gateway.registry import tables as places

_a = tables.alert.c
_cause = tables.alert.alias("cause")
_follower = tables.alert.alias("follower")
EXPLAINED = sa.and_(_a.inhibited_by.is_not(None), _cause.c.closed_at.is_(None))
LINES = sa.select(
    tables.alert,
    places.site.c.name.label("site_name"),
    places.site.c.zone,
    places.home.c.label.label("home_name"),
    places.home.c.area,
    places.home.c.drive_minutes,
    places.resident.c.name.label("resident_name"),
    places.resident.c.born,
    EXPLAINED.label("explained"),
    _cause.c.code.label("cause_code"),
    sa.select(sa.func.count())
    .where(_follower.c.inhibited_by == _a.id, _follower.c.closed_at.is_(None))
    .scalar_subquery()
    .label("holds_back"),
).select_from(
    tables.alert.join(places.site, places.site.c.id == _a.site)
    .outerjoin(places.home, sa.and_(places.home.c.site == _a.site, places.home.c.id == _a.home))
    .outerjoin(places.resident, places.resident.c.id == _a.resident)
    .outerjoin(_cause, _cause.c.id == _a.inhibited_by)
)


def row(conn: sa.Connection, viewer: Viewer, alert_id: int) -> AlertRow | None:
    """One line of the list, for a live update; None where the viewer may not see it."""
    found = conn.execute(LINES.where(_a.id == alert_id, visible(viewer))).one_or_none()
    return None if found is None else line(viewer, found)


def held_back(conn: sa.Connection, viewer: Viewer, alert_id: int) -> tuple[AlertRow, ...]:
    """What an open alert explains and so keeps out of the list, as far as the viewer may see it."""
    found = conn.execute(
        LINES.where(_a.inhibited_by == alert_id, _a.closed_at.is_(None), visible(viewer)).order_by(
            _a.rank, _a.raised_at
        )
    )
    return tuple(line(viewer, one) for one in found)


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """For a WHERE over `alert`: care alerts of one's residents, device alerts of one's sites; what
    only a rule on trial saw is for those who may stop a rule.
    """
    return sa.or_(
        sa.and_(
            _a.technical.is_(False),
            residents_clause(viewer, _a.site, _a.resident, Action.SEE_ALERTS),
            sa.or_(_a.rule_name != MISSED, sites_clause(viewer, _a.site, Action.STOP_RULE)),
        ),
        sa.and_(_a.technical.is_(True), sites_clause(viewer, _a.site, Action.SEE_DEVICES)),
    )


def line(viewer: Viewer, one: sa.Row[Any]) -> AlertRow:
    """A row of `LINES` as pages know it. The sentence needs the right to see why."""
    why = one.technical or viewer.sees_resident(one.site, one.resident, Action.SEE_WHY)
    return AlertRow(
        id=one.id,
        code=one.code,
        site=one.site,
        site_name=one.site_name,
        zone=one.zone,
        home=one.home,
        home_name=one.home_name,
        area=one.area,
        drive_minutes=one.drive_minutes,
        resident_id=one.resident,
        resident_name=one.resident_name,
        born=one.born,
        priority=Priority(one.priority),
        state=one.state,
        active=State(one.state) in ACTIVE,
        technical=one.technical,
        rule_name=one.rule_name,
        version=one.version,
        title=one.title,
        phrase=json.loads(one.phrase) if why and one.phrase else None,
        guidance=tuple(json.loads(one.guidance)),
        owner_id=one.owner,
        owner_name=one.owner_name,
        mine=one.owner is not None and one.owner == viewer.user_id,
        hold_until=one.hold_until,
        acknowledged_at=one.acknowledged_at,
        onset_at=one.onset_at,
        noticed_at=one.noticed_at,
        since=one.since,
        raised_at=one.raised_at,
        returned_at=one.returned_at,
        unknown_since=one.unknown_since,
        closed_at=one.closed_at,
        occurrences=one.occurrences,
        late=one.late,
        inhibited_by=one.inhibited_by if one.explained else None,
        held_by=one.cause_code if one.explained else None,
        holds_back=one.holds_back if one.closed_at is None else 0,
        disposition=one.disposition,
        response=one.response,
    )
