"""What residents say of the alerts about them: whether one helped, in their own words if they like.

Not a disposition: carers say what an alert was, residents say what it was for them. Reviews read
both, side by side. Nothing that is said is changed or taken away; the newest of a person counts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway.access import Action, Role, Viewer, not_found
from gateway.access.audit import Verb
from gateway.alerts import tables
from gateway.alerts.acting import record
from gateway.alerts.missed import MISSED

SHOWN_MS = 60 * 86_400_000  # of the past: what one can still remember
MOST = 20
WORDS = 500


class Said(StrEnum):
    """The answers to "did this alert help you?"."""

    HELPED = "helped"
    NOT_NEEDED = "not_needed"
    DONT_KNOW = "dont_know"


@dataclass(frozen=True, slots=True)
class Voice:
    """What a resident, or their representative, last said of an alert."""

    said: Said
    words: str
    at: int  # wall


@dataclass(frozen=True, slots=True)
class Heard:
    """An alert about a resident, as the resident sees it, and what they said of it."""

    code: str
    rule_name: str
    title: str
    onset_at: int  # site's clock
    closed: bool
    voice: Voice | None


def may_speak(viewer: Viewer, site: str, resident: str | None) -> bool:
    """The resident, or the representative whom they chose; nobody speaks for them otherwise."""
    return (
        resident is not None
        and viewer.resident_id == resident
        and Role.RESIDENT in viewer.roles(site)
        and viewer.sees_resident(site, resident, Action.SPEAK_OF_ALERTS)
    )


def say(
    conn: sa.Connection, viewer: Viewer, alert_id: int, said: str, words: str, now: int
) -> Voice:
    """Add it. The same said again adds nothing. Raises NotFound and Refused."""
    alert = conn.execute(sa.select(tables.alert).where(tables.alert.c.id == alert_id)).first()
    if alert is None or alert.technical or alert.rule_name == MISSED:
        raise not_found("speak of", "alert")
    if not may_speak(viewer, alert.site, alert.resident):
        raise not_found("speak of", "alert")
    what = f"alert {alert.code}"
    if said not in set(Said):
        raise Refused(
            "speak of", what, Spoken("nothing was chosen"), Spoken("Choose one of the answers")
        )
    words = words.strip()
    if len(words) > WORDS:
        problem = Spoken("the text has {count} characters", count=len(words))
        raise Refused("speak of", what, problem, Spoken("Keep it to {most}", most=WORDS))
    before = newest(conn, [alert_id]).get(alert_id)
    if before is not None and (before.said, before.words) == (said, words):
        return before
    conn.execute(
        sa.insert(tables.voice).values(
            alert_id=alert_id, said=said, words=words, by_id=viewer.user_id, at=now
        )
    )
    record(conn, viewer, Verb.SPOKE, alert, now, said)
    return Voice(Said(said), words, now)


def newest(
    conn: sa.Connection, alerts: Collection[int] | sa.Select[tuple[int]]
) -> Mapping[int, Voice]:
    """By alert, what was said last. Whoever asks has seen to who may read it."""
    of = tables.voice.c
    query = sa.select(of.alert_id, of.said, of.words, of.at).order_by(of.id)
    rows = conn.execute(query.where(of.alert_id.in_(alerts)))
    return {row.alert_id: Voice(Said(row.said), row.words, row.at) for row in rows}


def of_resident(
    conn: sa.Connection, viewer: Viewer, site: str, resident: str, now: int
) -> list[Heard]:
    """The alerts of the last weeks about somebody, newest first. Raises NotFound."""
    viewer.require_resident(Action.SEE_ALERTS, site, resident, "open")
    of = tables.alert.c
    rows = conn.execute(
        sa.select(tables.alert)
        .where(
            of.resident == resident,
            of.technical.is_(False),
            of.rule_name != MISSED,
            of.raised_at > now - SHOWN_MS,
        )
        .order_by(of.id.desc())
        .limit(MOST)
    ).all()
    said = newest(conn, [row.id for row in rows])
    return [
        Heard(
            row.code,
            row.rule_name,
            row.title,
            row.onset_at,
            row.closed_at is not None,
            said.get(row.id),
        )
        for row in rows
    ]
