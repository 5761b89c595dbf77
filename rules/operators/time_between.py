"""The local time of day is between two times, on some days of the week.

A pure function of t over the site's precomputed offsets (`rules.zones`). [from, until); a window
over midnight belongs to the day on which it begins. A nonexistent local time becomes the next
valid instant, a repeated one its first: both follow from reading the clock as the latest local
time that has been shown so far, so that it stands still while an hour repeats.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from rules.almanac import Almanac
from rules.operators.machine import (
    NEVER,
    Form,
    Operator,
    State,
    as_children,
    no_lookback,
    no_span,
)
from rules.quantity import Amount
from rules.tree import Node
from rules.zones import offsets

if TYPE_CHECKING:
    from rules.maker import Maker

START, END, DAYS, CHANGES, TABLE = 0, 1, 2, 3, 4  # p: ms of day, ms of day, bits from Monday, n
MS_OF_DAY = 86_400_000
EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday
ALL_DAYS = 127


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
    began = day
    if p[START] < p[END]:
        inside = p[START] <= clock < p[END]
    else:
        inside = clock >= p[START] or clock < p[END]
        if clock < p[END]:
            began = day - 1
    weekday = (began + EPOCH_WEEKDAY) % 7
    if inside and (p[DAYS] >> weekday) % 2 == 0:
        inside = False
    edge = MS_OF_DAY  # of this day, the next edge after the clock
    if clock < p[START] < edge:
        edge = p[START]
    if clock < p[END] < edge:
        edge = p[END]
    until = day * MS_OF_DAY + edge - offset
    if low < n - 1 and p[TABLE + low + 1] < until:
        until = p[TABLE + low + 1]
    return (1 if inside else 0), until


class TimeBetween(Form):
    start: Amount = Field(alias="from")
    end: Amount = Field(alias="until")
    days: list[str] | None = None


def build(form: TimeBetween, maker: "Maker") -> Node:
    return maker.window(form.start, form.end, form.days)


def bind(values: Mapping[str, int], _node: Node, almanac: Almanac) -> list[int]:
    start, end = values["from"], values["until"]
    if start == end or (start, end) == (MS_OF_DAY, 0):
        raise ValueError("from and until are the same time of day")
    table = offsets(almanac.zone)
    changes = [at for at, _ in table]
    shifts = [shift for _, shift in table]
    return [start % MS_OF_DAY, end, values.get("days", ALL_DAYS), len(table), *changes, *shifts]


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
