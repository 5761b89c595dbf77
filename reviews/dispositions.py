"""What the alerts of a rule were said to be, by carers and by residents: site totals by week, never
a person.

A group of fewer than five residents is shown by whole weeks of the site only (semantics: a count
that small is a person's story).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from gateway.access import Action, Viewer
from gateway.alerts import tables as alerts
from gateway.alerts.episodes import Disposition, Response
from gateway.alerts.voices import Said, newest
from reviews.comparing import WEEK_MS, Marked, Span, night_of

SMALL_GROUP = 5


@dataclass(slots=True)
class Week:
    """Alerts that began in [start_at, start_at + 7 days), site's clock."""

    start_at: int
    alerts: int = 0
    said: Counter[Disposition] = field(default_factory=Counter)
    unsaid: int = 0  # open, or closed by itself
    heard: Counter[Said] = field(default_factory=Counter)  # what residents say of them
    journeys: int = 0
    minutes: int = 0
    nights: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """The last whole weeks up to `until_at` (site's clock), oldest first."""

    since_at: int
    until_at: int
    weeks: tuple[Week, ...]
    residents: int  # how many people these alerts were about
    homes: int

    @property
    def small(self) -> bool:
        """Whether only week totals may be shown."""
        return 0 < self.residents < SMALL_GROUP

    @property
    def total(self) -> Week:
        """All weeks together."""
        all_weeks = Week(self.since_at)
        for one in self.weeks:
            all_weeks.alerts += one.alerts
            all_weeks.said.update(one.said)
            all_weeks.unsaid += one.unsaid
            all_weeks.heard.update(one.heard)
            all_weeks.journeys += one.journeys
            all_weeks.minutes += one.minutes
            all_weeks.nights += one.nights
        return all_weeks


def summary(
    conn: sa.Connection,
    viewer: Viewer,
    site: str,
    rule_name: str,
    zone: str,
    until_at: int,
    weeks: int = 4,
) -> Summary:
    """Dispositions of the alerts whose condition began in the last `weeks` weeks."""
    viewer.require(Action.SEE_RULES, site)
    since_at = until_at - weeks * WEEK_MS
    found = [Week(since_at + index * WEEK_MS) for index in range(weeks)]
    of = alerts.alert.c
    these = (
        of.site == site,
        of.rule_name == rule_name,
        of.technical.is_(False),
        of.onset_at >= since_at,
        of.onset_at < until_at,
    )
    rows = conn.execute(
        sa.select(
            of.id, of.subject, of.home, of.onset_at, of.disposition, of.response, of.minutes
        ).where(*these)
    ).all()
    voices = newest(conn, sa.select(of.id).where(*these))
    nights = set()
    for row in rows:
        week = found[(row.onset_at - since_at) // WEEK_MS]
        _count(week, row.disposition, row.response, row.minutes)
        if row.id in voices:
            week.heard[voices[row.id].said] += 1
        night = night_of(row.onset_at, zone)
        if night and (row.subject, night) not in nights:
            nights.add((row.subject, night))
            week.nights += 1
    people = {row.subject for row in rows}
    homes = {row.home for row in rows}
    return Summary(since_at, until_at, tuple(found), len(people), len(homes))


def marked(
    conn: sa.Connection, site: str, rule_name: str, start_at: int, end_at: int
) -> list[Marked]:
    """Closed alerts of [start, end) (site's clock) that were useful or driven to. They never leave
    the server: only their counts do.
    """
    of = alerts.alert.c
    useful = Disposition.USEFUL.value
    drove = Response.DROVE.value
    rows = conn.execute(
        sa.select(
            of.subject,
            of.home,
            of.onset_at,
            of.returned_at,
            of.disposition,
            of.response,
            of.minutes,
        ).where(
            of.site == site,
            of.rule_name == rule_name,
            of.technical.is_(False),
            sa.or_(of.disposition == useful, of.response == drove),
            of.onset_at >= start_at,
            of.onset_at < end_at,
        )
    )
    return [
        Marked(
            Span(row.subject, row.home or "", row.onset_at, row.returned_at or row.onset_at),
            row.disposition == useful,
            (row.minutes or 0) if row.response == drove else 0,
        )
        for row in rows
    ]


def totals(
    conn: sa.Connection, viewer: Viewer, site: str, since_at: int, until_at: int
) -> Mapping[str, Counter[str]]:
    """Per rule: alerts, useful, false, journeys. For the list of rules."""
    viewer.require(Action.SEE_RULES, site)
    of = alerts.alert.c
    counts: dict[str, Counter[str]] = {}
    for rule_name, disposition, response in conn.execute(
        sa.select(of.rule_name, of.disposition, of.response).where(
            of.site == site,
            of.technical.is_(False),
            of.onset_at >= since_at,
            of.onset_at < until_at,
        )
    ):
        counter = counts.setdefault(rule_name, Counter())
        counter["alerts"] += 1
        counter[disposition or "unsaid"] += 1
        counter["journeys"] += response == Response.DROVE.value
    return counts


def _count(week: Week, disposition: str | None, response: str | None, minutes: int | None) -> None:
    week.alerts += 1
    if disposition is None:
        week.unsaid += 1
    else:
        week.said[Disposition(disposition)] += 1
    if response == Response.DROVE.value:
        week.journeys += 1
        week.minutes += minutes or 0
