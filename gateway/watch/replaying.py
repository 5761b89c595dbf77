"""Looking back: priming a rule from the past, and replaying a home that was heard late.

A replay runs the very engine again, from the newest checkpoint before the late reading, or where
there is none from the store, up to the watermark, and appends the difference to what was recorded.
Then the replayed state takes the place of the running one, so that what follows is as if everything
had come in time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from gateway.alerts.past import Past, Whose
from gateway.registry import Directory
from gateway.watch import subjects
from gateway.watch.alone import said_anew
from gateway.watch.coverage import Coverage
from gateway.watch.differing import Replayed, difference
from gateway.watch.enrolments import Enrolment
from gateway.watch.findings import Finding
from gateway.watch.history import History, Seen
from gateway.watch.recent import Checkpoint, Recent
from gateway.watch.sensors import before_ms
from gateway.watch.site import SiteWatch
from gateway.watch.states import PREVAILING, Said, States
from rules.engine.lane import matches
from rules.engine.live import Engine, Point

COVERAGE = "coverage"

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
    coverage, states = Coverage(), States(watch.id)
    found = _hear(watch, directory, home, seen, gaps, coverage, states)
    found += _levels(watch, directory, home, coverage, -1, watch.watermark)
    found += _states(states, directory, watch.watermark)
    found.sort(key=itemgetter(0, 1))
    return found


def _hear(
    watch: SiteWatch,
    directory: Directory,
    home: str,
    seen: Sequence[Seen],
    gaps: Iterable[Span],
    coverage: Coverage,
    states: States,
    after: int = -1,
) -> list[SubjectPoint]:
    """Whom readings concern, and what they say of coverage and to `states`. `after`: all before it
    is known to both.
    """
    found: list[SubjectPoint] = []
    for one in seen:
        for subject in _whom(watch, directory, home, one):
            if one.signal in PREVAILING:
                states.hear(Said.to(subject, home, one))
            else:
                found.append(SubjectPoint(one.at, one.order, subject, one.signal, one.place, one.x))
        watch.cover(coverage, directory.device(watch.id, home, one.device), one.signal, one.at)
    for begins_at, ends_at in gaps:
        if ends_at is not None and ends_at <= after:
            continue
        coverage.gap(max(begins_at, after + 1), begins=True)
        if ends_at is not None:
            coverage.gap(ends_at, begins=False)
    for at, hub, online in watch.hub_log.get(home, ()):
        if at > after:
            coverage.hub(home, hub, at, online=online)
    return found


def _whom(watch: SiteWatch, directory: Directory, home: str, one: Seen) -> tuple[str, ...]:
    sole = None
    if one.resident is None:
        sole = subjects.sole_of(directory, watch.id, home, one.device, one.at)
    return subjects.concerned(watch.id, home, one.resident, sole, one.signal)


def _states(states: States, directory: Directory, to: int) -> list[SubjectPoint]:
    """What is told of states up to `to`; what is later waits with what came live."""
    return [SubjectPoint(*told) for told in states.advance(to, directory)]


def _levels(
    watch: SiteWatch, directory: Directory, home: str, coverage: Coverage, after: int, to: int
) -> list[SubjectPoint]:
    """Coverage over (after, to] as it changes, and as it is said anew where somebody moves."""
    entry = directory.home(watch.id, home)
    stays = () if entry is None else entry.occupancies
    moves = {at for stay in stays for at in (stay.from_at, stay.to_at) if at is not None}
    found: list[SubjectPoint] = []

    def advance(until: int) -> None:
        for level in coverage.advance(until):
            for subject in watch.told_of(level):
                found.append(SubjectPoint(level.at, 0, subject, COVERAGE, level.of, level.x))

    for at in sorted(one for one in moves if after < one <= to):
        advance(at - 1)
        assert entry is not None
        before, now = entry.sole_occupant(at - 1), entry.sole_occupant(at)
        if before != now:
            found += [
                SubjectPoint(at, 0, subject, COVERAGE, covered, x)
                for subject, covered, x in said_anew(coverage, home, before, now)
            ]
    advance(to)
    return found


def reach(enrolments: Iterable[Enrolment]) -> int:
    """How far before a moment the past matters to these rules, ms."""
    return max((one.plan.lookback_ms + before_ms(one.rule) for one in enrolments), default=0)


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
            said = [
                Said.to(subject, home, row)
                for row in seen
                if row.signal in PREVAILING
                for subject in _whom(watch, directory, home, row)
            ]
            watch.states.hear_again(said, watch.watermark)
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
        point = (one.signal, one.place, one.at, one.x, one.order)
        past.setdefault(one.subject, []).append(point)
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
        if one.at <= watch.watermark or one.subject not in whom or one.signal == COVERAGE:
            continue  # states are never among what is later: they wait on their own
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
    coverage: dict[str, Any]  # of the home, as of the watermark
    states: list[Any]  # the same
    findings: list[Finding]


class Told(NamedTuple):
    """What is recorded of a home's rules."""

    past: Sequence[Past]  # episodes that were open at `back_to`, or began later
    last: Callable[[int], Mapping[Whose, int]]  # (at) -> when each rule had told one last, by then


def back_to(watch: SiteWatch, home: str) -> int:
    """From where on what is recorded of a home will be compared."""
    late = watch.late[home]
    checkpoint = watch.recents.of(home).before(late)
    return late - 1 if checkpoint is None else checkpoint.at


