"""JSON without surprises: exact decimals, and a repeated key is refused instead of overwritten.

msgspec decodes fast but lets the last of two equal keys win. A key is a quote, perhaps white space,
and a colon; counting those in the bytes gives at least the number of keys, and where that number is
no larger than the keys that were decoded, none can stand twice. Otherwise (nested values, escapes,
odd texts) the slow and exact parser of the standard library decides.
"""

import json
from decimal import Decimal, DecimalException
from typing import Any

import msgspec

from devices.dialects.values import Unreadable

_DECODER = msgspec.json.Decoder(float_hook=Decimal)

_OBJECTS = {dict}
_SPACED = (b" :", b"\t:", b"\n:", b"\r:")


def parse(payload: bytes) -> Any:
    """The parsed payload: floats are Decimal, integers int.

    Raises Unreadable with code `not-json` or `repeated-key`.
    """
    try:
        tree = _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable("not-json", f"not JSON: {error}") from error
    except DecimalException as error:
        raise Unreadable("not-json", "a number's exponent is beyond all measure") from error
    except RecursionError as error:
        raise Unreadable("not-json", "it nests too deeply") from error
    if b"\\" in payload or payload.count(b":") > _keys(tree) < _most(payload):
        _exact(payload)
    return tree


def _keys(tree: Any) -> int:
    """Keys of the decoded form, where it has one of the shapes of a message; else -1."""
    if type(tree) is dict:
        readings = tree.get("readings")
        if readings is None:
            return len(tree)
        inner = _keys_in(readings)
        return -1 if inner < 0 else len(tree) + inner
    return _keys_in(tree)


def _keys_in(readings: Any) -> int:
    if type(readings) is not list or set(map(type, readings)) != _OBJECTS:
        return -1
    return sum(map(len, readings))


def _most(payload: bytes) -> int:
    """At least as many as there are keys in the bytes."""
    return payload.count(b'":') + sum(map(payload.count, _SPACED))


def _exact(payload: bytes) -> None:
    """Raise where an object has a key twice; slow."""
    try:
        json.loads(payload, object_pairs_hook=_unique, parse_int=len, parse_float=len)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not-json", f"not JSON: {error}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable("repeated-key", f"the key {key[:60]!r} stands twice; send it once")
        found[key] = value
    return found
