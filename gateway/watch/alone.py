"""Who lives alone in a home is covered by what its sensors cover. Pure.

Coverage is said when it changes. Where somebody moves in or out, who is covered changes and the
level does not: so it is said anew, else nobody would know until a sensor falls silent.
"""

from collections.abc import Iterable, Iterator
from operator import itemgetter

from gateway.registry import HomeEntry
from gateway.watch import subjects
from gateway.watch.coverage import Coverage

Said = tuple[str, str, int]  # subject, what is covered, level


class Alone:
    """Of all homes of one site, as rules were told last."""

    def __init__(self, known: dict[str, str | None] | None = None) -> None:
        self.known = known or {}  # home -> who

    def at(self, homes: Iterable[HomeEntry], coverage: Coverage, at: int) -> list[Said]:
        """What is to be said then: whoever moves is gone from one home, then in another."""
        told: list[Said] = []
        for home in homes:
            before, now = self.known.get(home.id), home.sole_occupant(at)
            if home.id in self.known and before != now:
                told += said_anew(coverage, home.id, before, now)
            self.known[home.id] = now
        return sorted(told, key=itemgetter(2))


def said_anew(coverage: Coverage, home: str, before: str | None, now: str | None) -> Iterator[Said]:
    """Where another person lives alone in a home, or nobody does."""
    for covered, x in coverage.levels(home):
        if before is not None:
            yield subjects.of_resident(before), covered, 0
        if now is not None:
            yield subjects.of_resident(now), covered, x
