"""Times as devices write them: RFC 3339 with a zone, or whole milliseconds since 1970."""

import datetime as dt

import msgspec

from devices.dialects.values import LATEST

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)


def instant(raw: object) -> int | str:
    """Milliseconds UTC, or a sentence that says why it is none."""
    if type(raw) is int:
        if 0 <= raw <= LATEST:
            return raw
        return "the time lies outside the years 1970 to 9999; send whole milliseconds since 1970"
    if type(raw) is not str:
        return "the time is neither RFC 3339 text nor whole milliseconds since 1970"
    try:
        at = msgspec.convert(raw, dt.datetime)
        milliseconds = (at - _EPOCH) // _MILLISECOND
    except TypeError:  # a time without a zone cannot be subtracted
        return "the time has no zone; end it with Z or an offset such as +01:00"
    except (msgspec.ValidationError, OverflowError):
        return "the time is not RFC 3339, such as 2026-11-24T18:07:45Z"
    if 0 <= milliseconds <= LATEST:
        return milliseconds
    return "the time lies outside the years 1970 to 9999"
