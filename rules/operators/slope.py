"""How fast a signal changes over a window (t - W, t]: the slope of least squares, per day.

In hundredths of the signal's resolution per day, half-up. Times count in whole minutes since 1970.
Unknown with fewer than `needs` readings, and while the first and the last of them lie less than
`span` apart, for two readings of one hour say nothing of a week.

    slope = (n Σux - Σu Σx) / (n Σu² - (Σu)²), u in minutes after the first, x above the lowest

Bounds: n <= 2^10, u <= 50,401 < 2^15.7 (35 days), x < 2^17, so Σu <= 2^25.7, Σx <= 2^27,
Σu² <= 2^41.4, Σux <= 2^42.7, numerator and denominator < 2^52.7. A remainder below the denominator
times 400 is below 2^61.4; times 144,000 at once it would not fit, so it is multiplied in two steps.
The result is at most 2^17 x 144,000 < 2^35.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from devices.errors import Spoken
from rules.almanac import Almanac
from rules.operators import window
from rules.operators.machine import NEVER, Operator, State, U
from rules.operators.window import HIGH, LOW, NEEDS, SIZE, W
from rules.quantity import Amount, Duration, Whole, Window, plain
from rules.tree import Counted, Measure, Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

SPAN = 5  # p, after those of a window: ms
HEAD, COUNT, LOST_UNTIL, BASE, SU, SX, SUU, SUX, RING = 0, 1, 2, 3, 4, 5, 6, 7, 8  # s
MINUTE = 60_000
MOST = 1024
COARSE, REST = 400, 360  # of 144,000 = 1440 minutes x 100


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if x < p[LOW] or x > p[HIGH]:
        return
    size = p[SIZE]
    while s[COUNT] > 0 and (s[RING + 2 * s[HEAD]] + p[W] <= t or s[COUNT] == size):
        at = RING + 2 * s[HEAD]
        if s[at] + p[W] > t:
            s[LOST_UNTIL] = s[at] + p[W]
        u, y = s[at] // MINUTE - s[BASE], s[at + 1]
        s[SU] -= u
        s[SX] -= y
        s[SUU] -= u * u
        s[SUX] -= u * y
        s[HEAD] = (s[HEAD] + 1) % size
        s[COUNT] -= 1
    n = s[COUNT]
    first = t // MINUTE
    if n > 0:
        first = s[RING + 2 * s[HEAD]] // MINUTE
    later = first - s[BASE]  # the sums count from the first reading, so that they stay small
    s[SUX] -= later * s[SX]
    s[SUU] += n * later * later - 2 * later * s[SU]
    s[SU] -= n * later
    s[BASE] = first
    u, y = t // MINUTE - first, x - p[LOW]
    s[SU] += u
    s[SX] += y
    s[SUU] += u * u
    s[SUX] += u * y
    at = RING + 2 * ((s[HEAD] + n) % size)
    s[at] = t
    s[at + 1] = y
    s[COUNT] = n + 1


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    if t < s[LOST_UNTIL]:
        return U, s[LOST_UNTIL]
    head, n = s[HEAD], s[COUNT]
    su, sx, suu, sux = s[SU], s[SX], s[SUU], s[SUX]
    while n > 0 and s[RING + 2 * head] + p[W] <= t:
        u, y = s[RING + 2 * head] // MINUTE - s[BASE], s[RING + 2 * head + 1]
        su -= u
        sx -= y
        suu -= u * u
        sux -= u * y
        head = (head + 1) % p[SIZE]
        n -= 1
    if n < p[NEEDS]:
        return U, NEVER
    first = s[RING + 2 * head]
    if s[RING + 2 * ((head + n - 1) % p[SIZE])] - first < p[SPAN]:
        return U, NEVER
    below = n * suu - su * su
    if below == 0:
        return U, first + p[W]
    above = n * sux - su * sx
    size = max(above, -above)
    rest = (size % below) * COARSE
    whole = (size // below) * COARSE + rest // below
    rest = (rest % below) * REST
    whole = whole * REST + rest // below
    if 2 * (rest % below) >= below:
        whole += 1
    return (whole if above >= 0 else -whole), first + p[W]


class Slope(window.InWindow):
    needs: Amount = plain(3)
    span: Amount | None = None  # half the window


def build(form: Slope, maker: "Maker") -> Node:
    signal, source = maker.points(form.signal)
    arguments = [
        maker.argument("within", Window(signal=signal), form.within),
        maker.argument("needs", Whole(2, window.MANY_NEEDED), form.needs),
    ]
    if form.span is not None:
        arguments.append(maker.argument("span", Duration(), form.span))
    return maker.node(arguments, [source], Measure(signal, Counted.RATE))


def bind(values: Mapping[str, int], node: Node, almanac: Almanac) -> list[int]:
    p = window.bind(values, node, almanac)
    span = values.get("span", p[W] // 2)
    if span >= p[W]:
        raise ValueError(Spoken("no two readings of the window lie so far apart as span asks"))
    p[SIZE] = min(p[SIZE], MOST)
    return [*p, span]


def state(p: list[int]) -> State:
    return [0, 0, U, 0, 0, 0, 0, 0] + [0] * (2 * p[SIZE])


def since(s: State, p: list[int], t: int) -> int:
    """The first reading of the window; U if there is none."""
    head, left = s[HEAD], s[COUNT]
    while left > 0 and s[RING + 2 * head] + p[W] <= t:
        head = (head + 1) % p[SIZE]
        left -= 1
    return s[RING + 2 * head] if left else U


OPERATOR = Operator(
    "slope",
    1,
    Slope,
    build,
    take,
    judge,
    bind,
    state,
    window.length,
    window.length,
    since,
    number=True,
)
