"""How many alerts the packs would give: every rule of the library at once, with its own defaults.

    python bench/packs.py [--folder ../shared/data/tihm] [--quick]

On simulated homes (two weeks; --quick: three days), and on TIHM's three months where its folder is
there: people with dementia, many of whom do not live alone, so that it is the hard case. Alerts are
those that would be told: not within `at_most`, and not while what a rule yields to explains them.
Given per 100 person-days on which anything was heard. Last line JSON.

Nobody runs the whole library. A rule that speaks more than a few times in 100 person-days is noise
for most people, and needs its numbers set for a resident, or a review. TIHM does not say whether a
door opened or closed, so its doors at night are partly guessed.
"""

import argparse
import gzip
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))  # beside this file lies another `rules`

from gateway.watch.coverage import EVENT_HOLD_MS, Coverage, Sensor
from rules.engine.backtest import SubjectPoint, replay
from rules.engine.episodes import Episode
from rules.packs import library_rules
from rules.plan import plan
from rules.rule import Rule
from simulators.columns import SIGNALS, Columns
from simulators.homes.day import between
from simulators.homes.home import Home
from simulators.homes.models import model
from simulators.homes.regions import sites
from simulators.recorded.tihm import recording

DAY = 86_400_000
FACTOR = 3  # so many intervals without a word, and a sensor does not cover
FOREVER = 1 << 62
RULES = {rule.name: rule for rule in library_rules()}


@dataclass(slots=True)
class Load:
    """What came of one data set."""

    days: int = 0  # person-days on which anything was heard
    told: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)

    def rows(self) -> list[tuple[str, str, float, int]]:
        """Rule, priority, alerts per 100 person-days, and held back; most first."""
        return [
            (name, str(RULES[name].priority), round(100 * n / self.days, 1), self.held[name])
            for name, n in self.told.most_common()
        ]


def measure(homes: Sequence[Home], columns: Columns, start: int, end: int, *, beats: bool) -> Load:
    """Every home through every rule. `beats`: its sensors speak at least once an interval."""
    load, began = Load(), time.monotonic()
    for number, home in enumerate(homes):
        people = len(home.people)
        points = _points(home, columns.where(columns.home == number), start, end, beats=beats)
        load.days += people * len({(point[3] - start) // DAY for point in points})
        items = [
            (f"{rule.name}|{whom}", "home", whom, plan(rule, {}, home.zone))
            for rule in RULES.values()
            for whom in _whom(rule, people)
        ]
        _count(load, replay(items, points, home.zone, start, end))
        share = f"{number + 1} of {len(homes)} homes, {time.monotonic() - began:.0f} s"
        print(share, end="\r", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return load


def _whom(rule: Rule, people: int) -> list[str]:
    return ["home"] if rule.subject == "home" else [f"person-{n}" for n in range(people)]


def _points(
    home: Home, columns: Columns, start: int, end: int, *, beats: bool
) -> list[SubjectPoint]:
    """What is measured, as it concerns people and home, and what was covered."""
    alone = ["person-0"] if len(home.people) == 1 else []
    refs = {r.place or "" for rule in RULES.values() for r in rule.uses if r.signal == "coverage"}
    wanted = {ref.partition("@")[0] for ref in refs}
    coverage, covering = Coverage(), set()
    for index, device in enumerate(home.devices):
        made = model(device.model)
        if signals := tuple(name for name in made.signals if name in wanted):
            interval = made.interval_ms if beats else None
            hold = interval * FACTOR if interval else EVENT_HOLD_MS
            coverage.register(Sensor(index, 0, home.id, device.place, None, signals, hold))
            covering.add(index)
    points: list[SubjectPoint] = []
    for order, row in enumerate(np.argsort(columns.at, kind="stable")):
        at, x, index = int(columns.at[row]), int(columns.x[row]), int(columns.device[row])
        signal, device = SIGNALS[int(columns.signal[row])], home.devices[index]
        if not (start <= at < end and signal.low_x <= x <= signal.high_x):
            continue
        if index in covering:
            coverage.heard((index, 0), at)
        whose = [f"person-{device.owner}"] if device.owner is not None else alone
        whom = whose if signal.subject == "resident" else ["home", *alone]
        points += [(who, signal.name, device.place, at, x, order + 1) for who in whom]
    for level in coverage.advance(end):
        points += [(w, "coverage", level.of, level.at, level.x, 0) for w in ("home", *alone)]
    return sorted(points, key=lambda point: (point[3], point[5]))


def _count(load: Load, episodes: Sequence[Episode]) -> None:
    by_rule: dict[str, list[Episode]] = defaultdict(list)
    for one in episodes:
        by_rule[one.key.partition("|")[0]].append(one)
    for name, found in by_rule.items():
        broader = [b for other in RULES[name].yields_to for b in by_rule.get(other, ())]
        for one in found:
            if one.told_at is not None:
                explained = any(
                    b.onset <= one.told_at and (one.end or FOREVER) <= (b.end or FOREVER)
                    for b in broader
                )
                (load.held if explained else load.told)[name] += 1


def simulated(days: int) -> Load:
    """The demo's homes in January."""
    homes = [home for site in sites() for home in site.homes]
    start = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1000)
    end = start + days * DAY
    return measure(homes, between(homes, start, end, 1), start, end, beats=True)


def tihm(folder: Path) -> Load:
    """Three months of 24 homes."""

    def lines(name: str) -> Iterator[str]:
        with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
            yield from file

    read = recording(lines("Activity"), lines("Physiology"), lines("Labels"))
    return measure(read.homes, read.columns.ordered(), read.start, read.end, beats=False)


def main() -> None:
    """Both, as tables; then one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("../shared/data/tihm"))
    parser.add_argument("--quick", action="store_true", help="three simulated days")
    given = parser.parse_args()
    runs: dict[str, Callable[[], Load]] = {
        "simulated": lambda: simulated(3 if given.quick else 14),
    }
    if given.folder.is_dir() and not given.quick:
        runs["tihm"] = lambda: tihm(given.folder)
    result: dict[str, object] = {"rules": len(RULES)}
    for name, run in runs.items():
        load = run()
        print(f"\n{name}: {load.days} person-days")
        for row in load.rows():
            print("  {:28} {:6} {:6} per 100 person-days, {} explained by a cause".format(*row))
        result[f"{name}_person_days"] = load.days
        result[f"{name}_per_100"] = {row[0]: row[2] for row in load.rows()}
        now = sum(n for rule, n in load.told.items() if RULES[rule].priority == "now")
        result[f"{name}_now_share"] = round(now / max(1, load.told.total()), 2)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
