"""One condition began, and an event did not follow within a while, though it would have been heard.

A condition begins when it becomes true where it was seen to be false before, and at each new
occurrence. A beginning at a is answered by an event in (a, a + D]. It is missed at a + D if none
came and the event's signal was covered throughout [a, a + D]. True from then on, for KEEP, until
the event comes; an event answers all beginnings before it.

It is in doubt from any moment at which the condition was unknown or began while it could not be
heard (or may not have been to the end): where nothing is known to be missed, it is unknown for
D + KEEP after the last such moment, or until the event comes after it.

Of beginnings within one sixteenth of D (of the epoch) only the first that stands is waited for: so
the ring never holds more than SLOTS, and cannot overflow, however often the condition begins. D
and KEEP are at most 35 days and one: no sum leaves int64.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, Shows, State, U
from rules.quantity import MS, Amount, Duration, Quantity
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

D, KEEP, GRAIN = 0, 1, 2  # p: ms
A, COVERED, EVENT = 0, 1, 2  # s: condition, coverage, newest event
BEGAN, MISSED = 3, 4  # newest beginning; newest one that is known to have been missed
UNKNOWN, DOUBT, DOUBT_BEFORE = 5, 6, 7  # until when A was unknown; newest beginnings not heard out
HEAD, COUNT, RING = 8, 9, 10  # beginnings that are waited for
PARTS = 16
SLOTS = PARTS + 2
CONDITION, EVENTS = 0, 1  # ports: condition (level), event (points), coverage (level)
DAY = Quantity(Decimal(24), "h")


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:  # noqa: C901, PLR0912 nothing that compiles may be called
    if port == EVENTS:
        s[EVENT] = t
        if s[BEGAN] == t and s[COVERED] > 0:  # it answers those before, and not this one
            s[COUNT] = 1
            s[RING + s[HEAD]] = t
        return
    while s[COUNT] > 0 and s[RING + s[HEAD]] + p[D] < t:  # heard out
        s[MISSED] = s[RING + s[HEAD]]
        s[HEAD] = (s[HEAD] + 1) % SLOTS
        s[COUNT] -= 1
    begins = False
    if port == CONDITION:
        begins = s[A] == 0 < x or 0 < s[A] < x
        if s[A] == U:
            s[UNKNOWN] = t
        s[A] = x
        if begins:
            s[BEGAN] = t
            if s[COVERED] <= 0:
                s[DOUBT_BEFORE] = s[DOUBT]
                s[DOUBT] = t
                return
    else:
        if x > 0 and s[COVERED] <= 0 and s[BEGAN] == t == s[DOUBT]:
            s[DOUBT] = s[DOUBT_BEFORE]  # it can be heard from the very instant
            begins = True
        if x <= 0 and s[COVERED] > 0:
            if s[BEGAN] != U and t <= s[BEGAN] + p[D]:
                s[DOUBT_BEFORE] = s[DOUBT]
                s[DOUBT] = s[BEGAN]
            s[COUNT] = 0
        s[COVERED] = x
    if not begins:
        return
    if s[COUNT] > 0:
        last = s[RING + (s[HEAD] + s[COUNT] - 1) % SLOTS]
        if last >= s[EVENT] and last // p[GRAIN] == t // p[GRAIN]:
            return
        if last < s[EVENT]:
            s[COUNT] = 0  # all of them were answered
    s[RING + (s[HEAD] + s[COUNT]) % SLOTS] = t
    s[COUNT] += 1


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    missed, due = s[MISSED], NEVER
    for i in range(s[COUNT]):
        began = s[RING + (s[HEAD] + i) % SLOTS]
        if began >= s[EVENT]:
            if began + p[D] <= t:
                missed = began
            elif began + p[D] < due:
                due = began + p[D]
    over = missed + p[D] + p[KEEP]
    if missed >= s[EVENT] and t < over:
        return 1, over
    if s[A] == U:
        return U, due
    doubt = max(s[UNKNOWN], s[DOUBT])
    over = doubt + p[D] + p[KEEP]
    if doubt >= s[EVENT] and t < over:
        return U, min(due, over)
    return 0, due


class ThenNo(Form):
    first: Any
    signal: str
    within: Amount
    keep: Amount = DAY


def build(form: ThenNo, maker: "Maker") -> Node:
    signal, source = maker.events(form.signal)
    return maker.node(
        [
            maker.argument("within", Duration(), form.within),
            maker.argument("keep", Duration(high=MS["d"]), form.keep),
        ],
        [maker.truth(form.first, "first"), source, maker.coverage(signal, source)],
    )


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    return [values["within"], values["keep"], -(-values["within"] // PARTS)]


def state(_p: list[int]) -> State:
    return [U, U, U, U, U, U, U, U, 0, 0] + [U] * SLOTS


def both(p: list[int]) -> int:
    return p[D] + p[KEEP]


def since(s: State, p: list[int], t: int) -> int:
    """When the condition began that was not followed."""
    missed = s[MISSED]
    for i in range(s[COUNT]):
        began = s[RING + (s[HEAD] + i) % SLOTS]
        if s[EVENT] <= began <= t - p[D]:
            missed = began
    return missed


OPERATOR = Operator(
    "then_no",
    1,
    ThenNo,
    build,
    take,
    judge,
    bind,
    state,
    both,
    both,
    since,
    Shows.LAST,
    absence=True,
    past=True,
)
