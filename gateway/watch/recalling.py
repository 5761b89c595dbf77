"""The past of one subject as the engine was fed it: for asking why, at any moment in history.

The same steps as a replay of late readings: what the store and the journal hold, whom it concerned
then, and the coverage it amounted to. Several homes where somebody moved within the look-back.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from devices.signals import CATALOGUE
from gateway.registry import Directory
from gateway.watch import replaying, subjects
from gateway.watch.enrolments import Enrolment
from gateway.watch.history import History
from gateway.watch.site import SiteWatch
from rules.engine.live import Point

HubLog = Sequence[tuple[int, str, bool]]  # at, hub, online


class Stay(NamedTuple):
    """A home whose readings could concern the subject, over [start, end)."""

    home: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the past is read from."""

    history: History
    directory: Directory
    consumed: int  # the journal's offset up to which rules were fed
    hubs: Callable[[str, str], HubLog]  # site, home
    gaps: Sequence[replaying.Span]  # when the gateway itself did not hear
    factor: float  # of silence


def stays_of(directory: Directory, enrolment: Enrolment, since: int, until: int) -> list[Stay]:
    """The homes of a subject from `since` to `until`."""
    if not enrolment.subject.startswith("resident:") or enrolment.resident is None:
        return [Stay(enrolment.home, since, until + 1)]
    person = directory.resident(enrolment.resident)
    assert person is not None
    found = [
        Stay(
            one.home,
            max(since, one.from_at),
            until + 1 if one.to_at is None else min(until + 1, one.to_at),
        )
        for one in person.occupancies
    ]
    return [one for one in found if one.start < one.end]


def recall(
    sources: Sources,
    site: str,
    enrolments: Sequence[Enrolment],
    at: int,
    since: int | None = None,
) -> list[Point]:
    """Everything that determined what rules of one subject said at `at`, and from `since` on if
    that is earlier; in order.
    """
    first = at if since is None else min(since, at)
    start = first - replaying.reach(enrolments)
    found: list[tuple[int, int, Point]] = []
    for stay in stays_of(sources.directory, enrolments[0], start, at):
        found += _of_home(sources, site, enrolments, stay, at)
    found.sort(key=itemgetter(0, 1))
    return [point for _, _, point in found]


def _of_home(
    sources: Sources, site: str, enrolments: Sequence[Enrolment], stay: Stay, at: int
) -> list[tuple[int, int, Point]]:
    directory, subject = sources.directory, enrolments[0].subject
    watch = SiteWatch(directory.sites[site], sources.factor, at)
    watch.use(directory, at)
    watch.enrol({one.key: one for one in enrolments}, lambda _changed, _before: None)
    watch.hub_log[stay.home] = list(sources.hubs(site, stay.home))
    wanted = {ref.signal for one in enrolments for ref in one.rule.uses}
    seen = sources.history.home(
        site,
        stay.home,
        stay.start,
        sources.consumed,
        min(stay.end, at + 1),
        () if watch.covered else tuple(sorted(wanted)),
    )
    points = replaying.points_of(watch, directory, stay.home, seen, sources.gaps)
    return [
        (one.at, one.order, (one.signal, one.place, one.at, one.x, one.order))
        for one in points
        if one.subject == subject and one.at <= at and one.signal in wanted
    ]


def next_reading(sources: Sources, site: str, enrolment: Enrolment, at: int) -> int | None:
    """When the rule was next told anything after `at`."""
    signals = own_signals(enrolment)
    width = 60 * 60_000
    start = at + 1
    while width <= FARTHEST:
        for stay in stays_of(sources.directory, enrolment, start, start + width):
            seen = sources.history.home(
                site, stay.home, stay.start, sources.consumed, stay.end, signals
            )
            for one in seen:
                sole = None
                if one.resident is None:
                    sole = subjects.sole_of(sources.directory, site, stay.home, one.device, one.at)
                whom = subjects.concerned(site, stay.home, one.resident, sole, one.signal)
                if enrolment.subject in whom:
                    return one.at
        start += width + 1
        width *= 8
    return None


def last_reading(points: Iterable[Point], at: int) -> int | None:
    """When it was last told anything before `at`."""
    return max(
        (point[2] for point in points if point[2] < at and not CATALOGUE[point[0]].by_gateway),
        default=None,
    )


def own_signals(enrolment: Enrolment) -> tuple[str, ...]:
    """The signals that devices send and the rule reads."""
    named = {ref.signal for ref in enrolment.rule.uses}
    return tuple(sorted(name for name in named if not CATALOGUE[name].by_gateway))


FARTHEST = 40 * 86_400_000  # how far ahead a next reading is looked for, at most
