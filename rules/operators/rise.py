"""How far the newest value of a window (t - W, t] stands above the window's lowest.

Unknown with fewer than two readings in the window: one reading can have risen over nothing.
The ring holds strictly increasing values, so (plausible range / resolution) + 1 entries suffice at
any rate; it is smaller (CAPACITY), and should it ever be full the answer is unknown until the
window has passed, which is said rather than guessed, and equally in every driver. From another
value of the window (`from`) it is the newest value less that operator's number (`difference`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from devices.errors import Spoken
from rules.almanac import Almanac
from rules.errors import nearest
from rules.operators.machine import NEVER, Form, Operator, State, U
from rules.quantity import Amount, Whole, Window, plain
from rules.tree import Counted, Measure, Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

W, SIZE = 0, 1  # p: ms, entries of the ring
HEAD, COUNT, LAST, LAST_AT, BEFORE_AT, FULL_UNTIL, RING = 0, 1, 2, 3, 4, 5, 6  # s
CAPACITY = 256
STARTS = frozenset({"first", "mean", "median"})


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    size = p[SIZE]
    head, count = s[HEAD], s[COUNT]
    while count > 0 and s[RING + 2 * head] <= t - p[W]:
        head = (head + 1) % size
        count -= 1
    while count > 0 and s[RING + 2 * ((head + count - 1) % size) + 1] >= x:
        count -= 1
    if count == size:
        s[FULL_UNTIL] = t + p[W]
    else:
        tail = RING + 2 * ((head + count) % size)
        s[tail] = t
        s[tail + 1] = x
        count += 1
    s[HEAD] = head
    s[COUNT] = count
    s[BEFORE_AT] = s[LAST_AT]
    s[LAST] = x
    s[LAST_AT] = t


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[BEFORE_AT] == U or s[BEFORE_AT] + p[W] <= t:
        return U, NEVER
    if t < s[FULL_UNTIL]:
        return U, s[FULL_UNTIL]
    head, left = s[HEAD], s[COUNT]
    while left > 0 and s[RING + 2 * head] + p[W] <= t:
        head = (head + 1) % p[SIZE]
        left -= 1
    until = s[BEFORE_AT] + p[W]
    until = min(until, s[RING + 2 * head] + p[W])
    return s[LAST] - s[RING + 2 * head + 1], until


class Moved(Form):
    """The keys of `rise` and `fall`."""

    signal: str
    within: Amount
    start: str | None = Field(
        None, alias="from"
    )  # none: the lowest of a rise, the highest of a fall


def moved(form: Moved, maker: "Maker", own: str) -> Node:
    """`own` is the start that the operator keeps itself; another stands in a node of its own."""
    signal, source = maker.points(form.signal)
    within = maker.argument("within", Window(signal=signal), form.within)
    start = form.start or own
    if start == own:
        return maker.node([within], [source], Measure(signal, Counted.RISE))
    if start in {"lowest", "highest"}:
        other = {"lowest": "rise", "highest": "fall"}[start]
        raise maker.refused(
            Spoken("from the {start} it is never above 0", start=start),
            Spoken("Use {other}", other=other),
            path=("from",),
        )
    if start not in STARTS:
        hint = nearest(start, {*STARTS, own})
        raise maker.refused(
            Spoken("{start} is no start", start=repr(start[:40])), hint, path=("from",)
        )
    needs = maker.argument("needs", Whole(2, 2), plain(2))
    begin = maker.node([within, needs], [source], Measure(signal), start)
    newest = maker.latest(form.signal, form.within)
    children = [newest, begin] if own == "lowest" else [begin, newest]
    return maker.node([], children, Measure(signal, Counted.DIFFERENCE), "difference")


def build(form: Moved, maker: "Maker") -> Node:
    return moved(form, maker, "lowest")


def bind(values: Mapping[str, int], node: Node, _almanac: Almanac) -> list[int]:
    measure = node.measure
    assert measure is not None
    assert measure.signal is not None
    distinct = measure.signal.high_x - measure.signal.low_x + 1
    return [values["within"], min(distinct, CAPACITY)]


def state(p: list[int]) -> State:
    return [0, 0, U, U, U, U] + [U] * (2 * p[SIZE])


def twice_window(p: list[int]) -> int:
    return 2 * p[W]  # whether the ring was full depends on the window before


def window(p: list[int]) -> int:
    return p[W]


def since(s: State, p: list[int], t: int) -> int:
    """The time of the lowest reading from which it rose; U if there is none."""
    head, left = s[HEAD], s[COUNT]
    while left > 0 and s[RING + 2 * head] + p[W] <= t:
        head = (head + 1) % p[SIZE]
        left -= 1
    return s[RING + 2 * head] if left else U


OPERATOR = Operator(
    "rise",
    1,
    Moved,
    build,
    take,
    judge,
    bind,
    state,
    twice_window,
    window,
    since,
    number=True,
)
