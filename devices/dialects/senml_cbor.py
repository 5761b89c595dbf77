"""SenML in CBOR (RFC 8428, 6): `application/senml+cbor`. Labels are small integers.

A binary float becomes the shortest decimal that reads back as the same float in its own width, so
that 23.1 sent in single precision is 23.1 and not 23.100000381. Tags are refused except the ones
for numbers: big integers (2, 3) and decimal fractions (4).
"""

import math
import struct
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import cbor2

from devices.dialects.senml import from_items, to_decoded
from devices.dialects.values import Unreadable
from devices.reading import Decoded, Item

LABELS = {
    -1: "bver",
    -2: "bn",
    -3: "bt",
    -4: "bu",
    -5: "bv",
    -6: "bs",
    0: "n",
    1: "u",
    2: "v",
    3: "vs",
    4: "vb",
    5: "s",
    6: "t",
    7: "ut",
    8: "vd",
}
CODES = {label: code for code, label in LABELS.items()}

DEPTH = 6  # a list of maps of scalars; a decimal fraction is a tagged pair with a big integer
FOREIGN_TAGS = (0, 1, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000, 55799)


def _refuse(*_: object) -> object:
    raise ValueError("a tag that SenML does not have")


_REFUSE_FOREIGN = dict.fromkeys(FOREIGN_TAGS, _refuse)


def _parse(payload: bytes) -> Any:
    """Raises Unreadable with code `not-cbor` or `repeated-key`."""
    try:
        return cbor2.loads(
            payload,
            max_depth=DEPTH,
            allow_duplicate_keys=False,
            semantic_decoders=_REFUSE_FOREIGN,
            tag_hook=_refuse,
        )
    except (cbor2.CBORError, ValueError, ArithmeticError, TypeError, RecursionError) as error:
        code = "repeated-key" if "uplicate" in str(error) else "not-cbor"
        raise Unreadable(code, f"not CBOR of SenML: {str(error)[:200]}") from error


def decode(payload: bytes) -> Decoded:
    """Items and refusals of one pack; never raises on bad input."""
    try:
        return to_decoded(_labelled(_parse(payload)))
    except Unreadable as error:
        return Decoded((), (error.refusal(None),))


def _labelled(records: Any) -> Any:
    if type(records) is not list:
        return records
    return [_record(record) if type(record) is dict else record for record in records]


def _record(record: dict[Any, Any]) -> dict[Any, Any]:
    out: dict[Any, Any] = {}
    for key, value in record.items():
        label = LABELS.get(key, key) if type(key) is int else key
        if label in out:
            raise Unreadable("repeated-key", f"the label {label!r} stands twice")
        if type(value) is float:
            out[label] = shortest(value)
        elif type(value) is bytes and label == "vd":
            out[label] = value.hex()
        else:
            out[label] = value
    return out


def shortest(value: float) -> Decimal:
    """The decimal a sender meant: shortest in single precision where the float fits in it."""
    if math.isfinite(value) and abs(value) < 3e38:
        single = struct.pack("<f", value)
        if struct.unpack("<f", single)[0] == value:
            for digits in range(1, 9):
                text = f"{value:.{digits}g}"
                if struct.pack("<f", float(text)) == single:
                    return Decimal(text)
    return Decimal(repr(value))


def timed(payload: bytes, since: int) -> bool:
    """Whether a record names a time of at least `since` seconds; False for anything unreadable."""
    try:
        records = _parse(payload)
        if type(records) is not list:
            return False
        base = 0.0
        for record in records:
            base = float(record.get(-3, base))
            if base + float(record.get(6, 0)) >= since:
                return True
    except (Unreadable, ValueError, ArithmeticError, TypeError, AttributeError):
        return False
    return False


def encode(items: Sequence[Item], boot: int | None = None, seq: int | None = None) -> bytes:
    """A pack of plain records; SenML has no room for boot and seq."""
    del boot, seq
    return cbor2.dumps(
        [{CODES[label]: value for label, value in record.items()} for record in from_items(items)]
    )
