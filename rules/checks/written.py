"""Answers of nodes as a rule file would write them: for examples and tools, in no language."""

from decimal import Decimal

from devices.signals import Signal
from rules.quantity import FINE, MS, write
from rules.tree import Counted, Measure


def written(x: int | None, measure: Measure | None) -> str:
    """True, false, unknown, or a number with its unit."""
    if x is None:
        return "unknown"
    if measure is None:
        return "true" if x > 0 else "false"
    if measure.signal is not None:
        return _of_signal(x, measure.signal, measure.counted)
    if measure.counted is Counted.LENGTH:
        return written_length(x)
    if measure.counted is Counted.DEVIATION:
        return write(_shortest(Decimal(x) / FINE), "1")
    return str(x)


def _of_signal(x: int, signal: Signal, counted: Counted) -> str:
    if signal.words and counted is Counted.VALUE:
        return signal.word(x) or str(x)
    if counted is Counted.RATE:
        unit = f"{'' if signal.unit == '1' else signal.unit}/d"
        return write(_shortest(Decimal(x) / (signal.scale * FINE)), unit)
    return write(Decimal(x).scaleb(-signal.decimals), signal.unit)


def written_length(ms: int) -> str:
    """In the largest unit that leaves no rest: `45 min`, `2 h`, `3 d`."""
    if ms == 0:
        return "0 min"
    unit = next(u for u in ("d", "h", "min", "s", "ms") if not ms % MS[u])
    return f"{ms // MS[unit]} {unit}"


def _shortest(number: Decimal) -> Decimal:
    plain = number.normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain
