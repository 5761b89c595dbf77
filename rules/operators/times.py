"""Something happened, or a condition began, at least so many times within a window (t - D, t].

An event counts each time; a condition counts when it becomes true where it was seen to be false
before, and at each new occurrence. True if enough beginnings were seen; else unknown if the
condition was unknown at any moment of [t - D, t], for it may have begun then; else 0. Of events
that were not heard nothing is known here, as in `event`.

Only the newest N beginnings are kept, which decide it: the oldest of them must lie in the window.
So the ring cannot overflow. D is at most 35 days, so no sum here leaves int64.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from devices.errors import Spoken
from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, State, U
from rules.quantity import Amount, Duration, Whole
from rules.tree import Node, SignalRef

if TYPE_CHECKING:
    from rules.file.maker import Maker

D, N, EVENTS = 0, 1, 2  # p: ms, how many, whether the one port takes events
X, OLDEST, UNKNOWN_UNTIL, RING = 0, 1, 2, 3  # s; then the newest N beginnings
MOST = 200


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    begins = p[EVENTS] == 1 or s[X] == 0 < x or 0 < s[X] < x
    if p[EVENTS] == 0:
        if s[X] == U:
            s[UNKNOWN_UNTIL] = t
        s[X] = x
    if begins:
        s[RING + s[OLDEST]] = t
        s[OLDEST] = (s[OLDEST] + 1) % p[N]


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    over = s[RING + s[OLDEST]] + p[D]
    if t < over:
        return 1, over
    if p[EVENTS] == 1:
        return 0, NEVER
    if s[X] == U:
        return U, NEVER
    clear = s[UNKNOWN_UNTIL] + p[D]
    if t < clear:
        return U, clear
    return 0, NEVER


class Times(Form):
    signal: str | None = None  # an event
    condition: Any = None  # or what begins
    at_least: Amount
    within: Amount


def build(form: Times, maker: "Maker") -> Node:
    if (form.signal is None) == (form.condition is None):
        raise maker.refused(Spoken("needs either signal or condition: what is counted"))
    child: Node | SignalRef
    if form.signal is not None:
        _, child = maker.events(form.signal)
    else:
        child = maker.truth(form.condition, "condition")
    return maker.node(
        [
            maker.argument("at_least", Whole(1, MOST), form.at_least),
            maker.argument("within", Duration(), form.within),
        ],
        [child],
    )


def bind(values: Mapping[str, int], node: Node, _almanac: Almanac) -> list[int]:
    events = isinstance(node.children[0], SignalRef)
    return [values["within"], values["at_least"], int(events)]


def state(p: list[int]) -> State:
    return [U, 0, U] + [U] * p[N]


def length(p: list[int]) -> int:
    return p[D]


def since(s: State, _p: list[int], _t: int) -> int:
    """The first of the beginnings that are enough."""
    return s[RING + s[OLDEST]]


OPERATOR = Operator(
    "times", 1, Times, build, take, judge, bind, state, length, length, since, past=True
)
