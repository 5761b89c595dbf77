"""A home's last hours: graded checkpoints, and every reading since the oldest of them.

A late reading makes its home run again from the newest checkpoint before it, so what lateness
costs grows with how late it is, not with how much history a rule needs. Checkpoints lie close
together where they are young and ever farther apart (one for each doubling of age), are taken when
something is heard of the home, and cost about 3 kB each. They are a cache: not kept over a
restart, and dropped when the home's rules, people or devices change. Without one, the past is read
from the store, and that replay leaves a checkpoint behind.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from devices.reading import Reading
from gateway.watch.history import Seen

EVERY_MS = 15 * 60_000  # between two checkpoints, site's clock
YOUNGEST_MS = 60_000  # ages up to this count as one
OLDEST_MS = 6 * 3_600_000
SILENT = 99  # grade of what is older
MOST = 2_000  # readings of one home


class Checkpoint(NamedTuple):
    """Everything that is known of a home's subjects at `at`, when all up to it was settled."""

    at: int
    engine: bytes  # `Engine.checkpoint`
    coverage: dict[str, Any]  # `Coverage.of_home`
    states: list[Any]  # `States.of_home`


class Recent:
    """Of one home."""

    __slots__ = ("_past", "_readings", "checkpoints", "due")

    def __init__(self, due: int) -> None:
        """`due`: no reading so far is later, so that from then on none is missed."""
        self.checkpoints: list[Checkpoint] = []  # oldest first
        self.due = due  # the watermark at which the next is to be taken
        self._past: list[Seen] = []  # read from the store by a replay
        self._readings: list[Reading] = []  # in the order in which they came

    def take(self, reading: Reading) -> None:
        """One more that is later than some checkpoint, be it one that is still to be taken."""
        self._readings.append(reading)
        if len(self._readings) > MOST:
            self._shorten()

    def keep(self, one: Checkpoint) -> None:
        """A checkpoint; those that lie too close together for their age are dropped."""
        known = sorted([*self.checkpoints, one], key=lambda each: -each.at)
        graded: dict[int, Checkpoint] = {}
        for each in known:
            age = known[0].at - each.at
            if age > OLDEST_MS:  # what a home was before it fell silent for long
                graded.setdefault(SILENT, each)
            else:
                graded[(age // YOUNGEST_MS).bit_length()] = each  # the oldest of its grade
        self.checkpoints = sorted(graded.values(), key=lambda each: each.at)
        self.due = max(self.due, one.at + EVERY_MS)
        self._forget_before(self.checkpoints[0].at)

    def before(self, at: int) -> Checkpoint | None:
        """The newest checkpoint at which a reading of `at` had still to come."""
        return next((one for one in reversed(self.checkpoints) if one.at < at), None)

    def seen(self, after: int) -> list[Seen]:
        """All readings later than `after`, in order. `after`: of a checkpoint."""
        found = [one for one in self._past if one.at > after]
        found += [Seen.of(one) for one in self._readings if one.at > after]
        found.sort()
        return found

    def replayed(self, late: int) -> None:
        """Checkpoints from `late` on lack what came late."""
        self.checkpoints = [one for one in self.checkpoints if one.at < late]
        if self.checkpoints:
            self.due = 0

    def begin(self, one: Checkpoint, past: Iterable[Seen]) -> None:
        """Anew, from a replay that read the store: `past` is everything later than it."""
        past = list(past)
        self.checkpoints, self._readings, self._past = [], [], []
        if len(past) <= MOST:
            self.checkpoints, self._past = [one], past
        self.due = 0

    def clear(self, due: int) -> None:
        """Its rules, people or devices are others now. `due`: no reading so far is later."""
        self.checkpoints, self._past, self._readings = [], [], []
        self.due = due

    def _shorten(self) -> None:
        """A home that sends this much goes back less far."""
        if len(self.checkpoints) > 1:
            del self.checkpoints[0]
            self._forget_before(self.checkpoints[0].at)
        if len(self._readings) > MOST:
            self.clear(max(one.at for one in self._readings))

    def _forget_before(self, at: int) -> None:
        self._past = [one for one in self._past if one.at > at]
        self._readings = [one for one in self._readings if one.at > at]


class Recents:
    """Of all homes of one site."""

    def __init__(self) -> None:
        self.horizon = 0  # site's clock: no reading from before this was set is later
        self._of: dict[str, Recent] = {}

    def hear(
        self, one: Reading, watermark: int, make: Callable[[str, int], Checkpoint | None]
    ) -> None:
        """A reading that is about to be fed. `make(home, since)`: what is known of the home now."""
        recent = self._of.get(one.home) or self.of(one.home)
        if watermark >= recent.due:
            oldest = recent.checkpoints[0].at if recent.checkpoints else watermark
            made = make(one.home, oldest)
            if made is not None:
                recent.keep(made)
        if recent.checkpoints or one.at > watermark:  # the next checkpoint may come before it
            recent.take(one)

    def of(self, home: str) -> Recent:
        recent = self._of.get(home)
        if recent is None:
            recent = self._of[home] = Recent(self.horizon)
        return recent

    def clear(self, due: int, homes: Iterable[str] | None = None) -> None:
        """What is known of these homes (None: all) is of no use any more."""
        if homes is None:
            self._of, self.horizon = {}, due
        else:
            for home in homes:
                self.of(home).clear(due)
