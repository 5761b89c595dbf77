"""How long a condition has been true within a window (t - W, t], in whole minutes, a begun one
counting whole. So it is above 45 min as soon as it has been true for more than 45 min.

Unknown unless the condition was known throughout the window; with `gaps: ignored` unknown time
counts as not true, which can only be too little. The ring holds changes of the condition, each with
the time that it had been true before; at most CAPACITY of them, and what was before is unknown.
Bound: times true add up to less than the time that has passed, below 2^53.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, State, U
from rules.quantity import MINUTE, Amount, Argument, Duration, Whole, plain
from rules.tree import Counted, Measure, Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

W, STRICT = 0, 1  # p: ms, whether it must have been known throughout
X, KNOWN_SINCE, HEAD, COUNT, RING = 0, 1, 2, 3, 4  # s; then CAPACITY changes of three:
AT, TRUE, BEFORE = 0, 1, 2  # when, whether true from then on, ms true before
ENTRY = 3
CAPACITY = 256


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if x != U and s[X] == U:
        s[KNOWN_SINCE] = t
    s[X] = x
    now = 1 if x > 0 else 0
    count = s[COUNT]
    last = RING + ENTRY * ((s[HEAD] + count - 1) % CAPACITY)
    before = 0
    if count > 0:
        if s[last + TRUE] == now:
            return
        before = s[last + BEFORE]
        if s[last + TRUE] == 1:
            before += t - s[last + AT]
        if s[last + AT] == t:  # a second thought in one instant
            s[last + TRUE] = now
            return
    while s[COUNT] > 1 and s[RING + ENTRY * ((s[HEAD] + 1) % CAPACITY)] + p[W] <= t:
        s[HEAD] = (s[HEAD] + 1) % CAPACITY  # the one after it stood at the window's beginning
        s[COUNT] -= 1
    if s[COUNT] == CAPACITY:
        s[HEAD] = (s[HEAD] + 1) % CAPACITY
        s[COUNT] -= 1
    at = RING + ENTRY * ((s[HEAD] + s[COUNT]) % CAPACITY)
    s[at + AT] = t
    s[at + TRUE] = now
    s[at + BEFORE] = before
    s[COUNT] += 1


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    count = s[COUNT]
    if count == 0:
        return (U if p[STRICT] == 1 else 0), NEVER
    begin = t - p[W]
    at = RING + ENTRY * s[HEAD]
    if p[STRICT] == 1:
        if s[X] == U:
            return U, NEVER
        seen = max(s[KNOWN_SINCE], s[at + AT])  # nothing is known before the oldest change
        if seen > begin:
            return U, seen + p[W]
    k = 0  # the change that stood at the beginning of the window
    while k < count - 1 and s[RING + ENTRY * ((s[HEAD] + k + 1) % CAPACITY)] <= begin:
        k += 1
    at = RING + ENTRY * ((s[HEAD] + k) % CAPACITY)
    leaving = 0  # whether what leaves the window was true
    turns = NEVER  # when that changes
    earlier = s[at + BEFORE]
    if s[at + AT] > begin:
        turns = s[at + AT] + p[W]
    else:
        leaving = s[at + TRUE]
        earlier += leaving * (begin - s[at + AT])
        if k < count - 1:
            turns = s[RING + ENTRY * ((s[HEAD] + k + 1) % CAPACITY)] + p[W]
    at = RING + ENTRY * ((s[HEAD] + count - 1) % CAPACITY)
    true = s[at + BEFORE] - earlier + s[at + TRUE] * (t - s[at + AT])
    minutes = (true + MINUTE - 1) // MINUTE
    growing = s[at + TRUE] - leaving
    if growing > 0:
        turns = min(turns, t + minutes * MINUTE - true + 1)
    elif growing < 0:
        turns = min(turns, t + true - (minutes - 1) * MINUTE)
    return minutes * MINUTE, turns


class TimeTrue(Form):
    condition: Any
    within: Amount
    gaps: str | None = None  # unknown or ignored


def build(form: TimeTrue, maker: "Maker") -> Node:
    strict = maker.gaps(form.gaps)
    return maker.node(
        [
            maker.argument("within", Duration(step=MINUTE), form.within),
            Argument("gaps", Whole(0, 1), plain(0 if strict else 1)),
        ],
        [maker.truth(form.condition, "condition")],
        Measure(None, Counted.LENGTH, least=not strict),
    )


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    return [values["within"], 1 - values["gaps"]]


def state(_p: list[int]) -> State:
    return [U, U, 0, 0] + [0] * (ENTRY * CAPACITY)


def length(p: list[int]) -> int:
    return p[W]


def since(s: State, p: list[int], t: int) -> int:
    """The first moment in the window at which it was true; its beginning if there was none."""
    begin = t - p[W]
    for k in range(s[COUNT]):
        at = RING + ENTRY * ((s[HEAD] + k) % CAPACITY)
        end = NEVER
        if k < s[COUNT] - 1:
            end = s[RING + ENTRY * ((s[HEAD] + k + 1) % CAPACITY)]
        if s[at + TRUE] == 1 and end > begin:
            return max(s[at + AT], begin)
    return begin


OPERATOR = Operator(
    "time_true",
    1,
    TimeTrue,
    build,
    take,
    judge,
    bind,
    state,
    length,
    length,
    since,
    number=True,
)
