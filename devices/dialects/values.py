"""What every dialect does with one value once it is parsed: catalogue, unit, word, count.

The hot path (`_quick`) is the ordinary case: a value in the catalogue's own unit.
"""

import difflib
from decimal import Decimal
from typing import Any

from devices.errors import Refused
from devices.reading import Item, Refusal
from devices.signals import (
    CATALOGUE,
    MAX_COUNT,
    MAX_DIGITS,
    Kind,
    Signal,
    ValueRefused,
    to_counts,
)
from devices.units import EXACT, UnitRefused

_SIGNALS = dict(CATALOGUE)  # asked for every value: a plain dict is the fastest
_MEASUREMENT = Kind.MEASUREMENT
_product = EXACT.multiply
_whole = EXACT.to_integral_value

MISSING: Any = object()  # a value that was not sent at all, unlike null

LATEST = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
SHOWN = 60  # characters of foreign text that a reason may repeat


class Unreadable(Refused):
    """Raised inside a dialect where a part of a payload is no reading; becomes a `Refusal`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__("read", "payload", reason)
        self.code = code
        self.reason = reason

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), (self.code, self.reason)

    def refusal(self, index: int | None) -> Refusal:
        return Refusal(index, self.code, self.reason)


def interpret(
    index: int,
    name: str,
    raw: Any,
    unit: str | None = None,
    at: int | None = None,
    slot: int | None = None,
    after_receipt: int = 0,
) -> Item:
    """One item from a parsed value: int, Decimal, bool, str (a state's word) or MISSING.

    Raises Unreadable with one of the codes unknown-signal, gateway-signal, no-value, value, unit.
    """
    signal = _SIGNALS.get(name)
    if signal is None:
        raise _unknown(name)
    if unit is None or unit == signal.unit:
        if type(raw) is int and signal.kind is _MEASUREMENT:  # as `_quick`, which costs a call
            x = raw * signal.scale
            if -MAX_COUNT <= x <= MAX_COUNT and len(text := str(raw)) <= MAX_DIGITS:
                plausible = signal.low_x <= x <= signal.high_x
                return Item(index, name, x, plausible, at, text, unit, slot, after_receipt)
        made = _quick(signal, index, raw, unit, at, slot, after_receipt)
        if made is not None:
            return made
    if signal.by_gateway and name != "tick":
        raise Unreadable("gateway-signal", f"{name!r} is fed by the gateway, never by devices")
    x, plausible, text = _careful(signal, raw, unit)
    return Item(index, name, x, plausible, at, text, unit, slot, after_receipt)


def _quick(
    signal: Signal,
    index: int,
    raw: Any,
    unit: str | None,
    at: int | None,
    slot: int | None,
    after_receipt: int,
) -> Item | None:
    """The ordinary case in the catalogue's own unit; None leaves it to the careful way."""
    if signal.kind is _MEASUREMENT:
        if type(raw) is not Decimal or not -MAX_DIGITS < raw.adjusted() < 16:
            return None
        x = int(_whole(_product(raw, signal.scale)))
        if -MAX_COUNT <= x <= MAX_COUNT and len(text := str(raw)) <= MAX_DIGITS:
            plausible = signal.low_x <= x <= signal.high_x
            return Item(index, signal.name, x, plausible, at, text, unit, slot, after_receipt)
    elif signal.kind is Kind.EVENT:
        if raw is MISSING or (type(raw) is int and raw == 1):
            return Item(index, signal.name, 1, True, at, "1", unit, slot, after_receipt)
    elif (
        type(raw) is str and not signal.by_gateway and (state := signal.words.get(raw)) is not None
    ):
        return Item(index, signal.name, state, True, at, raw, unit, slot, after_receipt)
    return None


def _careful(signal: Signal, raw: Any, unit: str | None) -> tuple[int, bool, str]:
    """(count, plausible, the value as text) of anything that `_quick` did not take."""
    if raw is MISSING:
        raise Unreadable("no-value", f"{signal.name!r} needs a value")
    kind = type(raw)
    if kind is bool or kind is str:
        return _word(signal, raw, unit)
    if kind is not int and kind is not Decimal:
        raise Unreadable("value", f"the value of {signal.name!r} is no number, word, true or false")
    try:
        x, plausible = to_counts(signal, Decimal(raw), unit)
    except UnitRefused as error:
        raise Unreadable("unit", str(error)) from error
    except ValueRefused as error:
        raise Unreadable("value", str(error)) from error
    if signal.kind is not Kind.MEASUREMENT and not (plausible and x == raw):
        raise _no_such_state(signal, str(raw))
    return x, plausible, str(raw)


def _word(signal: Signal, raw: str | bool, unit: str | None) -> tuple[int, bool, str]:
    """A state's word, or true and false, which stand for 1 and 0."""
    if signal.kind is Kind.MEASUREMENT:
        raise Unreadable("value", f"{signal.name!r} is measured: send a number, without quotes")
    if unit is not None and unit != signal.unit:
        raise Unreadable("unit", f"{signal.name!r} has no unit")
    if raw is True:
        return 1, True, "true"
    if raw is False and signal.kind is Kind.STATE:
        return 0, True, "false"
    word = str(raw)
    if word not in signal.words:
        raise _no_such_state(signal, word)
    return signal.words[word], True, word


def _no_such_state(signal: Signal, said: str) -> Unreadable:
    if signal.kind is Kind.EVENT:
        hint = "it is an event: send it without a value, or with 1 or true, when it happens"
    else:
        hint = f"known: {', '.join(signal.words)}"
    return Unreadable("value", f"{signal.name!r} cannot be {said[:SHOWN]!r}; {hint}")


def _unknown(name: str) -> Unreadable:
    short = name[:SHOWN]
    near = difflib.get_close_matches(short, CATALOGUE, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}?" if near else "docs/developers/json.md lists the signals"
    return Unreadable("unknown-signal", f"no signal is called {short!r}; {hint}")
