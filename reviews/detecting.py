"""What a rulebook would have told of one home's readings. It is handed readings and facts alone.

Nothing here knows what was planted: neither the scenarios nor their truth can be imported (a
contract in pyproject.toml, and a test), so a score cannot flatter itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from gateway.series.sealed import SealedHome
from gateway.watch.subjects import of_home, of_resident
from reviews.history import History
from reviews.job import Device, Pause, Stay
from rules.compiled import Backtest, Item
from rules.engine.episodes import Episode
from rules.plan import Plan, plan
from rules.rule import Rule

WATCHDOG = "home-silent"  # the gateway's own; it stands beside every rulebook
WATCHED = "link_quality"  # what every hub says of itself: in it a silent home shows
SILENT_MS = 45 * 60_000  # a hub's interval three times over
_FOREVER = 1 << 62


class Chosen(NamedTuple):
    """A rule with the numbers that hold for everybody."""

    rule: Rule
    values: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What runs live."""

    name: str
    chosen: tuple[Chosen, ...]

    def __getitem__(self, name: str) -> Chosen | None:
        return next((one for one in self.chosen if one.rule.name == name), None)

    def signals(self) -> frozenset[str]:
        """All that its rules read."""
        return frozenset(ref.signal for one in self.chosen for ref in one.rule.uses)


@dataclass(frozen=True, slots=True)
class Lived:
    """A home over a time: readings, and what a gateway knows of it."""

    site: str
    zone: str
    holidays: str
    sealed: SealedHome
    residents: tuple[str, ...]
    devices: tuple[Device, ...]
    drive_minutes: int
    start: int  # what is told is counted in (start, end]; readings before it prime the rules
    end: int

    # What `reviews.history` asks of a setting.
    @property
    def stays(self) -> tuple[Stay, ...]:
        return tuple(Stay(one, self.sealed.home, 0, _FOREVER) for one in self.residents)

    @property
    def pauses(self) -> tuple[Pause, ...]:
        return ()

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        return ()


class Told(NamedTuple):
    """One alert that would have reached somebody."""

    rule: str
    priority: str
    signals: frozenset[str]
    subject: str
    at: int
    end: int | None


class Detector:
    """Keeps plans and buffers between homes; used by one thread."""

    def __init__(self, driver: Backtest) -> None:
        self._driver = driver
        self._plans: dict[tuple[str, str, str, tuple[tuple[str, str], ...]], Plan] = {}

    def told(self, book: Rulebook, lived: Lived) -> list[Told]:
        """In order of time. What a broader cause explains is not told while that stands open."""
        rules = {one.rule.name: one.rule for one in book.chosen}
        items = list(self._items(book, lived))
        history = History(lived, lived.sealed, list(rules.values()))
        # Nobody misses what came before the first reading: there was no home yet.
        start = lived.start if history.first is None else max(lived.start, history.first - 1)
        episodes = self._driver.episodes(items, history.subjects, start, lived.end, evidence=False)
        watched = list(_silent(lived))
        found = [*_told(episodes, rules, watched), *watched]
        return sorted(found, key=lambda one: (one.at, one.rule, one.subject))

    def _items(self, book: Rulebook, lived: Lived) -> Iterator[Item]:
        for rule, values in book.chosen:
            made = self._plan(rule, values, lived.zone, lived.holidays)
            subjects = (
                [of_home(lived.site, lived.sealed.home)]
                if rule.subject == "home"
                else [of_resident(one) for one in lived.residents]
            )
            for subject in subjects:
                yield Item(f"{rule.name}|{subject}", lived.sealed.home, subject, made)

    def _plan(self, rule: Rule, values: Mapping[str, Decimal], zone: str, holidays: str) -> Plan:
        key = rule.text, zone, holidays, tuple((n, str(v)) for n, v in sorted(values.items()))
        if key not in self._plans:
            self._plans[key] = plan(rule, values, zone, holidays)
        return self._plans[key]


def _told(
    episodes: Sequence[Episode], rules: Mapping[str, Rule], watched: Sequence[Told]
) -> Iterator[Told]:
    by_rule: dict[str, list[tuple[int, int]]] = {
        WATCHDOG: [(one.at, one.end or _FOREVER) for one in watched]
    }
    for one in episodes:
        name = one.key.partition("|")[0]
        by_rule.setdefault(name, []).append((one.onset, one.end or _FOREVER))
    for one in episodes:
        name, _, subject = one.key.partition("|")
        rule = rules[name]
        if one.told_at is None:
            continue
        at = one.told_at
        broader = (span for other in rule.yields_to for span in by_rule.get(other, ()))
        # Held back while the broader cause stands; told when that ends and this still holds.
        for began, ended in sorted(broader):
            if began <= at < ended:
                at = ended
        if at < (one.end or _FOREVER) and at < _FOREVER:
            signals = frozenset(ref.signal for ref in rule.uses)
            yield Told(name, str(rule.priority), signals, subject, at, one.end)


def _silent(lived: Lived) -> Iterator[Told]:
    """The watchdog: nothing was heard of the whole home."""
    heard = [channel.at for channel in lived.sealed.channels if len(channel)]
    if not heard:
        return
    at = np.sort(np.concatenate([*heard, [lived.end]]))
    signals = frozenset({WATCHED})
    for index in np.flatnonzero(np.diff(at) > SILENT_MS).tolist():
        told, back = int(at[index]) + SILENT_MS, int(at[index + 1])
        if lived.start < told <= lived.end:
            subject = of_home(lived.site, lived.sealed.home)
            yield Told(WATCHDOG, "soon", signals, subject, told, back)
