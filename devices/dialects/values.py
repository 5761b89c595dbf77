"""What every dialect does with one value once it is parsed: catalogue, unit, word, count.

The hot path: a number in the catalogue's own unit costs no decimal arithmetic where it is whole.
"""

import difflib
from decimal import Decimal

from devices.reading import Item, Refusal
from devices.signals import CATALOGUE, MAX_COUNT, Kind, Signal, ValueRefused, to_counts
from devices.units import UnitRefused

type_of = type
MISSING = object()  # a value that was not sent at all, unlike null

LATEST = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
MAX_SLOT = 999
SHOWN = 60  # characters of foreign text that a reason may repeat


def interpret(
    index: int,
    name: str,
    raw: object,
    unit: str | None = None,
    at: int | None = None,
    slot: int | None = None,
    after_receipt: int = 0,
) -> Item | Refusal:
    """One item from a parsed value: int, Decimal, bool, str (a state's word) or MISSING."""
    signal = CATALOGUE.get(name)
    if signal is None:
        return _unknown(index, name)
    if signal.by_gateway and signal.name != "tick":
        return Refusal(index, "gateway-signal", f"{name!r} is fed by the gateway, never by devices")
    kind = type_of(raw)
    own = unit is None or unit == signal.unit
    if kind is int and own and signal.kind is Kind.MEASUREMENT:
        x: int = raw * signal.scale  # type: ignore[operator]  # `kind` says that it is an int
        if -MAX_COUNT <= x <= MAX_COUNT:
            plausible = signal.low_x <= x <= signal.high_x
            return Item(index, name, x, plausible, at, str(raw), unit, slot, after_receipt)
    if raw is MISSING:
        if signal.kind is not Kind.EVENT:
            return Refusal(index, "no-value", f"{name!r} needs a value")
        raw = 1
    elif kind is bool or kind is str:
        return _word(signal, index, raw, unit, at, slot, after_receipt)
    elif kind is not int and kind is not Decimal:
        return Refusal(index, "value", f"the value of {name!r} is no number, word, true or false")
    return _number(signal, index, raw, unit, at, slot, after_receipt)


def _number(
    signal: Signal,
    index: int,
    raw: object,
    unit: str | None,
    at: int | None,
    slot: int | None,
    after_receipt: int,
) -> Item | Refusal:
    number = raw if isinstance(raw, Decimal) else Decimal(raw)  # type: ignore[arg-type]  # an int
    try:
        x, plausible = to_counts(signal, number, unit)
    except UnitRefused as error:
        return Refusal(index, "unit", str(error))
    except ValueRefused as error:
        return Refusal(index, "value", str(error))
    if signal.kind is not Kind.MEASUREMENT and not (plausible and x == number):
        return _no_such_state(signal, index, str(number)[:SHOWN])
    return Item(index, signal.name, x, plausible, at, str(raw), unit, slot, after_receipt)


def _word(
    signal: Signal,
    index: int,
    raw: object,
    unit: str | None,
    at: int | None,
    slot: int | None,
    after_receipt: int,
) -> Item | Refusal:
    """A state's word, or true and false, which stand for 1 and 0."""
    if signal.kind is Kind.MEASUREMENT:
        return Refusal(
            index, "value", f"{signal.name!r} is measured: send a number, without quotes"
        )
    if unit is not None and unit != signal.unit:
        return Refusal(index, "unit", f"{signal.name!r} has no unit")
    if isinstance(raw, bool):
        word, x = ("true", 1) if raw else ("false", 0)
        if signal.kind is Kind.EVENT and not raw:
            return _no_such_state(signal, index, word)
    else:
        word = str(raw)
        found = signal.words.get(word)
        if found is None:
            return _no_such_state(signal, index, word)
        x = found
    return Item(index, signal.name, x, True, at, word, unit, slot, after_receipt)


def _no_such_state(signal: Signal, index: int, said: str) -> Refusal:
    if signal.kind is Kind.EVENT:
        hint = "it is an event: send it without a value, or with 1 or true, when it happens"
    else:
        hint = f"known: {', '.join(signal.words)}"
    return Refusal(index, "value", f"{signal.name!r} cannot be {said[:SHOWN]!r}; {hint}")


def _unknown(index: int, name: str) -> Refusal:
    short = name[:SHOWN]
    near = difflib.get_close_matches(short, CATALOGUE, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}?" if near else "docs/developers/json.md lists the signals"
    return Refusal(index, "unknown-signal", f"no signal is called {short!r}; {hint}")
