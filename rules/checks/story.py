"""What an example tells: readings and moments, in words that a person writes.

    readings   "09:00 spo2 87"   "+1d 08:30 door@outer open"   "14:03 sos"
    moments    "09:05"           "+1d 08:00"                   "09:05:30"

Times are local on the example's day; "+1d" is the day after. Values are in the catalogue's unit.

Each place has one device of each kind. `coverage@motion` says it of every place that the rule
names, but for those of which the example itself says it (`coverage@motion@kitchen`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property

from devices.errors import Refused, Spoken
from devices.signals import CATALOGUE, Kind, Signal, to_counts
from rules.engine.live import Point
from rules.errors import RuleRefused, nearest, refuse
from rules.holidays import bits
from rules.places import PREVAILING, Word, Words
from rules.quantity import PLACE
from rules.rule import Example
from rules.tree import SignalRef
from rules.zones import zone_info

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
COVERAGE = "coverage"

_TIME = re.compile(r"(?:\+(\d{1,2})d )?([01]\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?")


class Story:
    """One example of one file. Raises RuleRefused where it cannot be read."""

    def __init__(self, file: str, example: Example, uses: Iterable[SignalRef] = ()) -> None:
        self.file = file
        self.example = example
        self.uses = tuple(uses)  # what the rule reads
        try:
            self.zone = zone_info(example.zone)
            bits(example.holidays)
        except Refused as error:
            problem = Spoken(
                "{subject}: {problem}", subject=repr(error.subject[:40]), problem=error.problem
            )
            raise self.refused("zone or holidays", problem, error.hint) from None
        try:
            self.day = date.fromisoformat(example.day)
        except ValueError:
            hint = Spoken('Write "2026-11-04"')
            raise self.refused(
                "day", Spoken("{day} is no date", day=repr(example.day[:40])), hint
            ) from None
        if not 1971 <= self.day.year <= 2099:
            raise self.refused(
                "day", Spoken("{day} is not between 1971 and 2099", day=str(self.day))
            )

    def refused(self, key: str, problem: str, hint: str = "") -> RuleRefused:
        return refuse(self.file, self.example.line, f"examples.{key}", problem, hint)

    @property
    def start(self) -> int:
        """Just before the day of the example."""
        return self.read("00:00") - 1

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """The readings in order."""
        found = [self._point(i, text) for i, text in enumerate(self.example.readings)]
        found = [point for one in found for point in self._of_places(one, found)]
        return tuple(_heard(sorted(found, key=lambda point: (point[2], point[4]))))

    def _of_places(self, one: Point, found: Sequence[Point]) -> Sequence[Point]:
        """What an example says of the coverage of a signal, of each place that the rule names."""
        if one[0] != COVERAGE:
            return [one]
        named = {ref.place or "" for ref in self.uses if ref.signal == COVERAGE}
        said = {place for signal, place, *_ in found if signal == COVERAGE}
        placed = [place for place in sorted(named - said) if place.startswith(f"{one[1]}@")]
        own = [one] if one[1] in named or not placed else []
        return [*own, *((COVERAGE, place, *one[2:]) for place in placed)]

    def read(self, text: str) -> int:
        """UTC ms of a local time; a time that does not exist becomes the next that does."""
        found = _TIME.fullmatch(text)
        if not found:
            raise self.refused(
                "time",
                Spoken("{text} is no time", text=repr(text[:40])),
                Spoken("Write 09:05 or +1d 09:05"),
            )
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        midnight = datetime.combine(self.day + timedelta(days=days), datetime.min.time())
        wall = midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return (wall.replace(tzinfo=self.zone).astimezone(UTC) - EPOCH) // MS

    def write(self, at: int) -> str:
        local = (EPOCH + at * MS).astimezone(self.zone)
        days = (local.date() - self.day).days
        return f"{days:+}d {local:%H:%M:%S}" if days else f"{local:%H:%M:%S}"

    def moments(self) -> Iterator[tuple[int, str]]:
        """What is expected: when, and the words after it."""
        for text in self.example.expect:
            found = _TIME.match(text)
            words = text[found.end() :] if found else ""
            if not found or not words.startswith(" "):
                hint = Spoken('Write a time and what is expected then: "09:05 onset"')
                raise self.refused(
                    "expect", Spoken("{text} has no time and word", text=repr(text[:60])), hint
                )
            yield self.read(found[0]), words.strip()

    def _point(self, order: int, text: str) -> Point:
        found = _TIME.match(text)
        words = text[found.end() :].split() if found else []
        if not found or not 1 <= len(words) <= 2:
            hint = Spoken('Write "09:00 spo2 87" or "14:03 sos"')
            raise self.refused(
                "readings", Spoken("{text} is no reading", text=repr(text[:60])), hint
            )
        name, at_sign, place = words[0].partition("@")
        signal = CATALOGUE.get(name)
        if signal is None:
            raise self.refused(
                "readings",
                Spoken("{name} is no signal", name=repr(name[:40])),
                nearest(name, CATALOGUE),
            )
        where = place.partition("@") if name == COVERAGE else (place, "", "")
        if at_sign and not all(PLACE.fullmatch(part) for part in where if part not in {"", "@"}):
            raise self.refused(
                "readings",
                Spoken("{place} is no place", place=repr(place[:40])),
                Spoken("Write door@outer"),
            )
        x = self._value(signal, words[1] if len(words) == 2 else None)
        return name, place or None, self.read(found[0]), x, order

    def _value(self, signal: Signal, text: str | None) -> int:
        if signal.kind is Kind.EVENT and text is None:
            return 1
        if text is None:
            hint = Spoken(
                "Write it as {name} {value}",
                name=signal.name,
                value="closed" if signal.words else str(signal.high),
            )
            raise self.refused("readings", Spoken("{name} needs a value", name=signal.name), hint)
        if signal.words:
            if text not in signal.words:
                raise self.refused(
                    "readings",
                    Spoken("{word} is not expected here", word=repr(text[:40])),
                    nearest(text, signal.words),
                )
            return signal.words[text]
        try:
            x, plausible = to_counts(signal, Decimal(text))
        except (InvalidOperation, Refused):
            raise self.refused(
                "readings", Spoken("{text} is no number", text=repr(text[:40]))
            ) from None
        if not plausible:
            hint = Spoken(
                "{low} to {high} {unit}; rules never see others",
                low=signal.low,
                high=signal.high,
                unit=signal.unit,
            )
            raise self.refused(
                "readings",
                Spoken("{name} {value} is implausible", name=signal.name, value=text[:40]),
                hint,
            )
        return x


def _heard(points: Sequence[Point]) -> Iterator[Point]:
    """As rules are told of them: one device says nothing against another."""
    words = Words()
    for signal, place, at, x, order in points:
        if signal not in PREVAILING:
            yield signal, place, at, x, order
            continue
        word = Word(place, at, order, x)
        for where in words.hear(signal, place or "", word, lambda *_: True):
            yield signal, where, at, x, order
