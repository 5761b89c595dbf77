"""One sealed history, ready to be asked again and again with other rules and numbers.

It is folded home by home, by two threads; a rule that the last question asked with the same numbers
is not folded again. A subject's history falls into segments wherever it moved house or its own
values changed: what held then, holds then; an episode that goes on over the border of two segments
stays one.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from gateway.series.sealed import Sealed
from reviews.comparing import Covered
from reviews.history import History
from reviews.job import Setting
from rules.compiled import Backtest, Item, Kernel
from rules.engine.episodes import Episode
from rules.plan import Plan, plan
from rules.rule import Rule

THREADS = 2  # the fold lets go of the interpreter's lock; more would wait for each other
AT_ONCE = 16  # homes that a thread takes at a time
MOST_COPIED = 5_000_000  # readings kept outside of the snapshot, of homes that had to be cut


class _Asked(NamedTuple):
    """One rule with its numbers, of one subject, within (start, end]."""

    start: int
    end: int
    key: str
    text: str
    values: tuple[tuple[str, str], ...]
    evidence: bool


Told = dict[_Asked, list[Episode]]  # of one home


class Watch(NamedTuple):
    """One rule watches one subject in one home, with the same values throughout (start, end]."""

    side: str
    rule: Rule
    subject: str
    home: str
    start: int
    end: int
    values: Mapping[str, str]  # parameter -> decimal


class OfHome(NamedTuple):
    """What one home gave. Episodes carry `side|rule|subject` as their key."""

    home: str
    episodes: list[Episode]
    covered: Mapping[str, Covered]  # by the rule's name
    readings: int


class Past:
    """What was measured, who lived where and what was covered depend on no parameter: they are
    worked out once a home, at its first question. One question at a time.
    """

    def __init__(self, snapshot: Sealed, kernel: Kernel | None) -> None:
        self.snapshot = snapshot
        self._kernel = kernel
        self._about: tuple[object, ...] = ()  # what the kept histories are of
        self._known: dict[str, History] = {}
        self._told: dict[str, Told] = {}  # by home, what the last question was answered
        self._copied = 0
        self._mine = threading.local()

    def ask(
        self,
        setting: Setting,
        watches: Sequence[Watch],
        zone: str,
        holidays: str,
        progress: Callable[[float], None],
        *,
        evidence: bool,
    ) -> list[OfHome]:
        """Home by home, in their order."""
        of: dict[str, list[Watch]] = {}
        for watch in watches:
            of.setdefault(watch.home, []).append(watch)
        rules = {watch.rule.text: watch.rule for watch in watches}
        self._prepare(setting, tuple(rules), zone, holidays)
        homes = sorted(of)
        batches = [homes[i : i + AT_ONCE] for i in range(0, len(homes), AT_ONCE)]
        work = partial(
            self._homes, setting, of, list(rules.values()), Plans(zone, holidays), evidence
        )
        found: list[OfHome] = []
        with ThreadPoolExecutor(THREADS) as pool:
            for batch in pool.map(work, batches):
                found += batch
                progress(len(found) / len(homes))
        return found

    def forget_answers(self) -> None:
        """The next question is folded whole."""
        self._told.clear()

    def _prepare(self, setting: Setting, *others: object) -> None:
        """Forgets the kept histories where the question is about something else."""
        about = (
            *(setting.site, setting.end, setting.stays, setting.pauses, setting.devices),
            *(setting.gaps, *others),
        )
        if about != self._about:
            self._about = about
            self._known.clear()
            self._told.clear()
            self._copied = 0

    def _homes(
        self,
        setting: Setting,
        of: Mapping[str, Sequence[Watch]],
        rules: Sequence[Rule],
        plans: "Plans",
        evidence: bool,
        homes: Sequence[str],
    ) -> list[OfHome]:
        driver = self._driver()
        found = []
        for home in homes:
            history = self.history(setting, home, rules)
            own = list(_since_heard(history, of[home]))
            told = self._told.get(home, {})
            self._told[home] = now = _told(own, plans, history, driver, told, evidence=evidence)
            episodes = list(_joined(now))
            covered = {
                rule.name: history.covered(list(_segments(own, rule.name)), [rule])
                for rule in {watch.rule.name: watch.rule for watch in own}.values()
            }
            found.append(OfHome(home, episodes, covered, self.snapshot.rows(home)))
        return found

    def history(self, setting: Setting, home: str, rules: Sequence[Rule]) -> History:
        known = self._known.get(home)
        if known is None:
            known = History(setting, self.snapshot.home(home), rules)
            if self._copied + known.copied < MOST_COPIED:
                self._copied += known.copied
                self._known[home] = known
        return known

    def _driver(self) -> Backtest:
        """One a thread."""
        if not hasattr(self._mine, "driver"):
            self._mine.driver = Backtest(self._kernel)
        driver: Backtest = self._mine.driver
        return driver


class Plans:
    """Residents with the same values share a plan; its layout is then made once."""

    def __init__(self, zone: str, holidays: str) -> None:
        self._almanac = zone, holidays
        self._made: dict[tuple[str, tuple[tuple[str, str], ...]], Plan] = {}

    def of(self, rule: Rule, values: Mapping[str, str]) -> Plan:
        """Raises ValueOutOfRange."""
        key = rule.text, tuple(sorted(values.items()))
        if key not in self._made:
            numbers = {name: Decimal(value) for name, value in values.items()}
            self._made[key] = plan(rule, numbers, *self._almanac)
        return self._made[key]


def key_of(side: str, rule: str, subject: str) -> str:
    """What an episode of a question is called; `split_key` is the inverse."""
    return f"{side}|{rule}|{subject}"


def split_key(key: str) -> tuple[str, str, str]:
    """(side, rule, subject)."""
    side, rule, subject = key.split("|", 2)
    return side, rule, subject


def _since_heard(history: History, watches: Sequence[Watch]) -> Iterator[Watch]:
    """Nobody misses what came before a home's first reading: there was no home yet."""
    first = history.first
    for one in watches:
        if first is None:
            yield one
        elif one.end > first:
            yield one._replace(start=max(one.start, first - 1))


