"""What is usual for a person, from summaries of up to 35 local days: what `baseline` and
`deviation` share.

Of each day (or each hour of it) only the sum and the number of its readings are kept. A day's value
is its mean, in hundredths of the signal's resolution, half-up; so a day with many readings weighs
no more than one with few. What is usual at a reading is taken from the days before its own day, so
it does not move with what it is held against, and is reckoned anew at the first reading of a day.

Bounds: |x| < 2^17, so |day's value| v < 2^23.7; n <= 35 days. Σv < 2^28.8, Σv² < 2^52.5,
n Σv² - (Σv)² < 2^57.7; the variance is below 2^47.4, and 10^4 times that below 2^60.7.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from devices.errors import Spoken
from devices.signals import CATALOGUE
from rules.almanac import Almanac
from rules.operators.arithmetic import MS_OF_DAY, half_up, root, shown
from rules.operators.machine import Form, State, U
from rules.quantity import DAY, MS, Amount, Argument, Duration, Quantity, Reference, Whole, plain
from rules.tree import SignalRef
from rules.zones import offsets

if TYPE_CHECKING:
    from devices.signals import Signal
    from rules.file.maker import Maker

DAYS, NEEDS, MEDIAN, HOURLY = 0, 1, 2, 3  # p: days looked back on, days needed, 1 or 0, 1 or 0
LOW, HIGH, MAX_AGE, FLOOR, ZONE = 4, 5, 6, 7, 8  # p: plausible counts, ms, counts, offsets
AT, OUT, KEY = 0, 1, 2  # s: time of the newest reading, the answer; day and hour reckoned for
N, CENTRE, PER, SPREAD, SLOTS = 3, 4, 5, 6, 7  # s: days; hundredths x PER; 10^-4 counts
HOUR = 3_600_000
HOURS = 24
MOST_DAYS = 35
LONG = 28


def reckon(s: State, p: list[int], day: int, hour: int) -> None:
    """Centre and spread of the days before `day`; N is 0 if they are too few."""
    width = 3 + 46 * p[HOURLY]
    scratch = SLOTS + (p[DAYS] + 1) * width
    n, total, squares = 0, 0, 0
    for back in range(1, p[DAYS] + 1):
        at = SLOTS + ((day - back) % (p[DAYS] + 1)) * width
        if s[at] != day - back:
            continue
        read, count = s[at + 1], s[at + 2]
        if p[HOURLY] == 1:
            read, count = 0, 0
            for near in range(hour + HOURS - 1, hour + HOURS + 2):
                read += s[at + 1 + 2 * (near % HOURS)]
                count += s[at + 2 + 2 * (near % HOURS)]
        if count == 0:
            continue
        v = (200 * read + count) // (2 * count)
        k = n
        while p[MEDIAN] == 1 and k > 0 and s[scratch + k - 1] > v:  # in order
            s[scratch + k] = s[scratch + k - 1]
            k -= 1
        s[scratch + k] = v
        n += 1
        total += v
        squares += v * v
    s[N] = n if n >= p[NEEDS] else 0
    if s[N] == 0:
        return
    if p[MEDIAN] == 0:
        s[CENTRE], s[PER] = total, n
        variance, of = n * squares - total * total, max(n * (n - 1), 1)
        s[SPREAD] = root((variance // of) * 10_000 + (variance % of) * 10_000 // of)
        return
    s[CENTRE], s[PER] = s[scratch + (n - 1) // 2] + s[scratch + n // 2], 2
    for k in range(n):  # twice the distance from it, in order, for the median of these
        v = 2 * s[scratch + k] - s[CENTRE]
        v = max(v, -v)
        j = k
        while j > 0 and s[scratch + j - 1] > v:
            s[scratch + j] = s[scratch + j - 1]
            j -= 1
        s[scratch + j] = v
    s[SPREAD] = half_up(14_826 * (s[scratch + (n - 1) // 2] + s[scratch + n // 2]), 400)


def note(s: State, p: list[int], t: int, x: int) -> None:
    """A reading: what is usual is reckoned if need be, then the reading joins its day."""
    local = shown(p, ZONE, t)
    day = local // MS_OF_DAY
    hour = ((local - day * MS_OF_DAY) // HOUR) * p[HOURLY]
    if s[KEY] != day * HOURS + hour:
        reckon(s, p, day, hour)
        s[KEY] = day * HOURS + hour
    width = 3 + 46 * p[HOURLY]
    at = SLOTS + (day % (p[DAYS] + 1)) * width
    if s[at] != day:
        s[at] = day
        for k in range(1, width):
            s[at + k] = 0
    s[at + 1 + 2 * hour] += x
    s[at + 2 + 2 * hour] += 1
    s[AT] = t


class Usual(Form):
    """The keys of an operator that knows what is usual."""

    signal: str
    over: Amount = Quantity(Decimal(LONG), "d")  # local days before that of the newest reading
    needs: Amount = plain(7)  # days with a reading, before it speaks
    centre: Literal["mean", "median"] = "mean"
    hour: Literal["any", "same"] = "any"
    max_age: Amount | None = None  # of the newest reading; the catalogue's


def arguments(
    maker: "Maker", form: Usual, fewest: int, floor: Quantity | Reference | None = None
) -> "tuple[Signal, SignalRef, list[Argument]]":
    signal, source = maker.points(form.signal)
    catalogued = plain(signal.max_age_ms)
    age = form.max_age or Quantity(catalogued.number, "ms")
    made = [
        maker.argument("over", Duration(fewest * DAY, MOST_DAYS * DAY, DAY), form.over),
        maker.argument("needs", Whole(fewest, MOST_DAYS), form.needs),
        Argument("centre", Whole(0, 1), plain(int(form.centre == "median"))),
        Argument("hour", Whole(0, 1), plain(int(form.hour == "same"))),
        maker.argument("max_age", Duration(), age),
    ]
    return signal, source, made


def bind(values: Mapping[str, int], source: SignalRef, almanac: Almanac) -> list[int]:
    signal = CATALOGUE[source.signal]
    back = values["over"] // DAY
    if values["needs"] > back:
        raise ValueError(Spoken("it needs more days than it looks back on"))
    table = offsets(almanac.zone)
    floor = values.get("least_spread", 1)
    return [back, values["needs"], values["centre"], values["hour"],
            signal.low_x, signal.high_x, values["max_age"], floor, len(table),
            *(at for at, _ in table), *(shift for _, shift in table)]  # fmt: skip


def state(p: list[int]) -> State:
    width = 3 + 46 * p[HOURLY]
    return [U, U, U, 0, 0, 1, 0] + [0] * ((p[DAYS] + 1) * width + p[DAYS])


def lookback(p: list[int]) -> int:
    """To the beginning of the first local day that counts for the newest reading."""
    return (p[DAYS] + 2) * DAY + 2 * MS["h"] + p[MAX_AGE]
