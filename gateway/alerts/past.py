"""Episodes as they were recorded: for replays, which may only append the difference."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from gateway.alerts import tables
from gateway.alerts.episodes import Mode


class Past(NamedTuple):
    """One recorded episode. Times are on the site's clock."""

    rule_name: str
    subject: str
    mode: Mode
    onset_at: int
    ended_at: int | None
    unknown: bool
    told: bool = True  # False: held back by `at_most`


Whose = tuple[str, str, Mode]  # rule, subject, mode


def overlapping(
    conn: sa.Connection, site: str, subjects: Collection[str], since: int
) -> Sequence[Past]:
    """Episodes of these subjects that were open at `since` or began later, oldest first."""
    e = tables.episode.c
    rows = conn.execute(
        sa.select(
            e.rule_name, e.subject, e.mode, e.onset_at, e.ended_at, e.unknown_since, e.told_at
        )
        .where(
            e.site == site,
            e.subject.in_(sorted(subjects)),
            sa.or_(e.ended_at.is_(None), e.ended_at > since, e.onset_at > since),
        )
        .order_by(e.onset_at)
    )
    return [
        Past(
            one.rule_name,
            one.subject,
            Mode(one.mode),
            one.onset_at,
            one.ended_at,
            one.unknown_since is not None,
            one.told_at is not None,
        )
        for one in rows
    ]


def still_open(conn: sa.Connection, site: str) -> Sequence[Past]:
    """Every episode of a site that has not ended."""
    e = tables.episode.c
    rows = conn.execute(
        sa.select(e.rule_name, e.subject, e.mode, e.onset_at, e.unknown_since, e.told_at).where(
            e.site == site, e.ended_at.is_(None)
        )
    )
    return [
        Past(
            one.rule_name,
            one.subject,
            Mode(one.mode),
            one.onset_at,
            None,
            one.unknown_since is not None,
            one.told_at is not None,
        )
        for one in rows
    ]


def last_told(
    conn: sa.Connection, site: str, subjects: Collection[str], by: int
) -> Mapping[Whose, int]:
    """When each rule had last told an episode of these subjects, at or before `by`."""
    e = tables.episode.c
    rows = conn.execute(
        sa.select(e.rule_name, e.subject, e.mode, sa.func.max(e.told_at))
        .where(e.site == site, e.subject.in_(sorted(subjects)), e.told_at <= by)
        .group_by(e.rule_name, e.subject, e.mode)
    )
    return {(rule, subject, Mode(mode)): at for rule, subject, mode, at in rows}


def open_technical(conn: sa.Connection, site: str) -> Sequence[tuple[str, str]]:
    """(kind, key) of every technical alert of a site whose cause holds."""
    a = tables.alert.c
    rows = conn.execute(
        sa.select(a.rule_name, a.subject).where(
            a.site == site,
            a.technical.is_(True),
            a.closed_at.is_(None),
            a.returned_at.is_(None),
        )
    )
    return [(one.rule_name, one.subject) for one in rows]
