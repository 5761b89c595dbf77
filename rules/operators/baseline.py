"""What is usual for this person, as of the newest reading: the mean or the median of the days
before it (`days`), rounded half-up to the signal's resolution.

It stands as long as that reading does. Unknown with fewer than `needs` days that have a reading.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rules.almanac import Almanac
from rules.operators import days
from rules.operators.arithmetic import half_up
from rules.operators.days import AT, CENTRE, HIGH, LOW, MAX_AGE, OUT, PER, N, note
from rules.operators.machine import NEVER, Operator, State, U, as_children, no_span
from rules.tree import Measure, Node, SignalRef

if TYPE_CHECKING:
    from rules.file.maker import Maker


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if x < p[LOW] or x > p[HIGH]:
        return
    note(s, p, t, x)
    s[OUT] = half_up(s[CENTRE], 100 * s[PER]) if s[N] > 0 else U


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[OUT] == U:
        return U, NEVER
    stale = s[AT] + p[MAX_AGE]
    if t >= stale:
        return U, NEVER
    return s[OUT], stale


def build(form: days.Usual, maker: "Maker") -> Node:
    signal, source, arguments = days.arguments(maker, form, 1)
    return maker.node(arguments, [source], Measure(signal))


def bind(values: Mapping[str, int], node: Node, almanac: Almanac) -> list[int]:
    source = node.children[0]
    assert isinstance(source, SignalRef)
    return days.bind(values, source, almanac)


OPERATOR = Operator(
    "baseline",
    1,
    days.Usual,
    build,
    take,
    judge,
    bind,
    days.state,
    days.lookback,
    no_span,
    as_children,
    number=True,
)
