"""Derived signals of one resident over some days: named expressions, computed when asked.

Time in bed, visits to the bathroom, a door left open: what rules call by name is shown under the
same name, from the same definition, by the same engine. Nothing of it is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from devices.signals import CATALOGUE
from gateway.alerts.episodes import Mode
from gateway.registry import SiteEntry
from gateway.watch import subjects
from gateway.watch.enrolments import Enrolment
from gateway.watch.recalling import Sources, recall
from rules.almanac import Almanac
from rules.engine.lane import matches
from rules.engine.live import Point
from rules.file.named import NAMED
from rules.file.naming import Named
from rules.plan import Plan
from rules.why.course import Turn, over

SCORES = frozenset({"points", "score"})


@dataclass(frozen=True, slots=True)
class Derived:
    """One named expression and how it went."""

    named: Named
    plan: Plan
    turns: tuple[Turn, ...]  # the answer at the start, then each change


def derive(
    sources: Sources, site: SiteEntry, home: str, resident: str, start: int, at: int
) -> list[Derived]:
    """Every named expression whose signals were heard at all, from `start` to `at`."""
    almanac = Almanac(site.zone, site.holidays)
    subject = subjects.of_resident(resident)
    plans = {name: NAMED[name].plan(almanac) for name in shown_names()}
    enrolments = [
        Enrolment(name, home, subject, resident, made.rule.version, Mode.SHADOW, made)
        for name, made in plans.items()
    ]
    points = recall(sources, site.id, enrolments, at, start)
    found = []
    for name, made in plans.items():
        own = [point for point in points if _reads(made, point)]
        if _heard(own):
            found.append(Derived(NAMED[name], made, over(made, own, start, at)))
    return found


@lru_cache(maxsize=1)
def shown_names() -> tuple[str, ...]:
    """What is shown of how days went: no scores, which are for rules and who judges them."""
    return tuple(
        name
        for name, named in NAMED.items()
        if not any(node.operator.word in SCORES for node in named.tree.walk())
    )


def _reads(made: Plan, point: Point) -> bool:
    return any(matches(ref, point[0], point[1]) for ref in made.rule.uses)


def _heard(points: Sequence[Point]) -> bool:
    """Whether anything of it was measured: a home without a bed sensor shows no time in bed."""
    return any(not CATALOGUE[point[0]].by_gateway for point in points)
