"""The back-test driver: the same lanes, the same settling, over ordered readings of the past."""

from collections.abc import Callable, Iterable, Sequence

from rules.engine.episodes import Change, Episode
from rules.engine.lane import Lane, Run
from rules.engine.priming import prime
from rules.plan import Plan

Item = tuple[str, str, str, Plan]  # key, home, subject, plan
SubjectPoint = tuple[str, str, str | None, int, int, int]  # subject, signal, place, at, x, order

BATCH = 512


def replay(
    items: Sequence[Item],
    points: Iterable[SubjectPoint],
    zone: str,
    start: int,
    end: int,
    progress: Callable[[int], None] | None = None,
) -> list[Episode]:
    """Episodes of `items` within (start, end], ordered by onset, then key.

    `points` are sorted by time. Those at or before `start` (send at least each plan's look-back)
    only prime the rules. An episode still true at `start` begins there, as it does for a rule that
    goes live then. `progress` is called with the time reached. `zone` is the site's; a plan brings
    its own.
    """
    del zone
    lanes: dict[str, Lane] = {}
    runs: dict[str, list[Run]] = {}
    for key, home, subject, plan in items:
        runs.setdefault(subject, []).append(Run.fresh(key, home, subject, plan, start))
    past: list[SubjectPoint] = []
    changes: list[Change] = []
    ready = False
    for count, point in enumerate(points):
        if point[3] <= start:
            past.append(point)
            continue
        if not ready:
            lanes, ready = _begin(runs, past, start), True
        if point[3] > end:
            break
        _feed(lanes, point, changes)
        if progress is not None and count % 10_000 == 0:
            progress(point[3])
    if not ready:
        lanes = _begin(runs, past, start)
    for lane in lanes.values():
        lane.run_to(end, end, changes)
    return episodes(changes)


def _begin(runs: dict[str, list[Run]], past: list[SubjectPoint], start: int) -> dict[str, Lane]:
    lanes: dict[str, Lane] = {}
    for index, (subject, own) in enumerate(runs.items()):
        lane = lanes[subject] = Lane(subject, index, start)
        history = tuple(p[1:] for p in past if p[0] == subject)
        for run in own:
            if history:
                prime(run, lane, history, start + 1)
        lane.install(own, own, start)
    return lanes


def _feed(lanes: dict[str, Lane], point: SubjectPoint, changes: list[Change]) -> None:
    subject, signal, place, at, x, order = point
    lane = lanes.get(subject)
    if lane is None:
        return
    route = lane.route(signal, place)
    if route is None:
        return
    lane.add(at, order, x, route)
    if len(lane.agenda.waiting) >= BATCH:
        lane.run_to(at - 1, at - 1, changes)


def episodes(changes: Iterable[Change]) -> list[Episode]:
    """Pairs onsets with their ends; live changes may be given as well."""
    found: list[Episode] = []
    open_: dict[str, Change] = {}
    told: dict[str, int] = {}
    for change in changes:
        key = change.key
        if change.kind == "onset":
            open_[key] = change
            if change.held_until is None:
                told[key] = change.at
        elif change.kind == "told":
            told[key] = change.at
        elif change.kind == "end" and key in open_:
            found.append(_episode(open_.pop(key), change.at, told.pop(key, None)))
    found += [_episode(began, None, told.get(key)) for key, began in open_.items()]
    return sorted(found, key=lambda episode: (episode.onset, episode.key))


def _episode(began: Change, end: int | None, told: int | None) -> Episode:
    return Episode(began.key, began.at, end, began.since, began.evidence, told)
