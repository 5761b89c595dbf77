"""What several devices of a home say of one state, made into what rules are told. Pure.

Readings of such states (`rules.places.PREVAILING`) wait here until the site's clock has passed
them, so that what was said is weighed in the order of time, whatever came first. One list of words
for each subject and home: what somebody is told of is what counts for them.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import Any, NamedTuple

from gateway.registry import Directory
from gateway.watch.history import Seen
from rules.places import PREVAILING, Word, Words

__all__ = ["PREVAILING", "Said", "States"]


class Said(NamedTuple):
    """One reading of a state, for one subject; in the order in which they are weighed."""

    at: int
    order: int
    subject: str
    home: str
    signal: str
    device: str
    place: str | None
    x: int

    @classmethod
    def to(cls, subject: str, home: str, one: Seen) -> "Said":
        """One of those whom a reading of that home concerns."""
        return cls(one.at, one.order, subject, home, one.signal, one.device, one.place, one.x)


class Told(NamedTuple):
    """The same, where it is heard."""

    at: int
    order: int
    subject: str
    signal: str
    place: str | None  # as `rules.places.hears` takes it
    x: int


class _Stands:
    """Whether a device stands at a place of a home, by the registry."""

    __slots__ = ("_directory", "_site", "home")

    def __init__(self, directory: Directory, site: str) -> None:
        self._directory, self._site = directory, site
        self.home = ""

    def __call__(self, device: str, place: str | None, at: int) -> bool:
        entry = self._directory.device(self._site, self.home, device)
        return entry is not None and entry.stands(place, at)


class States:
    """Of all subjects of one site (or of one home, in a replay)."""

    def __init__(self, site: str) -> None:
        self.site = site
        self._queue: list[Said] = []
        self._words: dict[str, dict[str, Words]] = {}  # home, subject

    def hear(self, one: Said) -> None:
        """A reading that is later than what was advanced to."""
        heappush(self._queue, one)

    def hear_again(self, readings: Iterable[Said], advanced: int) -> None:
        """Of the past: what is later than `advanced` waits, unless it does already."""
        waiting = set(self._queue)
        for one in readings:
            if one.at <= advanced:
                words = self._of(one.home, one.subject)
                words.remember(one.signal, one.device, _word(one))
            elif one not in waiting:
                self.hear(one)

    def advance(self, to: int, directory: Directory) -> Iterator[Told]:
        """What rules are told at or before `to`, in the order of time."""
        queue, stands = self._queue, _Stands(directory, self.site)
        while queue and queue[0].at <= to:
            one = heappop(queue)
            stands.home = one.home
            words = self._of(one.home, one.subject)
            for place in words.hear(one.signal, one.device, _word(one), stands):
                yield Told(one.at, one.order, one.subject, one.signal, place, one.x)

    def _of(self, home: str, subject: str) -> Words:
        known = self._words.get(home)
        if known is None:
            known = self._words[home] = {}
        words = known.get(subject)
        if words is None:
            words = known[subject] = Words()
        return words

    def of_home(self, home: str) -> list[Any]:
        """What was last said in one home, in the form of a dump; nothing that waits."""
        known = self._words.get(home, {})
        return [(subject, home, words.saved()) for subject, words in known.items()]

    def adopt(self, saved: Iterable[Any]) -> None:
        """What a replay found, as of the same moment, joins what was known: the newest counts, and
        a replay may have looked back less far.
        """
        for subject, home, words in saved:
            known = self._of(home, subject)
            for signal, device, *word in words:
                known.remember(signal, device, Word(*word))

    def dump(self) -> dict[str, Any]:
        """For a snapshot."""
        words = [one for home in self._words for one in self.of_home(home)]
        return {"queue": self._queue, "words": words}

    def restore(self, dumped: dict[str, Any]) -> None:
        """From a snapshot."""
        self._queue = [Said(*one) for one in dumped["queue"]]
        self.adopt(dumped["words"])


def _word(one: Said) -> Word:
    return Word(one.place, one.at, one.order, one.x)
