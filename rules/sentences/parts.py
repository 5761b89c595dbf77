"""What a sentence is made of before it has a language: a message key, and parts that each language
writes its own way.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """Counts of a signal's resolution: shown with its decimals and unit, or as its word."""

    signal: str
    x: int


@dataclass(frozen=True, slots=True)
class Plain:
    """A number without a unit, in counts of 10 ** -decimals."""

    x: int
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Speed:
    """Hundredths of a count of a signal's resolution, per day."""

    signal: str
    x: int


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time, ms."""

    ms: int


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """Minutes after local midnight."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, ms UTC, shown in the site's zone."""

    at: int
    zone: str


@dataclass(frozen=True, slots=True)
class Named:
    """A signal by its name in the catalogue, where it is measured."""

    signal: str
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is measured, as rules name it."""

    place: str


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the week, as in a rule file: mon, tue, … and holiday for every public one."""

    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A message key with its parts. The keys are the words of the operators, and a few more."""

    key: str
    parts: Mapping[str, "Part"]


Part = (
    Phrase
    | Value
    | Plain
    | Speed
    | Length
    | TimeOfDay
    | Moment
    | Named
    | Place
    | Days
    | tuple[Phrase, ...]
)
