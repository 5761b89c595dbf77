"""What several devices say of one state of one place: which of their words a rule hears. Pure.

A house is open while one of its doors is, a kitchen burns while one of its detectors says so. So an
ordinary word ("closed") is heard only where no other device still says the other one ("open"): of
those at the same place by rules that name the place, of all devices by rules that name none. The
other word is always heard. What a rule takes are readings, each with its own time: nothing is made
up, and a state is as old as the last reading of it that counted.

A word counts until its device says another, stands elsewhere, or was silent for a week.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from devices.signals import CATALOGUE

PREVAILING = frozenset(name for name, signal in CATALOGUE.items() if signal.prevails)
MEMORY_MS = 7 * 86_400_000  # so long a device that fell silent keeps its last word
ALONE = "="  # before a place: heard by rules that name it, and by no other

Stands = Callable[[str, str | None, int], bool]  # device, place, moment: whether it stands there
Saved = tuple[str, str, str | None, int, int, int]  # signal, device, place, at, order, x


class Word(NamedTuple):
    """What a device last said."""

    place: str | None
    at: int
    order: int
    x: int


class Words:
    """The last words of one subject's devices, in the order of time."""

    __slots__ = ("_of",)

    def __init__(self, saved: Iterable[Saved] = ()) -> None:
        self._of: dict[str, dict[str, Word]] = {}  # signal, device
        for signal, device, place, at, order, x in saved:
            self._of.setdefault(signal, {})[device] = Word(place, at, order, x)

    def remember(self, signal: str, device: str, word: Word) -> None:
        """What it said, unless it is known to have said something since."""
        known = self._of.setdefault(signal, {})
        before = known.get(device)
        if before is None or (before.at, before.order) < (word.at, word.order):
            known[device] = word

    def hear(self, signal: str, device: str, word: Word, stands: Stands) -> tuple[str | None, ...]:
        """A device says something. The place at which that is heard, as `hears` takes it; empty: it
        is not heard at all.
        """
        self.remember(signal, device, word)
        known = self._of[signal]
        if len(known) == 1:
            return (word.place,)  # the common case: there is one
        others = [
            one.place
            for name, one in known.items()
            if name != device
            and one.x > word.x
            and one.at > word.at - MEMORY_MS
            and stands(name, one.place, word.at)
        ]
        return heard_at(word.place, others)

    def saved(self) -> list[Saved]:
        """To be kept; the same for the same words."""
        return [
            (signal, device, *own[device])
            for signal, own in sorted(self._of.items())
            for device in sorted(own)
        ]


def heard_at(place: str | None, others: Iterable[str | None]) -> tuple[str | None, ...]:
    """Where an ordinary word of `place` is heard while at `others` it is said to be otherwise."""
    places = set(others)
    if not places:
        return (place,)
    if place is None or place in places:
        return ()
    return (ALONE + place,)


def hears(wanted: str | None, place: str | None) -> bool:
    """Whether a source of a rule (`wanted` None: wherever) hears what was said at `place`."""
    if place is not None and place.startswith(ALONE):
        return wanted == place[len(ALONE) :]
    return wanted is None or wanted == place


def shown(place: str | None) -> str | None:
    """A place as people know it."""
    return None if place is None else place.removeprefix(ALONE)
