"""UTC offsets of an IANA zone, precomputed: what `time_between` reads the local clock from."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from devices.errors import Refused, Spoken

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2100, 1, 1, tzinfo=UTC)  # after it the last offset stands
LONG_AGO = -(1 << 62)
STEP = timedelta(days=1)  # no zone changes twice within a day
MS = timedelta(milliseconds=1)


class ZoneRefused(Refused):
    """No IANA zone of that name is known here."""


def zone_info(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZoneRefused(
            "read a time zone",
            name[:60],
            Spoken("no such IANA zone"),
            Spoken("Write it as Europe/Helsinki"),
        ) from None


@lru_cache(maxsize=64)
def offsets(name: str) -> tuple[tuple[int, int], ...]:
    """(from which UTC ms, offset in ms) in order; the first entry lies before all time."""
    zone = zone_info(name)

    def at(moment: datetime) -> int:
        return (moment.astimezone(zone).utcoffset() or timedelta()) // MS

    table = [(LONG_AGO, at(FIRST))]
    moment = FIRST
    while moment < LAST:
        later = moment + STEP
        if at(later) != table[-1][1]:
            low, high = moment, later
            while high - low > timedelta(seconds=1):
                middle = low + ((high - low) // 2)
                low, high = (middle, high) if at(middle) == at(moment) else (low, middle)
            changed = high.replace(microsecond=0)
            table.append(((changed - FIRST) // MS, at(later)))
        moment = later
    return tuple(table)
