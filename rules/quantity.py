"""Numbers as a rule file writes them, and how each kind of number becomes int64.

    5 min      a length of time, in ms              Duration
    22:00      a time of day, in ms after midnight  Clock
    92 %       counts of a signal's resolution      Counts(signal)
    2 kg       a difference of two such counts      Difference(signal)
    1 kg/wk    a change of such a count per day     Rate(signal), in hundredths
    2.5        a plain number                       Whole, or Hundredths
    $limit     the value of a parameter, in whichever of these the place asks for

A parameter's value is a Decimal in the parameter's own unit; a time of day is in minutes after
midnight with the unit "clock".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Protocol

from pydantic import BeforeValidator, WithJsonSchema

from devices.errors import Refused, Spoken
from devices.signals import Signal, from_counts, to_counts

MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "wk": 604_800_000}
CLOCK = "clock"
MINUTE = MS["min"]
DAY = MS["d"]
LONGEST = 35 * DAY
MANY = 1_000_000  # as high as a plain number is compared with
FINE = 100  # a rate and a deviation count in hundredths

_NUMBER = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,6})?)\s*(\S{0,20})")
_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
PLACE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_REFERENCE = re.compile(r"\$([a-z][a-z0-9_]{0,39})")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit; "1" where it has none, "clock" for a time of day in minutes."""

    number: Decimal
    unit: str

    def __str__(self) -> str:
        return write(self.number, self.unit)


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands for the value of a parameter."""

    name: str

    def __str__(self) -> str:
        return f"${self.name}"


def read(text: str) -> Quantity:
    """A quantity from a rule file or a form. Raises ValueError with what is allowed."""
    text = text.strip().replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")
    if time := _TIME.fullmatch(text):
        minutes = int(time[1]) * 60 + int(time[2])
        if minutes > 24 * 60:
            raise ValueError(Spoken("{text} is later than 24:00", text=repr(text)))
        return Quantity(Decimal(minutes), CLOCK)
    if ":" in text:
        raise ValueError(
            Spoken("{text} is no time of day: write 00:00 to 24:00", text=repr(text[:40]))
        )
    if number := _NUMBER.fullmatch(text):
        return Quantity(Decimal(number[1]), number[2] or "1")
    raise ValueError(
        Spoken(
            "{text} is no quantity: write a number with its unit, or a time of day",
            text=repr(text[:40]),
        )
    )


def write(number: Decimal, unit: str) -> str:
    """As a rule file writes it; `read` gives it back."""
    if unit == CLOCK:
        hours, minutes = divmod(int(number), 60)
        return f"{hours:02}:{minutes:02}"
    digits = f"{number:f}"
    return digits if unit == "1" else f"{digits} {unit}"


def amount(value: Any) -> Quantity | Reference:
    """What a key of a condition takes. Raises ValueError."""
    if isinstance(value, Quantity | Reference):
        return value
    if not isinstance(value, str):
        raise ValueError(Spoken("write a number with its unit, a time of day, or $parameter"))  # noqa: TRY004 pydantic reports ValueError, not TypeError
    if reference := _REFERENCE.fullmatch(value.strip()):
        return Reference(reference[1])
    return read(value)


Amount = Annotated[
    Quantity | Reference,
    BeforeValidator(amount),
    WithJsonSchema({"format": "amount"}),  # `rules.file.schema` says what that is
]


def _quantity(value: Any) -> Quantity:
    if isinstance(value, Quantity):
        return value
    if not isinstance(value, str):
        raise ValueError(Spoken("write a number with its unit, or a time of day"))  # noqa: TRY004 as above
    return read(value)


Fixed = Annotated[Quantity, BeforeValidator(_quantity), WithJsonSchema({"format": "quantity"})]


class Dimension(Protocol):
    """What an argument measures: turns a quantity into int64, or refuses it."""

    def count(self, quantity: Quantity) -> int:
        """Raises ValueError where the unit does not measure it or the number is out of bounds."""
        ...


@dataclass(frozen=True, slots=True)
class Duration:
    """Milliseconds."""

    low: int = 1
    high: int = LONGEST
    step: int = 1

    def count(self, quantity: Quantity) -> int:
        if quantity.unit not in MS:
            raise ValueError(
                Spoken(
                    "{quantity} is no length of time: use {words}",
                    quantity=str(quantity),
                    words=", ".join(MS),
                )
            )
        ms = quantity.number * MS[quantity.unit]
        if ms % self.step or not self.low <= ms <= self.high:
            raise ValueError(
                Spoken(
                    "{quantity} is not between {low} and {high}, in steps of {step}",
                    quantity=str(quantity),
                    low=in_words(self.low),
                    high=in_words(self.high),
                    step=in_words(self.step),
                )
            )
        return int(ms)


@dataclass(frozen=True, slots=True)
class Window(Duration):
    """A length of time in which a signal can be read."""

    signal: Signal | None = None

    def count(self, quantity: Quantity) -> int:
        ms = Duration(self.low, self.high).count(quantity)
        if self.signal is not None and ms < self.signal.interval_ms:
            interval = in_words(self.signal.interval_ms)
            raise ValueError(
                Spoken(
                    "{quantity} is shorter than the interval of {name}, {interval}",
                    quantity=str(quantity),
                    name=self.signal.name,
                    interval=interval,
                )
            )
        return ms


@dataclass(frozen=True, slots=True)
class Clock:
    """Milliseconds after local midnight."""

    def count(self, quantity: Quantity) -> int:
        if quantity.unit != CLOCK:
            raise ValueError(
                Spoken("{quantity} is no time of day: write it as 22:00", quantity=str(quantity))
            )
        if quantity.number != int(quantity.number) or not 0 <= quantity.number <= 24 * 60:
            raise ValueError(
                Spoken("{quantity} is not between 00:00 and 24:00", quantity=str(quantity))
            )
        return int(quantity.number) * MINUTE


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a signal's resolution, within its plausible range."""

    signal: Signal

    def count(self, quantity: Quantity) -> int:
        x, plausible = _counts(self.signal, quantity)
        if not plausible:
            raise ValueError(
                Spoken(
                    "{quantity} is outside what {name} can plausibly be: {low} to {high} {unit}",
                    quantity=str(quantity),
                    name=self.signal.name,
                    low=self.signal.low,
                    high=self.signal.high,
                    unit=self.signal.unit,
                )
            )
        return x


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of two counts, no wider than the plausible range; not negative unless signed."""

    signal: Signal
    signed: bool = False
    least: int = 0  # counts

    def count(self, quantity: Quantity) -> int:
        zero, _ = _counts(self.signal, Quantity(Decimal(0), quantity.unit))
        x = _counts(self.signal, quantity)[0] - zero  # so that 2 °F is 1.1 °C, not -16.7
        widest = self.signal.high_x - self.signal.low_x
        lowest = -widest if self.signed else self.least
        if not lowest <= x <= widest:
            raise ValueError(
                Spoken(
                    "{quantity} is no difference that {name} can have: {low} to {high} {unit}",
                    quantity=str(quantity),
                    name=self.signal.name,
                    low=from_counts(self.signal, lowest),
                    high=from_counts(self.signal, widest),
                    unit=self.signal.unit,
                )
            )
        return x


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of counts of a signal that adds up."""

    signal: Signal

    def count(self, quantity: Quantity) -> int:
        x, _ = _counts(self.signal, quantity)
        if x < 0:
            raise ValueError(
                Spoken("{quantity} is no total: it cannot be negative", quantity=str(quantity))
            )
        return x


