"""Nothing happened between two local times, while it would have been seen: said when they are over.

True from the end of the window until something happens; unknown instead of true if coverage had a
gap in the window. While the next window runs, the answer of the last one stands, so that an
episode does not end merely because a new day began. Unknown before the first window has ended.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from devices.errors import Spoken
from rules.almanac import Almanac
from rules.holidays import longest_wait
from rules.operators.machine import NEVER, Form, Operator, Shows, State, U, no_span
from rules.operators.time_between import ALL_DAYS, WITH_HOLIDAYS, WITHOUT_HOLIDAYS
from rules.quantity import DAY, LONGEST, MS, Amount
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

LONGEST_WAIT = 0  # p: ms from the beginning of a window to the end of the next, at most
LAST, COVERED, COVERED_SINCE, LOST, OPEN, OPENED, SINCE, WHOLE = 0, 1, 2, 3, 4, 5, 6, 7  # s
EVENTS, COVERAGE = 0, 1  # ports: events (points), coverage (level), window (level)


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if port == EVENTS:
        s[LAST] = t
    elif port == COVERAGE:
        if x > 0 and s[COVERED] <= 0:
            s[COVERED_SINCE] = t
            s[LOST] = NEVER
        elif x <= 0 and s[COVERED] > 0:
            s[LOST] = t
        s[COVERED] = x
    elif x > 0:
        s[OPENED] = t if s[OPEN] == 0 else U  # a window found open began nobody knows when
        s[OPEN] = 1
    else:  # 0, or unknown: whether the day counts depends on a calendar that nobody has
        if s[OPEN] == 1 and s[OPENED] != U:  # it ends: [OPENED, t) counts, t itself no longer
            s[SINCE] = s[OPENED]
            covered = s[COVERED_SINCE] != U and s[COVERED_SINCE] <= s[OPENED]
            s[WHOLE] = 1 if covered and s[LOST] >= t else 0
        s[OPEN] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[SINCE] == U:
        return U, NEVER
    if s[LAST] >= s[SINCE]:
        return 0, NEVER
    if s[WHOLE] == 1:
        return 1, NEVER
    return U, NEVER


class NoneBetween(Form):
    signal: str
    start: Amount = Field(alias="from")
    end: Amount = Field(alias="until")
    days: list[str] | None = None  # as in time_between
    besides: str | None = Field(None, alias="except")


def build(form: NoneBetween, maker: "Maker") -> Node:
    signal, source = maker.events(form.signal)
    window = maker.window(form.start, form.end, form.days, form.besides)
    return maker.node([], [source, maker.coverage(signal, source), window])


def bind(_values: Mapping[str, int], node: Node, almanac: Almanac) -> list[int]:
    window = node.children[2]
    assert isinstance(window, Node)
    days = next((a.count({}) for a in window.arguments if a.name == "days"), None)
    if days is None:
        return [2 * DAY + 2 * MS["h"]]
    also, never = days & WITH_HOLIDAYS > 0, days & WITHOUT_HOLIDAYS > 0
    wait = longest_wait(almanac.holidays, days & ALL_DAYS, also, never) * DAY
    if wait > LONGEST:
        raise ValueError(
            Spoken("such days come too seldom: more than 35 days apart. Name weekdays too")
        )
    return [wait]


def state(_p: list[int]) -> State:
    return [U, U, U, NEVER, U, U, U, 0]


def wait(p: list[int]) -> int:
    return p[LONGEST_WAIT]


def since(s: State, _p: list[int], _t: int) -> int:
    return s[SINCE]


OPERATOR = Operator(
    "none_between",
    1,
    NoneBetween,
    build,
    take,
    judge,
    bind,
    state,
    wait,
    no_span,
    since,
    Shows.LAST,
    absence=True,
)
