"""A moment as people and programs write it: milliseconds, RFC 3339, or the site's wall time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from api.bounds import END_OF_TIME_MS
from devices.errors import Refused

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HINT = "Write it as 2026-11-04 03:10 (the site's time), or with a zone: 2026-11-04T03:10:00Z"
FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f")
LONGEST = 40


def read_moment(text: str, zone: str) -> int:
    """Milliseconds UTC. Raises Refused.

    A wall time that repeats is its first, one that does not exist the next that does.
    """
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= len(str(END_OF_TIME_MS)):
        return _checked(int(text), text)
    try:
        moment = datetime.fromisoformat(text) if len(text) <= LONGEST else None
    except ValueError:
        moment = None
    if moment is None or (moment.tzinfo is None and ":" not in text):
        raise Refused("read a moment", text[:LONGEST], "is no moment", HINT)
    if moment.tzinfo is None:
        moment = _local(moment, ZoneInfo(zone))
    return _checked((moment.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1), text)


def _local(wall: datetime, zone: ZoneInfo) -> datetime:
    first = wall.replace(tzinfo=zone, fold=0)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall:
        return first
    # It falls into a gap: the clocks jump to the next valid time at the change of offset.
    before, after = first.utcoffset(), wall.replace(tzinfo=zone, fold=1).utcoffset()
    assert before is not None
    assert after is not None
    low, high = first.astimezone(UTC) - abs(after - before), first.astimezone(UTC)
    while high - low > timedelta(milliseconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0) + timedelta(seconds=high.microsecond > 0)


def _checked(at: int, text: str) -> int:
    if not 0 <= at <= END_OF_TIME_MS:
        raise Refused("read a moment", text[:LONGEST], "lies outside all time", HINT)
    return at


def wall_time(at: int, zone: str) -> str:
    """As a browser's field for date and time takes it, in the site's zone."""
    local = (EPOCH + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone))
    return local.strftime("%Y-%m-%dT%H:%M")
