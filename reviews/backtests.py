"""A back-test of rules over a site's past: what is asked, and what becomes of it.

Two sides at most: `one`, and `other` that it is held against (other files, or the same with other
numbers). Everything counted is counted over homes that were covered enough; the others are listed.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from devices.errors import Refused
from gateway import rulebook
from gateway.access import Action, NotAllowed, Viewer, not_found
from gateway.registry import Directory
from gateway.rulebook import Entry
from gateway.watch.sensors import before_ms
from reviews import briefing, tables
from reviews.comparing import Span, pairs
from reviews.job import Lived
from reviews.pasts import OfHome, Past, Watch, split_key
from rules.engine.episodes import Episode, Evidence
from rules.errors import nearest
from rules.file.language import parse_rule
from rules.rule import Rule

ONE, OTHER = "one", "other"
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Question:
    """As somebody asked it. Times: site's clock, (start, end]."""

    site: str
    start: int
    end: int
    rules: tuple[str, ...]  # texts of rule files
    against: tuple[str, ...] = ()
    numbers: Mapping[str, str] | None = None  # of the other side, where it has the same rules


@dataclass(frozen=True, slots=True)
class Task:
    """Everything that a back-test needs beside the snapshot; travels to its process as JSON."""

    lived: Lived
    texts: tuple[str, ...]
    watches: tuple[tuple[str, int, str, str, int, int, dict[str, str]], ...]  # rule by position

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"lived": self.lived.to_json(), "texts": self.texts, "watches": self.watches}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Task":
        """The inverse of `to_json`."""
        watches = tuple((a, b, c, d, e, f, g) for a, b, c, d, e, f, g in raw["watches"])
        return cls(Lived.from_json(raw["lived"]), tuple(raw["texts"]), watches)

    @property
    def lookback_ms(self) -> int:
        """How much before the beginning a snapshot must hold, so that the rules begin primed."""
        rules = (parse_rule(text) for text in self.texts)
        return max(rule.lookback_ms + before_ms(rule) for rule in rules)


@dataclass(frozen=True, slots=True)
class Stored:
    """One back-test as it is kept."""

    id: int
    site: str
    state: str  # queued, running, done, failed
    progress: int
    question: dict[str, Any]
    result: dict[str, Any] | None
    problem: str | None
    snapshot: str | None
    engine: str | None
    by_name: str
    asked_at: int
    finished_at: int | None


def require_all(viewer: Viewer, site: str) -> None:
    """A back-test tells of everybody at a site. Raises NotAllowed."""
    if not viewer.sees_resident(site, None, Action.SEE_WHY):
        raise NotAllowed(
            "back-test rules",
            f"site {site}",
            f"{viewer.login} may not see why of everybody there",
            "A carer, nurse or coordinator of the site may",
        )


def find(conn: sa.Connection, viewer: Viewer, backtest_id: int) -> Stored:
    """Raises NotFound where there is none for this viewer."""
    of = tables.backtest
    row = conn.execute(sa.select(of).where(of.c.id == backtest_id)).one_or_none()
    if row is None or not viewer.sees_resident(row.site, None, Action.SEE_WHY):
        raise not_found("open a back-test", f"back-test {backtest_id}")
    return Stored(
        row.id,
        row.site,
        row.state,
        row.progress,
        json.loads(row.question),
        None if row.result is None else json.loads(row.result),
        row.problem,
        row.snapshot,
        row.engine,
        row.by_name,
        row.asked_at,
        row.finished_at,
    )


def task_of(
    conn: sa.Connection, directory: Directory, question: Question, silence_factor: float
) -> Task:
    """Who would have been watched, with which values, when. Raises Refused."""
    if question.site not in directory.sites:
        hint: str = nearest(question.site, directory.sites)
        raise Refused("back-test rules", question.site[:64], "no such site", hint)
    if not question.rules:
        raise Refused("back-test rules", question.site, "no rule is named", "Name a rule file")
    if question.end <= question.start:
        zone = directory.sites[question.site].zone
        ends = [_wall(at, zone) for at in (question.start, question.end)]
        problem = f"it would begin at {ends[0]} and end at {ends[1]} ({zone})"
        hint = "Give a beginning (--from) before the end (--to), and before now"
        raise Refused("back-test rules", question.site, problem, hint)
    lived = briefing.lived(
        conn, directory, question.site, question.start, question.end, silence_factor
    )
    now = {
        one.rule_name: one
        for one in rulebook.in_force(rulebook.entries(conn, question.site), question.end)
    }
    one = [parse_rule(text) for text in question.rules]
    other = [parse_rule(text) for text in question.against]
    if question.numbers:
        other = other or one
        _known(question.numbers, other)
    texts: dict[str, int] = {}
    watches = []
    for side, rules, numbers in ((ONE, one, {}), (OTHER, other, question.numbers or {})):
        for rule in rules:
            values = _values(rule, now.get(rule.name), numbers)
            for watch in briefing.watched(conn, directory, side, rule, values, lived):
                number = texts.setdefault(rule.text, len(texts))
                watches.append((side, number, *watch[2:6], dict(watch.values)))
    return Task(lived, tuple(texts), tuple(watches))


