"""From what the engine says to what alerts know: sentences, evidence, "we cannot see"."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.alerts.episodes import (
    ChangeKind,
    EpisodeChange,
    Evidence,
    Missed,
    Mode,
    Priority,
    Technical,
)
from gateway.alerts.past import Past
from gateway.texts.records import to_record
from gateway.watch.enrolments import Enrolment
from rules.engine.episodes import Change
from rules.sentences.sentence import why

KINDS: Mapping[str, ChangeKind] = {kind.value: kind for kind in ChangeKind}
LATE_MS = 5 * 60_000  # known so long after it began, an episode says so

Finding = EpisodeChange | Technical | Missed


def finding(
    site: str, enrolment: Enrolment, change: Change, known_at: int, *, late: bool = False
) -> Finding | None:
    """What alerts should know of a change; None: nothing. `known_at`: the site's clock now."""
    kind = KINDS[change.kind]
    if kind in (ChangeKind.UNKNOWN, ChangeKind.KNOWN) and change.onset is None:
        return cannot_see(site, enrolment, change.at, active=kind is ChangeKind.UNKNOWN)
    noticed_at = max(change.noticed_at, known_at)
    if change.at == enrolment.since - 1:  # true when the rule began to look
        change = replace(change, at=enrolment.since)
    return episode(site, enrolment, kind, change, noticed_at, late=late)


def episode(
    site: str,
    enrolment: Enrolment,
    kind: ChangeKind,
    change: Change,
    noticed_at: int,
    *,
    late: bool = False,
    ended_at: int | None = None,
) -> EpisodeChange:
    """A change of an episode, with all that its alert will say."""
    rule = enrolment.rule
    onset = kind in (ChangeKind.ONSET, ChangeKind.REVISED)
    urgent_late = rule.urgent and noticed_at - change.at > LATE_MS
    return EpisodeChange(
        site=site,
        home=enrolment.home,
        resident=enrolment.resident,
        subject=enrolment.subject,
        rule_name=rule.name,
        version=enrolment.version,
        mode=enrolment.mode,
        priority=Priority(rule.priority.value),
        kind=kind,
        onset_at=change.at if onset or change.onset is None else change.onset,
        noticed_at=noticed_at,
        since=change.since,
        ended_at=change.at if kind is ChangeKind.END else ended_at,
        evidence=tuple(
            Evidence(f"{one.node}", one.signal, one.place, one.at, one.x, one.order)
            for one in change.evidence
        ),
        title=rule.title,
        phrase=to_record(why(enrolment.plan, change)) if onset else None,
        guidance=rule.guidance,
        loud=enrolment.loud,
        late=late or urgent_late,
        tell_late_ms=rule.tell_late_ms,
        settles=not rule.momentary,
        held_until=change.held_until if onset else None,
        yields_to=rule.yields_to,
    )


def withdrawn(site: str, enrolment: Enrolment, at: int, *, consent: bool) -> EpisodeChange:
    """A rule no longer watches somebody: consent ended (it closes), or the rule was taken away."""
    return EpisodeChange(
        site=site,
        home=enrolment.home,
        resident=enrolment.resident,
        subject=enrolment.subject,
        rule_name=enrolment.rule.name,
        version=enrolment.version,
        mode=enrolment.mode,
        priority=Priority(enrolment.rule.priority.value),
        kind=ChangeKind.WITHDRAWN,
        onset_at=at,
        noticed_at=at,
        ended_at=at,
        settles=consent,
    )


def withdrawn_past(site: str, past: Past, at: int) -> EpisodeChange:
    """Recorded as open, but nothing watches it any more (found at a start)."""
    return EpisodeChange(
        site=site,
        home="",
        resident=None,
        subject=past.subject,
        rule_name=past.rule_name,
        version="",
        mode=past.mode,
        priority=Priority.TODAY,
        kind=ChangeKind.WITHDRAWN,
        onset_at=past.onset_at,
        noticed_at=at,
        ended_at=at,
        settles=False,
    )


def ended(site: str, enrolment: Enrolment, onset_at: int, at: int) -> EpisodeChange:
    """Recorded as open, but over by what is known now (found at a start)."""
    change = Change(enrolment.key, "end", at, at, at, onset_at)
    return episode(site, enrolment, ChangeKind.END, change, at)


def cannot_see(
    site: str, enrolment: Enrolment, at: int, *, active: bool, cause: str | None = None
) -> Technical | None:
    """A rule of absence cannot speak: said as what it is, never as absence."""
    if enrolment.mode is Mode.SHADOW:
        return None
    return Technical(
        "home-cannot-see",
        site,
        f"{enrolment.home}/{enrolment.rule.name}",
        at,
        active=active,
        home=enrolment.home,
        since=at,
        detail={"rule": enrolment.rule.title},
        cause=cause,
    )
