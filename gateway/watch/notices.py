"""Technical findings that come from no reading: the broker's refusals, gaps, mandates."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from gateway.alerts.episodes import Technical
from gateway.intake import topics
from gateway.intake.status import Gap
from gateway.intake.violations import Violation
from gateway.rulebook import notices


def violation_finding(told: Violation, sites: Collection[str], now: int) -> list[Technical]:
    """A client was refused: of the site that the topic names, else of every site."""
    topic = topics.parse(told.topic)
    named = [topic.site] if topic is not None and topic.site in sites else sorted(sites)
    detail = {"kind": told.kind, "topic": told.topic, "client": told.client}
    home = topic.home if topic is not None else None
    key = f"{told.client or told.peer.rpartition(':')[0]} {told.topic}"[:200]
    return [
        Technical("spoofed", site, key, now, active=active, home=home, detail=detail)
        for site in named
        for active in (True, False)  # it happened; it stays until somebody has seen it
    ]


def gap_finding(told: Gap, sites: Mapping[str, object], now: int) -> list[Technical]:
    """Messages that never came. (That the link was down is the host's own business.)"""
    if told.kind == "sequence" and told.device is not None:
        site, _, device = told.device.partition("/")
        if site not in sites:
            return []
        home = device.partition("/")[0]
        detail = {"missing": told.missing}
        return [
            Technical(
                "messages-missing", site, device, now, active=active, home=home, detail=detail
            )
            for active in (True, False)
        ]
    if told.kind == "session-lost":
        return [
            Technical("broker-gap", site, "broker", now, active=active, since=told.since)
            for site in sites
            for active in (True, False)
        ]
    return []


class Mandates:
    """Keeps one technical alert open for every notice of the rulebook."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str, str], Technical] | None = None

    def look(self, conn: sa.Connection, now: int, clocks: Mapping[str, int]) -> list[Technical]:
        """What is to be told, or over. `now`: wall; `clocks`: each site's own time."""
        told: dict[tuple[str, str, str], Technical] = {}
        for notice in notices(conn, now, clocks):
            told[notice.site, notice.kind.value, notice.key] = Technical(
                notice.kind.value,
                notice.site,
                notice.key,
                clocks[notice.site],
                since=clocks[notice.site],
                detail={"rule": notice.rule_name, "due": notice.due_at},
            )
        if self._open is None:
            self._open = {}
        new = [one for of, one in told.items() if of not in self._open]
        over = [
            Technical(kind, site, key, clocks.get(site, now), active=False)
            for site, kind, key in self._open
            if (site, kind, key) not in told
        ]
        self._open = told
        return [*new, *over]
