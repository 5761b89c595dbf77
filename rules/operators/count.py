"""How often something was reported within a window (t - W, t].

Of an event it needs coverage throughout the window, else it is unknown: what was not heard may
have happened. With `gaps: ignored` it counts what was heard, which can only be too little, so such
a count can be held to be above a limit and nothing else. Of a measurement it counts the readings
that came.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from devices.errors import Spoken
from devices.signals import CATALOGUE, Kind
from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, State, U
from rules.operators.window import MOST, SLACK
from rules.quantity import DAY, Amount, Argument, Whole, Window, plain
from rules.tree import Counted, Measure, Node, SignalRef

if TYPE_CHECKING:
    from rules.file.maker import Maker

W, SIZE, STRICT = 0, 1, 2  # p: ms, entries, whether coverage is needed
HEAD, COUNT, LOST_UNTIL, COVERED, COVERED_SINCE, RING = 0, 1, 2, 3, 4, 5  # s; then SIZE times
EVENTS = 0  # ports: events (points), coverage (level)
GAPS = ("unknown", "ignored")


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if port != EVENTS:
        if x > 0 and s[COVERED] <= 0:
            s[COVERED_SINCE] = t
        s[COVERED] = x
        return
    size, head, count = p[SIZE], s[HEAD], s[COUNT]
    while count > 0 and s[RING + head] + p[W] <= t:
        head = (head + 1) % size
        count -= 1
    if count == size:
        s[LOST_UNTIL] = s[RING + head] + p[W]
        head = (head + 1) % size
        count -= 1
    s[RING + (head + count) % size] = t
    s[HEAD] = head
    s[COUNT] = count + 1


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if p[STRICT] == 1:
        if s[COVERED] <= 0:
            return U, NEVER
        due = s[COVERED_SINCE] + p[W]
        if t < due:
            return U, due
    if t < s[LOST_UNTIL]:
        return U, s[LOST_UNTIL]
    head, left = s[HEAD], s[COUNT]
    while left > 0 and s[RING + head] + p[W] <= t:
        head = (head + 1) % p[SIZE]
        left -= 1
    if left == 0:
        return 0, NEVER
    return left, s[RING + head] + p[W]


class Count(Form):
    signal: str
    within: Amount
    gaps: str | None = None  # unknown (what an event has without it) or ignored


def build(form: Count, maker: "Maker") -> Node:
    signal, source = maker.signal(form.signal)
    if signal.kind is Kind.STATE:
        hint = Spoken("Use times_true: how often it came to be so")
        raise maker.refused(Spoken("{name} is a state", name=signal.name), hint, path=("signal",))
    event = signal.kind is Kind.EVENT
    strict = maker.gaps(form.gaps) if event or form.gaps is not None else False
    if strict and not event:
        hint = Spoken("Leave gaps away: it counts the readings that came")
        raise maker.refused(
            Spoken("no coverage is known of {name}", name=signal.name), hint, path=("gaps",)
        )
    children: list[Node | SignalRef] = [source]
    if strict:
        children.append(maker.coverage(signal, source))
    return maker.node(
        [
            maker.argument("within", Window(signal=signal), form.within),
            Argument("gaps", Whole(0, 1), plain(0 if strict else 1)),
        ],
        children,
        Measure(None, Counted.NUMBER, least=event and not strict),
    )


def bind(values: Mapping[str, int], node: Node, _almanac: Almanac) -> list[int]:
    source = node.children[0]
    assert isinstance(source, SignalRef)
    size = min(MOST, -(-values["within"] * CATALOGUE[source.signal].most_a_day // DAY) + SLACK)
    return [values["within"], size, 1 - values["gaps"]]


def state(p: list[int]) -> State:
    return [0, 0, U, U, U] + [0] * p[SIZE]


def length(p: list[int]) -> int:
    return p[W]


def since(s: State, p: list[int], t: int) -> int:
    """The first that it counts; the beginning of the window if there is none."""
    head, left = s[HEAD], s[COUNT]
    while left > 0 and s[RING + head] + p[W] <= t:
        head = (head + 1) % p[SIZE]
        left -= 1
    return s[RING + head] if left else t - p[W]


OPERATOR = Operator(
    "count",
    1,
    Count,
    build,
    take,
    judge,
    bind,
    state,
    length,
    length,
    since,
    absence=True,
    number=True,
)
