"""Connected, but one measurement is silent: how regularly each of a device comes. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

SEEN = 5  # readings of a measurement before its own silence is judged


class Metric:
    """One measurement of one device."""

    __slots__ = ("last", "longest", "seen")

    def __init__(self, last: int, longest: int = 0, seen: int = 1) -> None:
        self.last, self.longest, self.seen = last, longest, seen

    def hear(self, at: int) -> None:
        if at > self.last:
            self.longest = max(self.longest, at - self.last)
            self.last = at
            self.seen += 1

    def overdue(self, at: int, hold_ms: int) -> bool:
        return self.seen >= SEEN and at - self.last > 2 * max(self.longest, hold_ms)


class Judged(NamedTuple):
    """A measurement whose silence begins or ends."""

    signal: str
    last: int
    silent: bool


class Metrics:
    """Of all devices of one site."""

    def __init__(self) -> None:
        self._of: dict[int, dict[str, Metric]] = {}  # device key -> signal
        self._silent: set[tuple[int, str]] = set()

    def hear(self, key: int, signal: str, at: int) -> None:
        """A measurement came."""
        metrics = self._of.get(key)
        if metrics is None:
            metrics = self._of[key] = {}
        metric = metrics.get(signal)
        if metric is None:
            metrics[signal] = Metric(at)
        else:
            metric.hear(at)

    def judge(self, key: int, at: int, hold_ms: int) -> Iterator[Judged]:
        """What is new of a device that is heard."""
        for signal, metric in self._of.get(key, {}).items():
            told = (key, signal) in self._silent
            silent = metric.overdue(at, hold_ms)
            if silent is told:
                continue
            (self._silent.add if silent else self._silent.discard)((key, signal))
            yield Judged(signal, metric.last, silent)

    def dump(self) -> list[Any]:
        """For a snapshot."""
        return [
            (key, signal, one.last, one.longest, one.seen, (key, signal) in self._silent)
            for key, metrics in self._of.items()
            for signal, one in metrics.items()
        ]

    def restore(self, dumped: list[Any]) -> None:
        """From a snapshot."""
        for key, signal, last, longest, seen, silent in dumped:
            self._of.setdefault(key, {})[signal] = Metric(last, longest, seen)
            if silent:
                self._silent.add((key, signal))
