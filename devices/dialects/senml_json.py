"""SenML in JSON (RFC 8428, 5): `application/senml+json`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from devices.dialects.senml import from_items, to_decoded
from devices.dialects.strict import parse
from devices.dialects.values import Unreadable
from devices.reading import Decoded, Item


def decode(payload: bytes) -> Decoded:
    """Items and refusals of one pack; never raises on bad input."""
    try:
        return to_decoded(parse(payload))
    except Unreadable as error:
        return Decoded((), (error.refusal(None),))


def encode(items: Sequence[Item], boot: int | None = None, seq: int | None = None) -> bytes:
    """A pack of plain records; SenML has no room for boot and seq."""
    del boot, seq
    return msgspec.json.encode([_raw(record) for record in from_items(items)])


def _raw(record: dict[str, Any]) -> dict[str, Any]:
    return {
        label: msgspec.Raw(str(value).encode()) if isinstance(value, Decimal) else value
        for label, value in record.items()
    }
