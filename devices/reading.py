"""The word that this package owns: a reading, and what a dialect makes of a payload.

    bytes --dialect--> Decoded(items, refusals) --gateway/intake/placing--> Reading

An `Item` is what a device said; it is not yet known whose it is. A `Reading` is an item whose
device, home, resident, place and time have been settled. Times are int64 milliseconds UTC.
Values that rules compare are int64 counts of the signal's resolution (see `signals.py`).
"""

from decimal import Decimal
from enum import IntFlag

import msgspec


class Quality(IntFlag):
    """What is doubtful about a reading. Stored as a plain int; 0 is a reading without doubt."""

    OK = 0
    SKEWED = 1  # device time far behind what it can be (1970, or older than the retention)
    FUTURE = 2  # device time ahead of the site's clock: clamped to the time of receipt
    UNTIMED = 4  # the device sent no time: the time of receipt stands in
    IMPLAUSIBLE = 8  # outside the catalogue's range: kept, ignored by rules
    BACKLOG = 16  # untimed and received in the first minute after a gap: not evidence, no coverage
    RETAINED = 32  # a broker's leftover: state, never an event
    REPEATED = 64  # untimed without a sequence number: possibly delivered twice


class Item(msgspec.Struct, frozen=True, gc=False):
    """One value as the device said it."""

    index: int  # position in the message: part of the reading's identity
    signal: str  # a name in the catalogue
    x: int  # count of the signal's resolution, rounded half-up after unit conversion
    plausible: bool
    at: int | None  # device time, ms UTC
    value: str  # the original number or word, as sent
    unit: str | None  # the original unit, where one was named
    slot: int | None = None  # user slot of a multi-user device (scale, cuff)
    after_receipt: int = 0  # where `at` is None: ms after (negative: before) the time of receipt


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Why one part of a message, or all of it (index None), is no reading."""

    index: int | None
    code: str  # a short stable word: "not-json", "unknown-signal", "unit", "range", "time", …
    reason: str  # a sentence that names the object and what to do


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """All that a dialect found in one payload."""

    items: tuple[Item, ...]
    refusals: tuple[Refusal, ...] = ()
    boot: int | None = None
    seq: int | None = None
    unknown_keys: int = 0  # tolerated and counted


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One value of one signal at one time from one device, settled.

    (offset, index) is its identity: the journal's offset of its message, and its position there.
    """

    offset: int
    index: int
    site: str
    home: str
    device: str
    resident: str | None  # None: it belongs to the home
    place: str | None  # where the device stands: "kitchen", "outer", …
    signal: str
    x: int
    at: int  # the time that rules use
    measured_at: int | None  # the device's own claim
    received_at: int  # site clock at receipt (wall for wall sites, last tick for data sites)
    quality: int  # Quality bits
    value: str
    unit: str | None


def exact(x: int, resolution: Decimal) -> Decimal:
    """The decimal value of `x` counts of a signal's resolution."""
    return x * resolution