@dataclass(frozen=True, slots=True)
class Rate:
    """Hundredths of a count per day, either way: written per length of time, as in 1 kg/wk."""

    signal: Signal

    def count(self, quantity: Quantity) -> int:
        unit, _, per = quantity.unit.rpartition("/")
        if per not in MS or not (unit or self.signal.unit == "1"):
            unit = self.signal.unit if self.signal.unit != "1" else ""
            raise ValueError(
                Spoken(
                    "{quantity} is no rate of {name}: write it per day, {unit}/d",
                    quantity=str(quantity),
                    name=self.signal.name,
                    unit=unit,
                )
            )
        change = Quantity(quantity.number, unit or "1")
        zero, _ = _counts(self.signal, Quantity(Decimal(0), change.unit))
        fine = Quantity(change.number * FINE * DAY / MS[per], change.unit)
        x = _counts(self.signal, fine)[0] - zero
        widest = (self.signal.high_x - self.signal.low_x) * FINE * (DAY // MINUTE)
        if not -widest <= x <= widest:
            raise ValueError(
                Spoken(
                    "{quantity} is faster than {name} can change",
                    quantity=str(quantity),
                    name=self.signal.name,
                )
            )
        return x


@dataclass(frozen=True, slots=True)
class Hundredths:
    """A plain number with at most two decimals, either way."""

    def count(self, quantity: Quantity) -> int:
        fine = quantity.number * FINE
        if quantity.unit != "1" or fine != int(fine) or not -MANY <= fine <= MANY:
            raise ValueError(
                Spoken(
                    "{quantity} is no plain number of at most two decimals", quantity=str(quantity)
                )
            )
        return int(fine)


@dataclass(frozen=True, slots=True)
class Whole:
    """A plain whole number within bounds."""

    low: int
    high: int

    def count(self, quantity: Quantity) -> int:
        if quantity.unit != "1" or quantity.number != int(quantity.number):
            raise ValueError(Spoken("{quantity} is no whole number", quantity=str(quantity)))
        if not self.low <= quantity.number <= self.high:
            raise ValueError(
                Spoken(
                    "{quantity} is not between {low} and {high}",
                    quantity=str(quantity),
                    low=self.low,
                    high=self.high,
                )
            )
        return int(quantity.number)


def _counts(signal: Signal, quantity: Quantity) -> tuple[int, bool]:
    try:
        return to_counts(signal, quantity.number, quantity.unit)
    except Refused as error:
        raise ValueError(
            Spoken(
                "{quantity}: {problem}. {hint}",
                quantity=str(quantity),
                problem=error.problem,
                hint=error.hint,
            )
        ) from None


@dataclass(frozen=True, slots=True)
class Argument:
    """One named number of an operator: what it measures, and its value or parameter."""

    name: str
    dimension: Dimension
    value: Quantity | Reference

    def resolve(self, values: Mapping[str, Quantity]) -> Quantity:
        """The quantity itself, parameters filled in."""
        return values[self.value.name] if isinstance(self.value, Reference) else self.value

    def count(self, values: Mapping[str, Quantity]) -> int:
        return self.dimension.count(self.resolve(values))


def in_words(ms: int) -> str:
    """A length of time in the largest unit that divides it, as a rule file writes it; 0 ms."""
    unit = next((u for u in ("d", "h", "min", "s") if ms and ms % MS[u] == 0), "ms")
    return f"{ms // MS[unit]} {unit}"


def plain(number: int) -> Quantity:
    """A number without a unit."""
    return Quantity(Decimal(number), "1")
