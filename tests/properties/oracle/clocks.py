"""Definitions of the words of time: lengths, and the local clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.properties.oracle.world import TICK, answers, ticks_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def lasting(body, world):
    inner = answers(body["condition"], world)
    length = ticks_of(body["for"])
    out = []
    for i in range(world.ticks):
        window = [inner[u] if u >= 0 else None for u in range(i - length, i + 1)]
        if any(x == 0 for x in window):
            out.append(0)
        else:
            out.append(1 if all(x is not None for x in window) else None)
    return out


def local_instant(day, clock, zone):
    """UTC of a local time: the first if it repeats, the next valid instant if it does not exist."""
    hours, minutes = (int(part) for part in clock.split(":"))
    wall = datetime.combine(day, datetime.min.time()) + timedelta(hours=hours, minutes=minutes)
    info = ZoneInfo(zone)
    moment = wall.replace(tzinfo=info, fold=0).astimezone(UTC)
    if moment.astimezone(info).replace(tzinfo=None) == wall:
        return moment
    probe = moment - timedelta(hours=4)  # it falls into a gap: find where the clocks jump
    while probe.astimezone(info).replace(tzinfo=None) < wall:
        probe += timedelta(minutes=1)
    return probe


def windows(body, world):
    first = (EPOCH + timedelta(milliseconds=world.start)).date() - timedelta(days=3)
    found = []
    for offset in range(world.ticks * TICK // 86_400_000 + 7):
        day: date = first + timedelta(days=offset)
        if "days" in body and DAY_NAMES[day.weekday()] not in body["days"]:
            continue
        later = day + timedelta(days=body["from"] >= body["until"])
        begin = local_instant(day, body["from"], world.zone)
        end = local_instant(later, body["until"], world.zone)
        found.append(
            tuple(((m - EPOCH) // timedelta(milliseconds=1) - world.start) for m in (begin, end))
        )
    return found


def time_between(body, world):
    spans = windows(body, world)
    return [int(any(a <= i * TICK < b for a, b in spans)) for i in range(world.ticks)]


CLOCKS = {"lasting": lasting, "time_between": time_between}
