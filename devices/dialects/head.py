"""What tells one message from its repetition, read without decoding it: for the journal's digest.

A look of less than a microsecond at JSON; CBOR is looked at in full. Never raises. What it cannot
read counts as unidentified, so that a doubt keeps a message twice rather than losing one.
"""

import datetime as dt
from typing import Annotated, Any, NamedTuple

import msgspec

from devices.dialects import senml_cbor

# A device without a battery-backed clock starts again in 1970 (or at its build date) after every
# reset, so its early times repeat and identify nothing.
SINCE_S = 1_420_070_400  # 2015-01-01
SINCE_MS = SINCE_S * 1000
_SINCE = dt.datetime.fromtimestamp(SINCE_S, dt.UTC)


class Head(NamedTuple):
    """Sequence numbers as sent, and whether the device named a time of its own."""

    boot: int | None
    seq: int | None
    timed: bool

    @property
    def identified(self) -> bool:
        """Equal topic and payload then mean the same message. A bare seq restarts unseen."""
        return self.timed or (self.boot is not None and self.seq is not None)


NOTHING = Head(None, None, timed=False)

Time = int | Annotated[dt.datetime, msgspec.Meta(tz=True)] | None


class _One(msgspec.Struct, gc=False):
    signal: str | None = None  # the product's own JSON; absent in SenML
    time: Time = None
    t: float | None = None
    bt: float | None = None


class _Top(msgspec.Struct, gc=False):
    boot: int | None = None
    seq: int | None = None
    time: Time = None
    readings: list[_One] | None = None


_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_Top | list[_One])


def peek(payload: bytes) -> Head:
    """The head of any dialect's payload."""
    if payload[:1] >= b"\x80":
        return Head(None, None, senml_cbor.timed(payload, SINCE_S))
    try:
        top = _DECODER.decode(payload)
    except (ValueError, RecursionError):  # every DecodeError is a ValueError
        return NOTHING
    if type(top) is list:
        return Head(None, None, _any(top))
    return Head(top.boot, top.seq, _named(top.time) or (bool(top.readings) and _any(top.readings)))


def _any(readings: list[_One]) -> bool:
    base = 0.0
    for reading in readings:
        if reading.signal is not None:
            if _named(reading.time):
                return True
        else:
            if reading.bt is not None:
                base = reading.bt
            if base + (reading.t or 0.0) >= SINCE_S:
                return True
    return False


def _named(time: Time) -> bool:
    if time is None:
        return False
    return time >= SINCE_MS if isinstance(time, int) else time >= _SINCE
