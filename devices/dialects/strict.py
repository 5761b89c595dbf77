"""JSON without surprises: exact decimals, and a repeated key is refused instead of overwritten.

msgspec decodes fast but lets the last of two equal keys win. Every key brings one colon, so a
payload has a repeated key exactly when it has more colons than its decoded form accounts for (keys
and colons inside strings). Where that count cannot be trusted (escapes, nested values) or does not
fit, the slow and exact parser of the standard library decides.
"""

import json
from decimal import Decimal, DecimalException
from typing import Any

import msgspec

from devices.errors import Refused

_DECODER = msgspec.json.Decoder(float_hook=Decimal)

DEPTH = 64  # no format here nests deeper than 4


class NotJson(Refused):
    """Bytes that are no JSON; `problem` says why."""


class RepeatedKey(Refused):
    """An object that has one key twice."""


def parse(payload: bytes) -> Any:
    """The parsed payload: floats are Decimal, integers int. Raises NotJson or RepeatedKey."""
    try:
        tree = _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(str(error)) from error
    except DecimalException as error:
        raise _not_json("a number has an exponent beyond all measure") from error
    except RecursionError as error:
        raise _not_json("it nests too deeply") from error
    if b"\\" in payload or _colons(tree) != payload.count(b":"):
        _exact(payload)
    return tree


def _colons(tree: Any) -> int:
    """Colons that the decoded form accounts for; -1 where it has a shape that is not counted."""
    if type(tree) is dict:
        return _in_object(tree)
    if type(tree) is not list:
        return -1
    total = 0
    for item in tree:
        if type(item) is not dict:
            return -1
        count = _in_object(item)
        if count < 0:
            return -1
        total += count
    return total


def _in_object(item: dict[str, Any]) -> int:
    total = len(item)
    for key, value in item.items():
        kind = type(value)
        if kind is str:
            total += value.count(":")
        elif kind is list and key == "readings":
            inner = _colons(value)
            if inner < 0:
                return -1
            total += inner
        elif kind is dict or kind is list:
            return -1
        if ":" in key:
            return -1
    return total


def _exact(payload: bytes) -> None:
    """Raise where an object has a key twice; slow."""
    try:
        json.loads(payload, object_pairs_hook=_unique, parse_int=_skip, parse_float=_skip)
    except (ValueError, RecursionError) as error:
        raise _not_json(str(error)) from error


def _skip(text: str) -> int:
    return len(text)  # values do not matter here, and a long one must cost nothing


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # `add` returns None, that is the trick
        raise RepeatedKey(
            "read JSON", "payload", f"the key {twice[:60]!r} stands twice", "Send each key once"
        )
    return found


def _not_json(problem: str) -> NotJson:
    return NotJson("read JSON", "payload", problem, "Send one JSON object or a list of them")
