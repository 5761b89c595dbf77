"""A rule's examples are its tests: readings in, changes out, through the engine that runs live.

    readings   "09:00 spo2 87"   "+1d 08:30 door@outer open"   "14:03 sos"
    expect     "09:05 onset"     "+1d 08:00 unknown"

Times are local on the example's day; "+1d" is the day after. Values are in the catalogue's unit.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from devices.signals import CATALOGUE, Kind, to_counts
from rules.errors import nearest, refuse
from rules.language import Example, Rule
from rules.live import Engine, Point
from rules.plan import plan
from rules.trace import Seen, trace
from rules.zones import zone_info

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
WHO = "resident:example"

_TIME = re.compile(r"(?:\+(\d{1,2})d )?(\d\d):(\d\d)(?::(\d\d))?")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an example expected and what came; `seen` is what every node said at the first
    difference.
    """

    example: Example
    expected: tuple[str, ...]
    got: tuple[str, ...]
    seen: tuple[Seen, ...] = ()

    @property
    def passed(self) -> bool:
        return self.expected == self.got


def run_example(rule: Rule, example: Example) -> Outcome:
    """Raises RuleRefused where the example itself cannot be read."""
    story = _Story(rule, example)
    changes = story.changes()
    got = tuple(f"{story.write(at)} {kind}" for at, kind in changes)
    expected = tuple(f"{story.write(story.read(t))} {k}" for t, k in story.expectations())
    if got == expected:
        return Outcome(example, expected, got)
    first = next(
        (i for i, pair in enumerate(zip(expected, got, strict=False)) if pair[0] != pair[1]),
        min(len(expected), len(got)),
    )
    text = (expected if first < len(expected) else got)[first].rsplit(" ", 1)[0]
    seen = trace(story.plan, story.points, story.read(text))
    return Outcome(example, expected, got, seen)


def run_examples(rule: Rule) -> Iterator[Outcome]:
    for example in rule.examples:
        yield run_example(rule, example)


class _Story:
    def __init__(self, rule: Rule, example: Example) -> None:
        self._rule = rule
        self._example = example
        self._zone = zone_info(example.zone)
        try:
            self._day = date.fromisoformat(example.day)
        except ValueError:
            raise self._refused("day", f"{example.day!r} is no date") from None
        given = {n: rule.parameters[n].read(t) for n, t in self._given() if n in rule.parameters}
        self.plan = plan(rule, given, example.zone)
        points = [self._point(i, text) for i, text in enumerate(example.readings)]
        self.points: Sequence[Point] = sorted(points, key=lambda p: (p[2], p[4]))

    def _given(self) -> Iterator[tuple[str, str]]:
        for name, text in self._example.parameters.items():
            if name not in self._rule.parameters:
                hint = nearest(name, self._rule.parameters)
                raise self._refused("parameters", f"the rule has no {name!r}", hint)
            yield name, text

    def _refused(self, key: str, problem: str, hint: str = "") -> Exception:
        name = f"{self._rule.name}.yaml"
        return refuse(name, self._example.line, f"examples.{key}", problem, hint)

    def changes(self) -> list[tuple[int, str]]:
        start = self.read("00:00") - 1
        engine = Engine(self._example.zone, start)
        engine.enrol("example", "home", WHO, self.plan, start)
        for signal, place, at, x, order in self.points:
            if not engine.feed(WHO, signal, place, at, x, order):
                raise self._refused("readings", "a reading lies before the day of the example")
        until = self.read(self._example.until)
        return [(c.at, c.kind) for c in engine.advance(until)]

    def expectations(self) -> Iterator[tuple[str, str]]:
        for text in self._example.expect:
            time, _, kind = text.rpartition(" ")
            if kind not in {"onset", "end", "unknown", "known"}:
                hint = nearest(kind, {"onset", "end", "unknown", "known"})
                raise self._refused("expect", f"{text!r}", hint)
            yield time, kind

    def read(self, text: str) -> int:
        """UTC ms of a local time; a time that does not exist becomes the next that does."""
        found = _TIME.fullmatch(text)
        if not found:
            raise self._refused("time", f"{text!r} is no time", "Write 09:05 or +1d 09:05")
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        midnight = datetime.combine(self._day + timedelta(days=days), datetime.min.time())
        wall = midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return (wall.replace(tzinfo=self._zone).astimezone(UTC) - EPOCH) // MS

    def write(self, at: int) -> str:
        local = (EPOCH + at * MS).astimezone(self._zone)
        days = (local.date() - self._day).days
        return f"+{days}d {local:%H:%M:%S}" if days else f"{local:%H:%M:%S}"

    def _point(self, order: int, text: str) -> Point:
        found = _TIME.match(text)
        words = text[found.end() :].split() if found else []
        if not found or not 1 <= len(words) <= 2:
            hint = 'Write "09:00 spo2 87" or "14:03 sos"'
            raise self._refused("readings", f"{text!r} is no reading", hint)
        name, _, place = words[0].partition("@")
        signal = CATALOGUE.get(name)
        if signal is None:
            raise self._refused("readings", f"no signal {name!r}", nearest(name, CATALOGUE))
        value = words[1] if len(words) == 2 else "1"
        if signal.kind is Kind.STATE:
            if value not in signal.words:
                raise self._refused("readings", f"{text!r}", nearest(value, signal.words))
            x = signal.words[value]
        else:
            try:
                x, _ = to_counts(signal, Decimal(value))
            except InvalidOperation:
                raise self._refused("readings", f"{value!r} is no number") from None
        return name, place or None, self.read(found[0]), x, order