def _segments(watches: Sequence[Watch], rule: str) -> Iterator[tuple[str, int, int]]:
    """Of one rule; both sides watch the same times."""
    yield from dict.fromkeys(
        (one.subject, one.start, one.end) for one in watches if one.rule.name == rule
    )


def _told(
    watches: Sequence[Watch],
    plans: Plans,
    history: History,
    driver: Backtest,
    before: Told,
    *,
    evidence: bool,
) -> Told:
    """The episodes of each rule with its numbers, segment by segment; what was told `before` is
    taken from there.
    """
    now: Told = {}
    for start, end in sorted({(one.start, one.end) for one in watches}):
        items: list[Item] = []
        new: dict[str, list[Episode]] = {}
        for one in watches:
            if (one.start, one.end) == (start, end):
                key = key_of(one.side, one.rule.name, one.subject)
                values = tuple(sorted(one.values.items()))
                asked = _Asked(start, end, key, one.rule.text, values, evidence)
                now[asked] = before.get(asked, [])
                if asked not in before:
                    items.append(Item(key, one.home, one.subject, plans.of(one.rule, one.values)))
                    new[key] = now[asked]
        for episode in driver.episodes(items, history.subjects, start, end, evidence=evidence):
            new[episode.key].append(episode)
    return now


def _joined(told: Told) -> Iterator[Episode]:
    """What goes on over the border of two segments is one episode."""
    found: dict[str, list[Episode]] = {}
    for asked, episodes in told.items():
        own = found.setdefault(asked.key, [])
        for episode in episodes:
            if own and own[-1].end is None and episode.onset <= asked.start + 1:
                own[-1] = replace(own[-1], end=episode.end)
            else:
                own.append(episode)
    for own in found.values():
        yield from own
