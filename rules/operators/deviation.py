"""How far the newest reading is from what is usual for this person, in hundredths of the usual
spread: (reading - centre) / spread, half-up.

With `centre: mean` the spread is the standard deviation of the days' values (n - 1); with `median`
it is 1.4826 times their median distance from it, which is the same for what is normally
distributed. A spread below `least_spread` counts as that, so that the first change in somebody
whose numbers never changed is no miracle: the signal's resolution, unless more is asked.

Bounds, with those of `days`: |100 x PER - CENTRE| < 2^29.9, times 10^4 below 2^43.2.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rules.almanac import Almanac
from rules.operators import days
from rules.operators.arithmetic import half_up
from rules.operators.days import (
    AT,
    CENTRE,
    FLOOR,
    HIGH,
    LOW,
    MAX_AGE,
    OUT,
    PER,
    SPREAD,
    N,
    note,
)
from rules.operators.machine import NEVER, Operator, State, U, as_children, no_span
from rules.quantity import Amount, Difference
from rules.tree import Counted, Measure, Node, SignalRef

if TYPE_CHECKING:
    from rules.file.maker import Maker


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if x < p[LOW] or x > p[HIGH]:
        return
    note(s, p, t, x)
    s[OUT] = U
    if s[N] > 0:
        spread = max(s[SPREAD], 10_000 * p[FLOOR])
        s[OUT] = half_up(10_000 * (100 * x * s[PER] - s[CENTRE]), s[PER] * spread)


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if s[OUT] == U:
        return U, NEVER
    stale = s[AT] + p[MAX_AGE]
    if t >= stale:
        return U, NEVER
    return s[OUT], stale


class Deviation(days.Usual):
    least_spread: Amount | None = None  # the signal's resolution


def build(form: Deviation, maker: "Maker") -> Node:
    signal, source, arguments = days.arguments(maker, form, 2)
    if form.least_spread is not None:
        positive = Difference(signal, least=1)
        arguments.append(maker.argument("least_spread", positive, form.least_spread))
    return maker.node(arguments, [source], Measure(None, Counted.DEVIATION))


def bind(values: Mapping[str, int], node: Node, almanac: Almanac) -> list[int]:
    source = node.children[0]
    assert isinstance(source, SignalRef)
    return days.bind(values, source, almanac)


OPERATOR = Operator(
    "deviation",
    1,
    Deviation,
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
