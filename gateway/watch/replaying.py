"""Looking back: priming a rule from the past, and replaying a home that was heard late.

A replay runs the very engine over all that is known by now, from before the late reading up to the
watermark, and appends the difference to what was recorded: a new episode (late), another course of
a known one, or a remark that one would not have been. Then the replayed state takes the place of
the running one, so that what follows is as if everything had come in time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import NamedTuple

from gateway.alerts.episodes import ChangeKind
from gateway.alerts.past import Past
from gateway.registry import Directory
from gateway.watch import subjects
from gateway.watch.coverage import EVENT_HOLD_MS, Coverage
from gateway.watch.enrolments import Enrolment
from gateway.watch.findings import Finding, cannot_see, episode, withdrawn
from gateway.watch.history import History, Seen
from gateway.watch.site import SiteWatch
from rules.episodes import Change
from rules.lane import matches
from rules.live import Engine, Point

Span = tuple[int, int | None]  # when the gateway did not hear, site's clock


class SubjectPoint(NamedTuple):
    """One reading (or level) for one subject, in the order in which engines take them."""

    at: int
    order: int
    subject: str
    signal: str
    place: str | None
    x: int


def points_of(
    watch: SiteWatch, directory: Directory, home: str, seen: Sequence[Seen], gaps: Iterable[Span]
) -> list[SubjectPoint]:
    """Readings of a home and the coverage they amount to, up to the watermark and beyond it."""
    found: list[SubjectPoint] = []
    coverage = Coverage()
    for one in seen:
        sole = None
        if one.resident is None:
            sole = subjects.sole_of(directory, watch.id, home, one.device, one.at)
        found += [
            SubjectPoint(one.at, one.order, subject, one.signal, one.place, one.x)
            for subject in subjects.concerned(watch.id, home, one.resident, sole, one.signal)
        ]
        watch.cover(coverage, directory.device(watch.id, home, one.device), one.signal, one.at)
    for begins_at, ends_at in gaps:
        coverage.gap(begins_at, begins=True)
        if ends_at is not None:
            coverage.gap(ends_at, begins=False)
    for at, hub, online in watch.hub_log.get(home, ()):
        coverage.hub(home, hub, at, online=online)
    found += [
        SubjectPoint(level.at, 0, subject, "coverage", level.signal, level.x)
        for level in coverage.advance(watch.watermark)
        for subject in watch.told_of(level)
    ]
    found.sort(key=itemgetter(0, 1))
    return found


def reach(enrolments: Iterable[Enrolment]) -> int:
    """How far before a moment the past matters to these rules, ms."""
    return max((one.plan.lookback_ms for one in enrolments), default=0) + EVENT_HOLD_MS


def prime(
    watch: SiteWatch,
    directory: Directory,
    history: History | None,
    changed: Mapping[str, Enrolment],
    before: Mapping[str, Enrolment],
    upto: int,
    gaps: Sequence[Span],
) -> None:
    """Enrol what changed, its states primed from the past without a word.

    `before`: what was enrolled; `upto`: the journal's offset that was consumed. Without `history`
    (nothing was ever consumed, or the past cannot be read now) rules begin with empty hands.
    """
    of_home: dict[str, list[Enrolment]] = {}
    for one in changed.values():
        of_home.setdefault(one.home, []).append(one)
    for home, enrolments in of_home.items():
        points: list[SubjectPoint] = []
        if history is not None and upto > 0:
            start = watch.watermark - reach(enrolments)
            seen = history.home(watch.id, home, start, upto)
            points = points_of(watch, directory, home, seen, gaps)
            for row in seen:
                device = directory.device(watch.id, home, row.device)
                watch.cover(watch.coverage, device, row.signal, row.at)
        enrol(watch.engine, enrolments, points)
        _feed_again(watch, enrolments, points, before)
    for level in watch.coverage.advance(watch.watermark):
        del level  # in the primed past already


def enrol(engine: Engine, enrolments: Iterable[Enrolment], points: Iterable[SubjectPoint]) -> None:
    """From the engine's watermark on, primed with what of `points` lies up to it."""
    at = engine.watermark
    past: dict[str, list[Point]] = {}
    for one in points:
        if one.at > at:
            break
        # The engine primes with what lies before the instant of enrolment. That instant is closed
        # already, so its readings count as the past, a millisecond earlier.
        when = min(one.at, at - 1)
        past.setdefault(one.subject, []).append((one.signal, one.place, when, one.x, one.order))
    for rule in enrolments:
        history = past.get(rule.subject, ())
        engine.enrol(rule.key, rule.home, rule.subject, rule.plan, at, history)


