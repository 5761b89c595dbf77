"""Readings for stories about stores: a home in Donegal, one a message, a second apart."""

from collections.abc import Iterable
from typing import Any

from devices.reading import Reading

T0 = 1_760_000_000_000


def reading(offset: int, **changes: Any) -> Reading:
    """A pulse of Anna's, measured `offset` seconds after T0 and received at once."""
    at = changes.pop("at", T0 + 1000 * offset)
    fields: dict[str, Any] = {
        "offset": offset,
        "index": 0,
        "site": "donegal",
        "home": "home-1",
        "device": "cuff-1",
        "resident": "res-1",
        "place": None,
        "signal": "pulse",
        "x": 60 + offset % 40,
        "at": at,
        "measured_at": at,
        "received_at": at,
        "quality": 0,
        "value": str(60 + offset % 40),
        "unit": "/min",
    }
    return Reading(**{**fields, **changes})


def motion(offset: int, **changes: Any) -> Reading:
    """Somebody moves in the kitchen: the home's own, untimed."""
    said = {"device": "pir-1", "resident": None, "place": "kitchen", "signal": "motion", "x": 1}
    return reading(offset, **{**said, "value": "1", "unit": None, "measured_at": None, **changes})


def identities(readings: Iterable[Reading]) -> list[tuple[int, int]]:
    return [(r.offset, r.index) for r in readings]
