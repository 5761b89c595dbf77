"""Times as devices write them: RFC 3339 with a zone, or whole milliseconds since 1970."""

import datetime as dt
from typing import Any

import msgspec

from devices.dialects.values import LATEST, Unreadable

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)


def instant(raw: Any) -> int:
    """Milliseconds UTC. Raises Unreadable with code `time`."""
    if type(raw) is int:
        at = raw
    elif type(raw) is str:
        try:
            at = (msgspec.convert(raw, dt.datetime) - _EPOCH) // _MILLISECOND
        except TypeError as error:  # a time without a zone cannot be subtracted
            raise Unreadable(
                "time", "the time has no zone; end it with Z or an offset such as +01:00"
            ) from error
        except (msgspec.ValidationError, OverflowError) as error:
            raise Unreadable(
                "time", "the time is not RFC 3339, such as 2026-11-24T18:07:45Z"
            ) from error
    else:
        raise Unreadable(
            "time", "the time is neither RFC 3339 text nor whole milliseconds since 1970"
        )
    if not 0 <= at <= LATEST:
        raise Unreadable("time", "the time lies outside the years 1970 to 9999")
    return at