def _feed_again(
    watch: SiteWatch,
    enrolments: list[Enrolment],
    points: list[SubjectPoint],
    before: Mapping[str, Enrolment],
) -> None:
    """Readings beyond the watermark that came when no rule wanted them."""
    whom = {one.subject for one in enrolments}
    kept = [one for key, one in before.items() if key in watch.enrolled and one.subject in whom]
    for one in points:
        if one.at <= watch.watermark or one.subject not in whom or one.signal == "coverage":
            continue
        buffered = any(
            old.subject == one.subject and matches(ref, one.signal, one.place)
            for old in kept
            for ref in old.rule.uses
        )
        if not buffered:
            watch.engine.feed(one.subject, one.signal, one.place, one.at, one.x, one.order)


class Replay(NamedTuple):
    """What a replay found; `engine` knows the home's subjects at the watermark."""

    engine: Engine
    subjects: frozenset[str]
    findings: list[Finding]


def replay(
    watch: SiteWatch,
    directory: Directory,
    history: History,
    home: str,
    past: Sequence[Past],
    upto: int,
    gaps: Sequence[Span],
) -> Replay | None:
    """Run a home again from before its earliest late reading; None: no rule watches it.

    `past`: recorded episodes of its subjects that overlap or follow that reading.
    """
    enrolments = [one for one in watch.enrolled.values() if one.home == home]
    if not enrolments:
        return None
    start = begin(watch.late[home], past)
    seen = history.home(watch.id, home, start - reach(enrolments), upto)
    points = points_of(watch, directory, home, seen, gaps)
    engine = _run(watch.site.zone, start, enrolments, points)
    changes = engine.advance(watch.watermark)
    findings: list[Finding] = []
    for enrolment in enrolments:
        own = [change for change in changes if change.key == enrolment.key]
        known = [
            one
            for one in past
            if (one.rule_name, one.subject, one.mode)
            == (enrolment.rule.name, enrolment.subject, enrolment.mode)
        ]
        findings += _difference(watch, enrolment, own, known, start)
        findings += _sight(watch, enrolment, engine)
    return Replay(engine, frozenset(one.subject for one in enrolments), findings)


def _run(
    zone: str, start: int, enrolments: Sequence[Enrolment], points: Sequence[SubjectPoint]
) -> Engine:
    """An engine fed with the past, each rule in force from when it was."""
    engine = Engine(zone, start)
    stages = sorted({max(start, one.since - 1) for one in enrolments})
    for stage, following in zip(stages, [*stages[1:], None], strict=True):
        engine.advance(stage)
        own = [one for one in enrolments if max(start, one.since - 1) == stage]
        enrol(engine, own, points)
        for one in points:
            if one.at > stage and (following is None or one.at <= following):
                engine.feed(one.subject, one.signal, one.place, one.at, one.x, one.order)
    return engine


def begin(late: int, past: Iterable[Past]) -> int:
    """Just before the late reading, and before any recorded episode that was open then."""
    open_then = [
        one.onset_at for one in past if one.onset_at <= late and (one.ended_at or late) >= late
    ]
    return min([late, *open_then]) - 1


class _Course(NamedTuple):
    began: Change
    ended_at: int | None


def _difference(
    watch: SiteWatch,
    enrolment: Enrolment,
    changes: Sequence[Change],
    known: Sequence[Past],
    start: int,
) -> list[Finding]:
    """What must be appended to `known` so that it says what `changes` say."""
    left = list(known)
    found: list[Finding] = []
    noticed = max(watch.known_at, watch.watermark)
    primed_at = max(start, enrolment.since)
    for began, ended_at in _courses(changes):
        match = _match(left, began.at, ended_at)
        if match is None:
            found.append(
                episode(
                    watch.id,
                    enrolment,
                    ChangeKind.ONSET,
                    began,
                    noticed,
                    late=True,
                    ended_at=ended_at,
                )
            )
            continue
        left.remove(match)
        # True when the rule began to look: it began when it was recorded to have begun.
        onset_at = match.onset_at if began.at <= primed_at else began.at
        if (onset_at, ended_at) != (match.onset_at, match.ended_at):
            change = episode(
                watch.id,
                enrolment,
                ChangeKind.REVISED,
                began,
                noticed,
                late=True,
                ended_at=ended_at,
            )
            found.append(replace(change, onset_at=onset_at, revises=match.onset_at))
    return [*_gone(watch, enrolment, left, primed_at, noticed), *found]


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


def _courses(changes: Sequence[Change]) -> list[_Course]:
    found: list[_Course] = []
    began: Change | None = None
    for change in changes:
        if change.kind == "onset":
            began = change
        elif change.kind == "end" and began is not None:
            found.append(_Course(began, change.at))
            began = None
    if began is not None:
        found.append(_Course(began, None))
    return found


def _match(left: Sequence[Past], onset_at: int, ended_at: int | None) -> Past | None:
    """The recorded episode that this one is: of the same onset, else one that overlaps it."""
    for one in left:
        if one.onset_at == onset_at:
            return one
    return next((one for one in left if _overlap(one, onset_at, ended_at)), None)


def _overlap(one: Past, onset_at: int, ended_at: int | None) -> bool:
    starts_before = ended_at is None or one.onset_at < ended_at
    ends_after = one.ended_at is None or one.ended_at > onset_at
    return starts_before and ends_after
