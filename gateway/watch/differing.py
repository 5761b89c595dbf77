"""What a replay shows against what was recorded: only the difference is appended.

A new episode (late), another course of a known one, or a remark that one would not have been. What
was told stays told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from gateway.alerts.episodes import ChangeKind
from gateway.alerts.past import Past
from gateway.watch.enrolments import Enrolment
from gateway.watch.findings import Finding, cannot_see, episode, withdrawn
from gateway.watch.site import SiteWatch
from rules.engine.episodes import Change
from rules.engine.live import Engine


class Replayed(NamedTuple):
    """What a home's rules said when they ran again."""

    engine: Engine  # at the watermark
    start: int  # they ran from here
    changes: Sequence[Change]
    open_then: Mapping[str, tuple[int, int]]  # key -> (onset, since) of what was open at `start`


class _Course(NamedTuple):
    """One episode. `began` is None where that lies before the replay."""

    began: Change | None
    onset_at: int
    ended_at: int | None
    told_at: int | None  # when its rule spoke


def difference(
    watch: SiteWatch, enrolment: Enrolment, replayed: Replayed, past: Sequence[Past]
) -> list[Finding]:
    """What must be appended to `past` so that it says what was replayed of one rule."""
    rule = enrolment.rule.name, enrolment.subject, enrolment.mode
    left = [one for one in past if (one.rule_name, one.subject, one.mode) == rule]
    noticed = max(watch.known_at, watch.watermark)
    primed_at = max(replayed.start, enrolment.since)
    own = [change for change in replayed.changes if change.key == enrolment.key]
    found: list[Finding] = []
    for course in _courses(own, replayed.open_then.get(enrolment.key)):
        match = _match(left, course)
        if match is not None:
            left.remove(match)
            found += _revised(watch, enrolment, course, match, primed_at, noticed)
        elif course.began is not None:
            spoke = course.told_at is not None
            began = replace(course.began, held_until=None) if spoke else course.began
            ended_at = course.ended_at
            onset = episode(
                watch.id,
                enrolment,
                ChangeKind.ONSET,
                began,
                noticed,
                late=True,
                ended_at=ended_at,
            )
            found.append(replace(onset, told_at=course.told_at))
    gone = _gone(watch, enrolment, left, primed_at, noticed)
    return [*gone, *found, *_sight(watch, enrolment, replayed.engine)]


def _revised(
    watch: SiteWatch,
    enrolment: Enrolment,
    course: _Course,
    match: Past,
    primed_at: int,
    noticed: int,
) -> list[Finding]:
    """Another course of a known episode. Evidence stays where the onset was not seen again."""
    began = course.began
    # True when the rule began to look: it began when it was recorded to have begun.
    moved = began is not None and began.at > primed_at
    onset_at = course.onset_at if moved else match.onset_at
    found: list[Finding] = []
    if (onset_at, course.ended_at) != (match.onset_at, match.ended_at):
        shown = began or Change(enrolment.key, "onset", onset_at, noticed, onset_at, onset_at)
        change = episode(
            watch.id,
            enrolment,
            ChangeKind.REVISED,
            shown,
            noticed,
            late=True,
            ended_at=course.ended_at,
        )
        if began is None:
            change = replace(change, phrase=None)
        found.append(replace(change, onset_at=onset_at, revises=match.onset_at))
    if course.told_at is not None and not match.told and course.ended_at is None:
        at = course.told_at
        told = Change(enrolment.key, "told", at, noticed, at, onset_at)
        found.append(episode(watch.id, enrolment, ChangeKind.TOLD, told, noticed))
    return found


def _gone(
    watch: SiteWatch, enrolment: Enrolment, left: Iterable[Past], primed_at: int, noticed: int
) -> list[Finding]:
    """Recorded episodes that would not have been."""
    gone = withdrawn(watch.id, enrolment, noticed, consent=False)
    return [
        replace(
            gone,
            kind=ChangeKind.UNFOUNDED,
            onset_at=one.onset_at,
            revises=one.onset_at,
            late=True,
        )
        for one in left
        if one.onset_at > primed_at
    ]


def _sight(watch: SiteWatch, enrolment: Enrolment, engine: Engine) -> list[Finding]:
    """Whether a rule of absence can see, now that more is known."""
    state = engine.state_of(enrolment.key)
    was = watch.engine.state_of(enrolment.key)
    if not enrolment.rule.absence or state is None or was is None or state == was:
        return []
    (_, dark), (_, was_dark) = state, was
    if dark is was_dark:
        return []
    found = cannot_see(watch.id, enrolment, watch.watermark, active=dark)
    return [] if found is None else [found]


def _courses(changes: Sequence[Change], open_then: tuple[int, int] | None) -> list[_Course]:
    found: list[_Course] = []
    now = None if open_then is None else _Course(None, open_then[0], None, None)
    for change in changes:
        if change.kind == "onset":
            told_at = change.at if change.held_until is None else None
            now = _Course(change, change.at, None, told_at)
        elif change.kind == "told" and now is not None:
            now = now._replace(told_at=change.at)
        elif change.kind == "end" and now is not None:
            found.append(now._replace(ended_at=change.at))
            now = None
    return found if now is None else [*found, now]


def _match(left: Sequence[Past], course: _Course) -> Past | None:
    """The recorded episode that this one is: of the same onset, else one that overlaps it."""
    for one in left:
        if one.onset_at == course.onset_at:
            return one
    return next((one for one in left if _overlap(one, course.onset_at, course.ended_at)), None)


def _overlap(one: Past, onset_at: int, ended_at: int | None) -> bool:
    starts_before = ended_at is None or one.onset_at < ended_at
    ends_after = one.ended_at is None or one.ended_at > onset_at
    return starts_before and ends_after