def replay(
    watch: SiteWatch,
    directory: Directory,
    history: History,
    home: str,
    told: Told,
    upto: int,
    gaps: Sequence[Span],
) -> Replay | None:
    """Run a home again from before its earliest late reading; None: no rule watches it."""
    enrolments = [one for one in watch.enrolled.values() if one.home == home]
    if not enrolments:
        return None
    late, recent = watch.late[home], watch.recents.of(home)
    checkpoint = recent.before(late)
    coverage = Coverage() if checkpoint is None else Coverage.restore(checkpoint.coverage)
    states = States(watch.id)
    states.adopt(() if checkpoint is None else checkpoint.states)
    if checkpoint is None:
        start = begin(late, told.past)
        seen = history.home(watch.id, home, start - reach(enrolments), upto)
        points = _hear(watch, directory, home, seen, gaps, coverage, states)
    else:
        start = checkpoint.at
        seen = recent.seen(start)
        points = _hear(watch, directory, home, seen, gaps, coverage, states, start)
    after = -1 if checkpoint is None else start
    points += _levels(watch, directory, home, coverage, after, late - 1)
    points += _states(states, directory, late - 1)
    known_before = coverage.of_home(home), states.of_home(home)
    points += _levels(watch, directory, home, coverage, late - 1, watch.watermark)
    points += _states(states, directory, watch.watermark)
    points.sort(key=itemgetter(0, 1))
    if checkpoint is None:
        replayed = _from_store(watch, start, enrolments, points, told)
    else:
        replayed = _from_checkpoint(watch, checkpoint, enrolments, points)
    changes = [*replayed.changes, *replayed.engine.advance(late - 1)]
    known = _checkpoint(replayed.engine, late - 1, enrolments, known_before, recent)
    changes += replayed.engine.advance(watch.watermark)
    _remember(recent, late, known, seen, anew=checkpoint is None, known_at=watch.known_at)
    replayed = replayed._replace(changes=changes)
    findings: list[Finding] = []
    for one in enrolments:
        findings += difference(watch, one, replayed, told.past)
        if (at := watch.engine.told_at(one.key)) is not None:
            replayed.engine.remember_told(one.key, at)  # what was told stays told
    whom = frozenset(one.subject for one in enrolments)
    return Replay(replayed.engine, whom, coverage.of_home(home), states.of_home(home), findings)


def begin(late: int, past: Iterable[Past]) -> int:
    """Just before the late reading, and before any recorded episode that was open then."""
    open_then = [
        one.onset_at for one in past if one.onset_at <= late and (one.ended_at or late) >= late
    ]
    return min([late, *open_then]) - 1


def _from_store(
    watch: SiteWatch,
    start: int,
    enrolments: Sequence[Enrolment],
    points: Sequence[SubjectPoint],
    told: Told,
) -> Replayed:
    """An engine fed with the past, each rule in force from when it was."""
    engine = Engine(watch.site.zone, start, watch.engine.make)
    changes = []
    last = told.last(start)
    stages = sorted({max(start, one.since - 1) for one in enrolments})
    for stage, following in zip(stages, [*stages[1:], None], strict=True):
        changes += engine.advance(stage)
        own = [one for one in enrolments if max(start, one.since - 1) == stage]
        enrol(engine, own, points)
        for rule in own:
            if (at := last.get((rule.rule.name, rule.subject, rule.mode))) is not None:
                engine.remember_told(rule.key, at)
        for one in points:
            if one.at > stage and (following is None or one.at <= following):
                engine.feed(one.subject, one.signal, one.place, one.at, one.x, one.order)
    return Replayed(engine, start, changes, {})


def _from_checkpoint(
    watch: SiteWatch,
    checkpoint: Checkpoint,
    enrolments: Sequence[Enrolment],
    points: Sequence[SubjectPoint],
) -> Replayed:
    """An engine that knows what was known then, and is fed what is known to have followed."""
    plans = {one.key: one.plan for one in enrolments}
    engine = Engine.restore(checkpoint.engine, plans, watch.engine.make)
    engine.recall(watch.engine)
    open_then = {
        one.key: known for one in enrolments if (known := engine.open_episode(one.key)) is not None
    }
    for one in points:
        engine.feed(one.subject, one.signal, one.place, one.at, one.x, one.order)
    return Replayed(engine, checkpoint.at, (), open_then)


def _checkpoint(
    engine: Engine,
    at: int,
    enrolments: Sequence[Enrolment],
    heard: tuple[dict[str, Any], list[Any]],  # coverage, states
    recent: Recent,
) -> Checkpoint | None:
    """Just before the late reading: the next one that comes as late goes back to here."""
    if engine.watermark != at:
        return None  # a rule came later
    since = min([at, *(one.at for one in recent.checkpoints)])
    known = engine.checkpoint(sorted({one.subject for one in enrolments}), since)
    return None if known is None else Checkpoint(at, known, *heard)


def _remember(
    recent: Recent,
    late: int,
    before: Checkpoint | None,
    seen: Sequence[Seen],
    *,
    anew: bool,
    known_at: int,
) -> None:
    if not anew:
        recent.replayed(late)
        if before is not None:
            recent.keep(before)
    elif before is not None:
        recent.begin(before, [one for one in seen if one.at > before.at])
    else:
        recent.clear(known_at)
