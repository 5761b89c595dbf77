"""Definitions of what is usual for a person: from each local day's readings, anew at each one."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor, isqrt
from zoneinfo import ZoneInfo

from tests.properties.oracle.windowed import half_up, median_of
from tests.properties.oracle.world import TICK, ticks_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_AGE = {"spo2": "15 min", "systolic": "24 h"}


def local(tick, world):
    moment = EPOCH + timedelta(milliseconds=world.start + tick * TICK)
    return moment.astimezone(ZoneInfo(world.zone))


def values_of_days(body, world, points, tick):
    """Of each day before that of `tick` its mean, in hundredths."""
    now = local(tick, world)
    days = int(body.get("over", "28 d").split()[0])
    found = []
    for back in range(1, days + 1):
        day = now.date() - timedelta(days=back)
        read = [
            x
            for moment, x in points
            if moment.date() == day
            and (body.get("hour") != "same" or (moment.hour - now.hour) % 24 in {23, 0, 1})
        ]
        if read:
            found.append(floor(Fraction(100 * sum(read), len(read)) + Fraction(1, 2)))
    return found if len(found) >= int(body.get("needs", 7)) else None


def at_newest(body, world, function):
    points = world.of(body["signal"])
    moments = [(local(j, world), x) for j, x in points]
    age = ticks_of(body.get("max_age", MAX_AGE[body["signal"]]))
    known = {}
    out = []
    for i in range(world.ticks):
        past = [p for p in points if p[0] <= i]
        if not past or i >= past[-1][0] + age:
            out.append(None)
            continue
        tick, x = past[-1]
        if tick not in known:
            known[tick] = values_of_days(body, world, moments, tick)
        out.append(None if known[tick] is None else function(known[tick], x))
    return out


def baseline(body, world):
    def centre(values, _x):
        middle = (
            median_of(values)
            if body.get("centre") == "median"
            else Fraction(sum(values), len(values))
        )
        return half_up(middle / 100)

    return at_newest(body, world, centre)


def deviation(body, world):
    """Spreads are reckoned to the ten-thousandth of a count, standard deviations downwards."""
    least = 10_000 * int(body.get("least_spread", "1").split()[0])

    def far(values, x):
        if body.get("centre") == "median":
            middle = median_of(values)
            distance = median_of([abs(v - middle) for v in values])
            spread = half_up(Fraction(14_826, 10_000) * distance * 100)
        else:
            middle = Fraction(sum(values), len(values))
            variance = sum((v - middle) ** 2 for v in values) / (len(values) - 1)
            spread = isqrt(floor(variance * 10_000))
        return half_up(10_000 * (100 * x - middle) / max(spread, least))

    return at_newest(body, world, far)


USUAL = {"baseline": baseline, "deviation": deviation}
