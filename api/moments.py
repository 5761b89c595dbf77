"""A moment as people and programs write it: milliseconds, RFC 3339, or the site's wall time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from api.bounds import END_OF_TIME_MS
from devices.errors import Refused, Spoken
from rules.zones import offsets

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
HINT = "Write it as 2026-11-04 03:10 (the site's time), or with a zone: 2026-11-04T03:10:00Z"
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
        raise Refused("read a moment", text[:LONGEST], Spoken("is no moment"), HINT)
    if moment.tzinfo is None:
        return _checked(_local(moment, zone), text)
    return _checked((moment.astimezone(UTC) - EPOCH) // MS, text)


def _local(wall: datetime, zone: str) -> int:
    """Ms UTC of a wall time: the first, if it repeats; where clocks jump over it, their jump."""
    shown = (wall.replace(tzinfo=UTC) - EPOCH) // MS
    first, *changes = offsets(zone)
    before = first[1]
    for at, shift in changes:
        if at + before <= shown < at + shift:
            return at
        before = shift
    return (wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC) - EPOCH) // MS


def _checked(at: int, text: str) -> int:
    if not 0 <= at <= END_OF_TIME_MS:
        raise Refused("read a moment", text[:LONGEST], Spoken("lies outside all time"), HINT)
    return at


def wall_time(at: int, zone: str) -> str:
    """As a browser's field for date and time takes it, in the site's zone."""
    local = (EPOCH + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone))
    return local.strftime("%Y-%m-%dT%H:%M")
