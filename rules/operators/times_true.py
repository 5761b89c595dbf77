"""How often a condition has begun to be true within a window (t - W, t].

It begins when it becomes true and was false right before. Unknown unless it was known
throughout the window; with `gaps: ignored` what began unseen is not counted, which can only be too
few. At most CAPACITY beginnings are kept; should there be more, the answer is unknown while the
oldest of them would have counted.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, State, U
from rules.quantity import Amount, Argument, Duration, Whole, plain
from rules.tree import Counted, Measure, Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

W, STRICT = 0, 1  # p: ms, whether it must have been known throughout
X, KNOWN_SINCE, HEAD, COUNT, LOST_UNTIL, RING = 0, 1, 2, 3, 4, 5  # s; then the times
CAPACITY = 256


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if x != U and s[X] == U:
        s[KNOWN_SINCE] = t
    begins = x > 0 and s[X] == 0
    s[X] = x
    if not begins:
        return
    head, count = s[HEAD], s[COUNT]
    while count > 0 and s[RING + head] + p[W] <= t:
        head = (head + 1) % CAPACITY
        count -= 1
    if count == CAPACITY:
        s[LOST_UNTIL] = s[RING + head] + p[W]
        head = (head + 1) % CAPACITY
        count -= 1
    s[RING + (head + count) % CAPACITY] = t
    s[HEAD] = head
    s[COUNT] = count + 1


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if p[STRICT] == 1:
        if s[X] == U:
            return U, NEVER
        due = s[KNOWN_SINCE] + p[W]
        if t < due:
            return U, due
    if t < s[LOST_UNTIL]:
        return U, s[LOST_UNTIL]
    head, left = s[HEAD], s[COUNT]
    while left > 0 and s[RING + head] + p[W] <= t:
        head = (head + 1) % CAPACITY
        left -= 1
    if left == 0:
        return 0, NEVER
    return left, s[RING + head] + p[W]


class TimesTrue(Form):
    condition: Any
    within: Amount
    gaps: str | None = None  # unknown or ignored


def build(form: TimesTrue, maker: "Maker") -> Node:
    strict = maker.gaps(form.gaps)
    return maker.node(
        [
            maker.argument("within", Duration(), form.within),
            Argument("gaps", Whole(0, 1), plain(0 if strict else 1)),
        ],
        [maker.truth(form.condition, "condition")],
        Measure(None, Counted.NUMBER, least=not strict),
    )


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    return [values["within"], 1 - values["gaps"]]


def state(_p: list[int]) -> State:
    return [U, U, 0, 0, U] + [0] * CAPACITY


def length(p: list[int]) -> int:
    return p[W]


def since(s: State, p: list[int], t: int) -> int:
    """The first beginning that it counts; that of the window if there is none."""
    head, left = s[HEAD], s[COUNT]
    while left > 0 and s[RING + head] + p[W] <= t:
        head = (head + 1) % CAPACITY
        left -= 1
    return s[RING + head] if left else t - p[W]


OPERATOR = Operator(
    "times_true",
    1,
    TimesTrue,
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
