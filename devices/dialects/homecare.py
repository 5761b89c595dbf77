"""The product's own JSON, frozen: docs/developers/json.md shows it.

One object `{"signal", "value", "unit"?, "time"?, "slot"?}`, or a list of them, or an envelope
`{"boot"?, "seq"?, "time"?, "readings": [...]}`. `boot` and `seq` may stand in the single object.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from devices.dialects.strict import parse
from devices.dialects.times import instant
from devices.dialects.values import LATEST, MISSING, Unreadable, interpret
from devices.reading import Decoded, Item, Refusal
from devices.signals import CATALOGUE

_ENVELOPE = frozenset({"boot", "seq", "time", "readings"})
_READING = frozenset({"signal", "value", "unit", "time", "slot"})
_SINGLE = _READING | {"boot", "seq"}

MAX_SEQ = (1 << 63) - 1
MAX_SLOT = 999


def decode(payload: bytes) -> Decoded:
    """Items and refusals of one payload; never raises on bad input."""
    try:
        tree = parse(payload)
        if type(tree) is dict:
            return _envelope(tree) if "readings" in tree else _single(tree)
        return _several(tree, None, None, None, 0)
    except Unreadable as error:
        return Decoded((), (error.refusal(None),))


def _single(tree: dict[str, Any]) -> Decoded:
    boot, seq = _counter(tree.get("boot")), _counter(tree.get("seq"))
    unknown = 0 if tree.keys() <= _SINGLE else len(tree.keys() - _SINGLE)
    try:
        return Decoded((_reading(0, tree, None),), (), boot, seq, unknown)
    except Unreadable as error:
        return Decoded((), (error.refusal(0),), boot, seq, unknown)


def _envelope(tree: dict[str, Any]) -> Decoded:
    boot, seq = _counter(tree.get("boot")), _counter(tree.get("seq"))
    raw = tree.get("time")
    at = None if raw is None else instant(raw)
    return _several(tree["readings"], boot, seq, at, len(tree.keys() - _ENVELOPE))


def _several(
    readings: Any, boot: int | None, seq: int | None, at: int | None, unknown: int
) -> Decoded:
    if type(readings) is not list:
        raise Unreadable("shape", "a payload is an object or a list of objects")
    if not readings:
        raise Unreadable("empty", "the list holds no reading")
    items: list[Item] = []
    refusals: list[Refusal] = []
    for index, tree in enumerate(readings):
        try:
            if type(tree) is not dict:
                raise Unreadable("shape", "a reading is an object")  # noqa: TRY301  # same handling
            items.append(_reading(index, tree, at))
            if not tree.keys() <= _READING:
                unknown += len(tree.keys() - _READING)
        except Unreadable as error:
            refusals.append(error.refusal(index))
    return Decoded(tuple(items), tuple(refusals), boot, seq, unknown)


def _reading(index: int, tree: dict[str, Any], at: int | None) -> Item:
    name = tree.get("signal")
    if type(name) is not str:
        raise Unreadable("signal", 'a reading names its signal: {"signal": "pulse", …}')
    unit = tree.get("unit")
    if unit is not None and type(unit) is not str:
        raise Unreadable("unit", f"the unit of {name[:40]!r} is no text")
    raw = tree.get("time")
    if raw is not None:
        at = raw if type(raw) is int and 0 <= raw <= LATEST else instant(raw)
    slot = tree.get("slot")
    if slot is not None and not (type(slot) is int and 0 <= slot <= MAX_SLOT):
        raise Unreadable("slot", f"a user slot is a whole number from 0 to {MAX_SLOT}")
    return interpret(index, name, tree.get("value", MISSING), unit, at, slot)


def _counter(value: Any) -> int | None:
    if value is None or (type(value) is int and 0 <= value <= MAX_SEQ):
        return value
    raise Unreadable("sequence", "boot and seq are whole numbers from 0 on")


def encode(items: Sequence[Item], boot: int | None = None, seq: int | None = None) -> bytes:
    """The shortest form that holds the items: an object, a list, or an envelope with a number."""
    readings = [_object(item) for item in items]
    numbers = {name: n for name, n in (("boot", boot), ("seq", seq)) if n is not None}
    if len(readings) == 1:
        return msgspec.json.encode({**numbers, **readings[0]})
    if numbers:
        return msgspec.json.encode({**numbers, "readings": readings})
    return msgspec.json.encode(readings)


def _object(item: Item) -> dict[str, Any]:
    if item.value in CATALOGUE[item.signal].words:
        value: Any = item.value
    else:  # digits, true or false, as they came
        value = msgspec.Raw(item.value.encode())
    optional = {"unit": item.unit, "time": item.at, "slot": item.slot}
    said = {name: part for name, part in optional.items() if part is not None}
    return {"signal": item.signal, "value": value, **said}
