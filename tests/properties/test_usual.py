"""What is usual for a person, over many days and both clock changes, against its definition; and
the local clock that it is reckoned by.
"""

import os
import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from math import floor, isqrt
from zoneinfo import ZoneInfo

import pytest

from rules.operators import BY_WORD, U
from rules.operators.arithmetic import shown
from rules.zones import offsets
from tests.properties.oracle.windowed import half_up, median_of

CASES = int(os.environ.get("RANDOM_CASES", "200"))
ZONE = "Europe/Helsinki"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHANGES = (datetime(2025, 10, 26, 1, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC))
HOUR = 3_600_000
DAY = 24 * HOUR


def table():
    found = offsets(ZONE)
    return [len(found), *(at for at, _ in found), *(shift for _, shift in found)]


def ms(moment):
    return (moment - EPOCH) // timedelta(milliseconds=1)


@cache
def local(t):
    return (EPOCH + timedelta(milliseconds=t)).astimezone(ZoneInfo(ZONE))


@pytest.mark.parametrize("change", CHANGES)
def test_the_clock_that_is_shown_never_goes_back(change):
    latest = 0
    for t in range(ms(change) - 3 * HOUR, ms(change) + 3 * HOUR, 60_000):
        now = local(t).replace(tzinfo=UTC)
        latest = max(latest, ms(now))
        clock = shown(table(), 0, t)
        assert latest - 60_000 < clock <= latest + 59_999
        assert clock // DAY == latest // DAY
    assert shown(table(), 0, ms(change) - 1) == ms(local(ms(change) - 1).replace(tzinfo=UTC))
    again = shown(table(), 0, ms(change) + HOUR // 2)  # half an hour on
    if local(ms(change)).fold:  # it repeats: the clock stands still at its end
        assert again == shown(table(), 0, ms(change) - 1)


def right(word, readings, days, needs, median, hourly, least):
    """Of the newest reading: from Fractions, and from all of history."""
    t, x = readings[-1]
    now = local(t)
    values = []
    for back in range(1, days + 1):
        day = now.date() - timedelta(days=back)
        read = [
            y
            for at, y in readings
            if local(at).date() == day
            and (not hourly or (local(at).hour - now.hour) % 24 in {23, 0, 1})
        ]
        if read:
            values.append(floor(Fraction(100 * sum(read), len(read)) + Fraction(1, 2)))
    if len(values) < needs:
        return U
    middle = median_of(values) if median else Fraction(sum(values), len(values))
    if word == "baseline":
        return half_up(middle / 100)
    if median:
        distance = median_of([abs(v - middle) for v in values])
        spread = half_up(Fraction(14_826, 100) * distance)
    else:
        squares = sum((v - middle) ** 2 for v in values)
        spread = isqrt(floor(squares / (len(values) - 1) * 10_000))
    return half_up(10_000 * (100 * x - middle) / max(spread, 10_000 * least))


@pytest.mark.parametrize("hourly", [0, 1])
@pytest.mark.parametrize("median", [0, 1])
@pytest.mark.parametrize("word", ["baseline", "deviation"])
def test_it_is_exact_over_many_days(word, median, hourly):
    exact = 0
    for seed in range(CASES // 10):
        r = random.Random(f"{word} {median} {hourly} {seed}")
        days, least = r.choice([2, 5, 9]), r.choice([1, 3])
        needs = r.randint(2, days)
        p = [days, needs, median, hourly, -400, 600, 12 * HOUR, least, *table()]
        operator = BY_WORD[word]
        s = operator.state(p)
        t, readings = ms(r.choice(CHANGES)) - r.randrange(8) * DAY, []
        while len(readings) < 60:
            t += r.choice([0, 1, HOUR, r.randrange(1, 9 * HOUR), r.randrange(8 * HOUR, 30 * HOUR)])
            readings.append((t, r.randint(-40, 60) * r.choice([1, 1, 9])))
            operator.take(s, p, *readings[-1][:1], 0, readings[-1][1])
            out, until = operator.judge(s, p, t)
            assert out == right(word, readings, days, needs, median, hourly, least)
            exact += out != U
            if out != U:
                assert until == t + 12 * HOUR
                assert operator.judge(s, p, until)[0] == U
    assert exact > CASES // (8 if hourly else 1)


def test_the_widest_numbers_of_35_days_fit():
    """From one end of what steps can be to the other, day by day."""
    p = [35, 2, 0, 0, 0, 100_000, DAY, 1, *table()]
    operator = BY_WORD["deviation"]
    s = operator.state(p)
    readings = []
    for day in range(36):
        readings.append((1_762_257_600_000 + day * DAY, 100_000 * (day % 2)))
        operator.take(s, p, readings[-1][0], 0, readings[-1][1])
    said = operator.judge(s, p, readings[-1][0])[0]
    assert said == right("deviation", readings, 35, 2, 0, 0, 1)
    values = [100 * 100_000 * (day % 2) for day in range(35)]
    n, total, squares = 35, sum(values), sum(v * v for v in values)
    variance = n * squares - total * total
    assert variance < 1 << 58
    assert variance // (n * (n - 1)) * 10_000 < 1 << 61
