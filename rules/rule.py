"""What a rule file says once it has been read: the rule, its parameters and its examples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from devices.errors import Spoken, said
from rules.errors import ValueOutOfRange, nearest
from rules.quantity import CLOCK, Quantity, read, write
from rules.tree import Node, SignalRef

MOST_DIGITS = 15  # of a number that is written out


class Priority(StrEnum):
    """How soon a person must know."""

    NOW = "now"
    SOON = "soon"
    TODAY = "today"


Audience = Literal["carer", "nurse", "coordinator", "family", "resident"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that may be set per resident within a range, in its own unit.

    The unit "clock" is a time of day, in minutes after midnight.
    """

    name: str
    default: Decimal
    low: Decimal
    high: Decimal
    unit: str  # UCUM, "1" or "clock"
    step: Decimal
    label: str  # short English, what it is

    def read(self, text: str) -> Decimal:
        """A value as a person types it ("88", "88 %", "22:00", decimal comma). Raises
        ValueOutOfRange.
        """
        try:
            quantity = read(text.strip().replace(",", "."))
        except ValueError as error:
            raise ValueOutOfRange("read a value", self.name, said(error), self.allowed()) from None
        if quantity.unit not in {self.unit, "1"} or (self.unit == CLOCK != quantity.unit):
            if self.unit == CLOCK:
                problem = Spoken("{text} is no time of day", text=repr(text.strip()[:40]))
            elif quantity.unit == CLOCK:
                problem = Spoken("{value} is a time of day, and it is none", value=quantity)
            else:
                problem = Spoken("{unit} is not its unit", unit=repr(quantity.unit))
            raise ValueOutOfRange("read a value", self.name, problem, self.allowed())
        return self.check(quantity.number)

    def check(self, value: Decimal) -> Decimal:
        """The value itself. Raises ValueOutOfRange where it is not allowed."""
        if not value.is_finite() or not self.low <= value <= self.high:
            problem = Spoken("{value} is outside its range", value=self._said(value))
            raise ValueOutOfRange("set a parameter", self.name, problem, self.allowed())
        if (value - self.low) % self.step:
            problem = Spoken("{value} is between two steps", value=self._said(value))
            raise ValueOutOfRange("set a parameter", self.name, problem, self.allowed())
        return value

    def _said(self, value: Decimal) -> Quantity | str:
        """A value that may be anything, in its own unit where that can be written."""
        if not value.is_finite() or abs(value.adjusted()) > MOST_DIGITS:
            return str(value)
        if self.unit == CLOCK and (value < 0 or value % 1):
            return f"{value} min"
        return Quantity(value, self.unit)

    def write(self, value: Decimal) -> str:
        return write(value, self.unit)

    def allowed(self) -> Spoken:
        step = Quantity(self.step, "min" if self.unit == CLOCK else self.unit)
        low, high = (Quantity(end, self.unit) for end in (self.low, self.high))
        return Spoken("Allowed: {low} to {high} in steps of {step}", low=low, high=high, step=step)


@dataclass(frozen=True, slots=True)
class Example:
    """One story that a rule must tell: readings in, changes out (`rules.checks.examples`)."""

    name: str
    kind: Literal["fires", "quiet", "clears", "missing", "boundary", "values"]
    zone: str
    day: str  # the local date of the times
    parameters: Mapping[str, str]
    readings: tuple[str, ...]
    until: str
    expect: tuple[str, ...]
    line: int
    holidays: str = ""  # code of a calendar of public holidays


@dataclass(frozen=True, slots=True)
class Rule:
    """One immutable version of a rule."""

    name: str
    title: str
    why: str
    source: str
    not_for: str
    guidance: tuple[str, ...]
    subject: Literal["resident", "home"]
    priority: Priority
    audience: tuple[str, ...]
    urgent: bool  # settled at once, before the watermark
    tell_late_ms: int  # an episode that is known later than this is an annotation, not an alert
    at_most_ms: int | None  # told at most once in so long for a subject; None: every time
    yields_to: tuple[str, ...]  # rules whose open episode holds this rule's alert back
    parameters: Mapping[str, Parameter]
    examples: tuple[Example, ...]
    text: str  # the file, line ends and trailing blanks normalised; parse_rule gives this rule back
    version: str  # hash of meaning: tree, ranges, operator versions, catalogue entries
    uses: tuple[SignalRef, ...]
    absence: bool  # speaks of what did not come: without coverage it says "we cannot see"
    momentary: bool  # an event: its end is no return to normal
    lookback_ms: int  # with the widest parameters
    tree: Node
    clear: Node | None  # an open episode ends when this holds instead of when `tree` is false

    def __reduce__(self) -> tuple[Callable[..., "Rule"], tuple[Any, ...]]:
        """Rules cross process borders as their text."""
        from rules.file.language import parse_rule  # it makes rules, so it stands above them

        return parse_rule, (self.text, f"{self.name}.yaml")

    def defaults(self) -> dict[str, Decimal]:
        return {name: parameter.default for name, parameter in self.parameters.items()}

    def values(self, given: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Defaults with `given` over them, each checked. Raises ValueOutOfRange."""
        for name in given:
            if name not in self.parameters:
                hint = nearest(name, self.parameters)
                raise ValueOutOfRange(
                    "set a parameter", self.name, Spoken("has no {name}", name=repr(name)), hint
                )
        checked = {name: self.parameters[name].check(value) for name, value in given.items()}
        return {**self.defaults(), **checked}
