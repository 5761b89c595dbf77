"""The product's own JSON, frozen: docs/developers/json.md shows it.

One object `{"signal", "value", "unit"?, "time"?, "slot"?}`, or a list of them, or an envelope
`{"boot"?, "seq"?, "time"?, "readings": [...]}`. `boot` and `seq` may stand in the single object.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from devices.dialects.strict import NotJson, RepeatedKey, parse
from devices.dialects.times import instant
from devices.dialects.values import MAX_SLOT, MISSING, interpret
from devices.reading import Decoded, Item, Refusal
from devices.signals import CATALOGUE

_ENVELOPE = frozenset({"boot", "seq", "time", "readings"})
_READING = frozenset({"signal", "value", "unit", "time", "slot"})
_SINGLE = _READING | {"boot", "seq"}

MAX_SEQ = (1 << 63) - 1


def decode(payload: bytes) -> Decoded:
    """Items and refusals of one payload; never raises on bad input."""
    try:
        tree = parse(payload)
    except NotJson as error:
        return Decoded((), (Refusal(None, "not-json", str(error)),))
    except RepeatedKey as error:
        return Decoded((), (Refusal(None, "repeated-key", str(error)),))
    if type(tree) is dict:
        return _envelope(tree) if "readings" in tree else _single(tree)
    if type(tree) is list:
        return _several(tree, None, None, None, 0)
    return _whole("shape", "a payload is an object or a list of objects")


def _whole(code: str, reason: str) -> Decoded:
    return Decoded((), (Refusal(None, code, reason),))


def _single(tree: dict[str, Any]) -> Decoded:
    boot, seq = tree.get("boot"), tree.get("seq")
    if not (_counter(boot) and _counter(seq)):
        return _whole("sequence", "boot and seq are whole numbers from 0 on")
    found = _reading(0, tree, None)
    unknown = 0 if tree.keys() <= _SINGLE else len(tree.keys() - _SINGLE)
    if type(found) is Item:
        return Decoded((found,), (), boot, seq, unknown)
    return Decoded((), (found,), boot, seq, unknown)  # type: ignore[arg-type]  # a Refusal then


def _envelope(tree: dict[str, Any]) -> Decoded:
    boot, seq, readings = tree.get("boot"), tree.get("seq"), tree["readings"]
    if type(readings) is not list:
        return _whole("shape", "`readings` is a list of objects")
    if not (_counter(boot) and _counter(seq)):
        return _whole("sequence", "boot and seq are whole numbers from 0 on")
    at: int | None = None
    if (raw := tree.get("time")) is not None:
        common = instant(raw)
        if type(common) is str:
            return _whole("time", common)
        at = common  # type: ignore[assignment]  # an int then
    unknown = len(tree.keys() - _ENVELOPE)
    return _several(readings, boot, seq, at, unknown)


def _several(
    readings: list[Any], boot: int | None, seq: int | None, at: int | None, unknown: int
) -> Decoded:
    if not readings:
        return _whole("empty", "the list holds no reading")
    items: list[Item] = []
    refusals: list[Refusal] = []
    for index, tree in enumerate(readings):
        if type(tree) is not dict:
            refusals.append(Refusal(index, "shape", "a reading is an object"))
            continue
        found = _reading(index, tree, at)
        if type(found) is Item:
            items.append(found)
        else:
            refusals.append(found)  # type: ignore[arg-type]  # a Refusal then
        if not tree.keys() <= _READING:
            unknown += len(tree.keys() - _READING)
    return Decoded(tuple(items), tuple(refusals), boot, seq, unknown)


def _reading(index: int, tree: dict[str, Any], at: int | None) -> Item | Refusal:
    name = tree.get("signal")
    if type(name) is not str:
        return Refusal(index, "signal", 'a reading names its signal: {"signal": "pulse", …}')
    unit = tree.get("unit")
    if unit is not None and type(unit) is not str:
        return Refusal(index, "unit", f"the unit of {name[:40]!r} is no text")
    raw = tree.get("time")
    if raw is not None:
        own = instant(raw)
        if type(own) is str:
            return Refusal(index, "time", own)
        at = own  # type: ignore[assignment]  # an int then
    slot = tree.get("slot")
    if slot is not None and not (type(slot) is int and 0 <= slot <= MAX_SLOT):
        return Refusal(index, "slot", f"a user slot is a whole number from 0 to {MAX_SLOT}")
    return interpret(index, name, tree.get("value", MISSING), unit, at, slot)


def _counter(value: object) -> bool:
    return value is None or (type(value) is int and 0 <= value <= MAX_SEQ)


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
    said: dict[str, Any] = {"signal": item.signal}
    if item.value in CATALOGUE[item.signal].words:
        said["value"] = item.value
    else:  # digits, true or false, as they came
        said["value"] = msgspec.Raw(item.value.encode())
    for name, value in (("unit", item.unit), ("time", item.at), ("slot", item.slot)):
        if value is not None:
            said[name] = value
    return said
