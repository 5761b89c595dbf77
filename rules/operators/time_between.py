"""The local time of day is between two times, on some days of the week, holidays with or without.

A pure function of t over the site's precomputed offsets (`rules.zones`) and, where the rule speaks
of public holidays, its calendar (`rules.holidays`). [from, until); a window over midnight belongs
to the day on which it begins. A nonexistent local time becomes the next valid instant, a repeated
one its first: both follow from reading the clock as the latest local time that has been shown so
far, so that it stands still while an hour repeats. Where nothing is known of a day that only a
calendar can decide, the answer in its window is unknown.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from devices.errors import Spoken
from rules.almanac import Almanac
from rules.holidays import ALL_OF_THEM, FIRST_DAY, WORD, bits
from rules.operators.machine import (
    NEVER,
    Form,
    Operator,
    State,
    U,
    as_children,
    no_lookback,
    no_span,
)
from rules.quantity import Amount
from rules.tree import Node
from rules.zones import offsets

if TYPE_CHECKING:
    from rules.file.maker import Maker

START, END, DAYS, HOLIDAYS = 0, 1, 2, 3  # p: ms of day, ms of day, bits from Monday, see below
FIRST, KNOWN, CHANGES, TABLE = 4, 5, 6, 7  # p: first day of the calendar, days in it, n; then
# n instants, n offsets, the words of the calendar
WHATEVER, ALSO, NOT_ON = 0, 1, 2  # holidays: as other days; also on them; not on them
MS_OF_DAY = 86_400_000
EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday
ALL_DAYS = 127
WITH_HOLIDAYS, WITHOUT_HOLIDAYS = 128, 256  # further bits of the argument `days`


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[0] = x  # it has no input; every operator has both functions


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    n = p[CHANGES]
    low, high = 0, n - 1  # the last change at or before t; the first entry is far in the past
    while low < high:
        middle = (low + high + 1) // 2
        if p[TABLE + middle] <= t:
            low = middle
        else:
            high = middle - 1
    offset = p[TABLE + n + low]
    shown = t + offset
    if low > 0:
        peak = p[TABLE + low] - 1 + p[TABLE + n + low - 1]
        shown = max(shown, peak)
    day = shown // MS_OF_DAY
    clock = shown - day * MS_OF_DAY
    edge = MS_OF_DAY  # of this day, the next edge after the clock
    if clock < p[START] < edge:
        edge = p[START]
    if clock < p[END] < edge:
        edge = p[END]
    until = day * MS_OF_DAY + edge - offset
    if low < n - 1 and p[TABLE + low + 1] < until:
        until = p[TABLE + low + 1]
    began = day
    if p[START] >= p[END] and clock < p[END]:
        began = day - 1
    elif clock < p[START] or p[START] < p[END] <= clock:
        return 0, until
    named = (p[DAYS] >> ((began + EPOCH_WEEKDAY) % 7)) % 2
    if p[HOLIDAYS] == WHATEVER or named == (1 if p[HOLIDAYS] == ALSO else 0):
        return named, until
    index = began - p[FIRST]
    if index < 0 or index >= p[KNOWN]:
        return U, until
    holiday = (p[TABLE + 2 * n + index // WORD] >> (index % WORD)) % 2
    return (holiday if p[HOLIDAYS] == ALSO else 1 - holiday), until


class TimeBetween(Form):
    start: Amount = Field(alias="from")
    end: Amount = Field(alias="until")
    days: list[str] | None = None  # mon … sun, and `holiday` for every public holiday
    besides: str | None = Field(None, alias="except")  # `holidays`: not on public holidays


def build(form: TimeBetween, maker: "Maker") -> Node:
    return maker.window(form.start, form.end, form.days, form.besides)


def bind(values: Mapping[str, int], _node: Node, almanac: Almanac) -> list[int]:
    start, end = values["from"], values["until"]
    if start == end or (start, end) == (MS_OF_DAY, 0):
        raise ValueError(Spoken("from and until are the same time of day"))
    return calendar(start % MS_OF_DAY, end, values.get("days", ALL_DAYS), almanac)


def calendar(start: int, end: int, days: int, almanac: Almanac, later: int = 0) -> list[int]:
    """The p of a window; `later` looks up holidays that many days on."""
    table = offsets(almanac.zone)
    changes = [at for at, _ in table]
    shifts = [shift for _, shift in table]
    mode, words = WHATEVER, tuple[int, ...]()
    if days > ALL_DAYS:
        mode = ALSO if days & WITH_HOLIDAYS else NOT_ON
        words = bits(almanac.holidays)
    first, known = FIRST_DAY - later, ALL_OF_THEM if words else 0
    return [start, end, days & ALL_DAYS, mode, first, known, len(table),
            *changes, *shifts, *words]  # fmt: skip


def state(_p: list[int]) -> State:
    return [0]


OPERATOR = Operator(
    "time_between",
    1,
    TimeBetween,
    build,
    take,
    judge,
    bind,
    state,
    no_lookback,
    no_span,
    as_children,
)

assert NEVER > MS_OF_DAY  # every answer here has an end: the day's
