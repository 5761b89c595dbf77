"""Definitions of the words of time: lengths, and the local clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays as library

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


def is_holiday(day, code):
    """Asked of the library day by day; None without a calendar."""
    if not code:
        return None
    country, _, part = code.partition("-")
    return int(day in library.country_holidays(country, subdiv=part or None, years=day.year))


def counts(day, body, world):
    """Whether a window of that day counts: 1, 0, or None where a calendar would have to say."""
    named = DAY_NAMES[day.weekday()] in body.get("days", DAY_NAMES)
    if "holiday" in body.get("days", ()):
        return 1 if named else is_holiday(day, world.holidays)
    if "except" in body and named:
        known = is_holiday(day, world.holidays)
        return None if known is None else 1 - known
    return int(named)


def answered(body, world):
    """(begin, end, answer) of the window of every day, in ms after the world's start."""
    first = (EPOCH + timedelta(milliseconds=world.start)).date() - timedelta(days=3)
    found = []
    for offset in range(world.ticks * TICK // 86_400_000 + 7):
        day: date = first + timedelta(days=offset)
        later = day + timedelta(days=body["from"] >= body["until"])
        begin = local_instant(day, body["from"], world.zone)
        end = local_instant(later, body["until"], world.zone)
        a, b = ((m - EPOCH) // timedelta(milliseconds=1) - world.start for m in (begin, end))
        found.append((a, b, counts(day, body, world)))
    return found


def windows(body, world):
    """(begin, end) of those that count."""
    return [(a, b) for a, b, answer in answered(body, world) if answer]


def time_between(body, world):
    spans = answered(body, world)
    inside = ([x for a, b, x in spans if a <= i * TICK < b] for i in range(world.ticks))
    return [found[0] if found else 0 for found in inside]


def holiday(body, world):
    """All of a local day, if the day asked for is a public holiday."""
    shift = timedelta(days={"yesterday": -1, "today": 0, "tomorrow": 1}[body])
    info = ZoneInfo(world.zone)
    local = [
        (EPOCH + timedelta(milliseconds=world.start + i * TICK)).astimezone(info).date()
        for i in range(world.ticks)
    ]
    days = {day: is_holiday(day + shift, world.holidays) for day in set(local)}
    return [days[day] for day in local]


CLOCKS = {"lasting": lasting, "time_between": time_between, "holiday": holiday}