def _wall(at: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _known(numbers: Mapping[str, str], rules: Sequence[Rule]) -> None:
    names = {name for rule in rules for name in rule.parameters}
    for name in numbers:
        if name not in names:
            hint = nearest(name, names)
            raise Refused("back-test rules", name[:40], "none of the rules has it", hint)


def _values(rule: Rule, entry: Entry | None, numbers: Mapping[str, str]) -> dict[str, Decimal]:
    """The site's values where it runs the rule, else the rule's own; `numbers` over them."""
    found = {} if entry is None else rulebook.within(rule, {}, entry.values)
    read = {n: rule.parameters[n].read(t) for n, t in numbers.items() if n in rule.parameters}
    return rule.values({**found, **read})


def run(past: Past, task: Task, progress: Callable[[float], None]) -> dict[str, Any]:
    """The report, as plain values."""
    rules = [parse_rule(text) for text in task.texts]
    watches = [Watch(a, rules[n], b, c, d, e, f) for a, n, b, c, d, e, f in task.watches]
    lived = task.lived
    found = past.ask(lived, watches, lived.zone, lived.holidays, progress, evidence=True)
    return _Report(lived, watches, found).whole()


class _Report:
    """What the homes gave, counted."""

    def __init__(self, lived: Lived, watches: Sequence[Watch], found: Sequence[OfHome]) -> None:
        self._lived = lived
        self._zone = ZoneInfo(lived.zone)
        self._found = found
        self._rules = {(one.side, one.rule.name): one.rule for one in watches}
        self._counted = {
            (rule, of.home)
            for of in found
            for rule, covered in of.covered.items()
            if covered.counts
        }
        self._episodes: dict[tuple[str, str], list[tuple[str, str, Episode]]] = defaultdict(list)
        for of in found:
            for episode in of.episodes:
                side, rule, subject = split_key(episode.key)
                self._episodes[side, rule].append((of.home, subject, episode))

    def whole(self) -> dict[str, Any]:
        names = sorted({name for _, name in self._rules})
        return {
            "site": self._lived.site,
            "zone": self._lived.zone,
            "start": self._lived.start,
            "end": self._lived.end,
            "readings": sum(of.readings for of in self._found),
            "homes": len(self._found),
            "rules": [self._of_rule(side, name) for name, side in self._asked(names)],
            "difference": [self._difference(n) for n in names if (OTHER, n) in self._rules],
            "episodes": [line for n, side in self._asked(names) for line in self._lines(side, n)],
        }

    def _asked(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        for name in names:
            yield from ((name, side) for side in (ONE, OTHER) if (side, name) in self._rules)

    def _of_rule(self, side: str, name: str) -> dict[str, Any]:
        own = [one for one in self._episodes[side, name] if self._counts(name, one[0])]
        covered = [of.covered[name] for of in self._found if name in of.covered]
        days = sum(one.covered for one in covered if one.counts)
        hours = Counter(self._hour(episode.onset) for _, _, episode in own)
        lengths = [e.end - e.onset for _, _, e in own if e.end is not None]
        return {
            "side": side,
            "rule": name,
            "version": self._rules[side, name].version,
            "episodes": len(own),
            "told": sum(episode.told_at is not None for _, _, episode in own),
            "open": sum(episode.end is None for _, _, episode in own),
            "covered_days": round(days, 2),
            "per_100_days": round(100 * len(own) / days, 2) if days else None,
            "median_ms": int(median(lengths)) if lengths else None,
            "hours": [hours[hour] for hour in range(24)],
            "subjects": dict(Counter(subject for _, subject, _ in own).most_common()),
            "homes_listed": sorted(one.home for one in covered if not one.counts),
        }

    def _counts(self, rule: str, home: str) -> bool:
        return (rule, home) in self._counted

    def _hour(self, at: int) -> int:
        return datetime.fromtimestamp(at / 1000, UTC).astimezone(self._zone).hour

    def _difference(self, name: str) -> dict[str, Any]:
        sides = [
            [Span(subject, home, e.onset, e.end) for home, subject, e in self._episodes[side, name]]
            for side in (ONE, OTHER)
        ]
        both = pairs(*sides)
        matched = {id(span) for pair in both for span in pair}
        gone, new = ([span for span in side if id(span) not in matched] for side in sides)
        moved = [(a, b) for a, b in both if a.onset != b.onset]
        return {
            "rule": name,
            "same": len(both) - len(moved),
            "new": [self._span(name, span) for span in new],
            "gone": [self._span(name, span) for span in gone],
            "moved": [{**self._span(name, b), "before": a.onset} for a, b in moved],
        }

    def _span(self, name: str, span: Span) -> dict[str, Any]:
        return {
            "subject": span.subject,
            "home": span.home,
            "onset": span.onset,
            "end": span.end,
            "why": why(self._lived.site, span.home, span.subject, name, span.onset),
        }

    def _lines(self, side: str, name: str) -> Iterator[dict[str, Any]]:
        for home, subject, episode in sorted(self._episodes[side, name], key=_by_time):
            yield {
                "side": side,
                "rule": name,
                "subject": subject,
                "home": home,
                "onset": episode.onset,
                "end": episode.end,
                "since": episode.since,
                "told_at": episode.told_at,
                "counted": self._counts(name, home),
                "evidence": [_reading(one) for one in episode.evidence],
                "why": why(self._lived.site, home, subject, name, episode.onset),
            }


def _by_time(line: tuple[str, str, Episode]) -> tuple[int, str, str]:
    home, subject, episode = line
    return episode.onset, home, subject


def _reading(one: Evidence) -> dict[str, Any]:
    return {"signal": one.signal, "place": one.place, "at": one.at, "x": one.x}


def why(site: str, home: str, subject: str, rule: str, at: int) -> str:
    """Where the page says why."""
    resident = subject.removeprefix("resident:")
    who = {"site": site, "home": home} if resident == subject else {"resident": resident}
    return "/why?" + urlencode({**who, "rule": rule, "at": str(at)})
