"""The readings of a window (t - W, t], kept in a ring: what the operators over windows share.

An entry has its time, its value, and the sum of all values before it, so that the sum of any run of
entries is one subtraction. Bound: |x| < 2^17 (every catalogued range), so 2^45 readings, one a
millisecond for a thousand years, keep the sum below 2^62.

A signal says how many readings a day there is room for. Should more come, the oldest is dropped and
the answer is unknown while it would have counted: a function of the readings of the window alone.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from devices.errors import Spoken
from rules.almanac import Almanac
from rules.operators.machine import Form, State, U
from rules.quantity import DAY, Amount, Argument, Quantity, Reference, Whole, Window, plain
from rules.tree import Counted, Measure, Node

if TYPE_CHECKING:
    from devices.signals import Signal
    from rules.file.maker import Maker

W, SIZE, LOW, HIGH, NEEDS = 0, 1, 2, 3, 4  # p: ms, entries, plausible counts, readings
HEAD, COUNT, LOST_UNTIL, TOTAL, RING = 0, 1, 2, 3, 4  # s; then SIZE times the three of an entry
T, X, BEFORE = 0, 1, 2  # an entry
ENTRY = 3
MOST = 2048  # entries of any ring
SLACK = 16  # a burst of readings in a short window
MANY_NEEDED = 64


def push(s: State, p: list[int], t: int, x: int) -> None:
    """A reading enters; what has left the window goes. What is implausible is no reading."""
    if x < p[LOW] or x > p[HIGH]:
        return
    size, head, count = p[SIZE], s[HEAD], s[COUNT]
    while count > 0 and s[RING + ENTRY * head] + p[W] <= t:
        head = (head + 1) % size
        count -= 1
    if count == size:
        s[LOST_UNTIL] = s[RING + ENTRY * head] + p[W]
        head = (head + 1) % size
        count -= 1
    at = RING + ENTRY * ((head + count) % size)
    s[at + T] = t
    s[at + X] = x
    s[at + BEFORE] = s[TOTAL]
    s[TOTAL] += x
    s[HEAD] = head
    s[COUNT] = count + 1


def gone(s: State, p: list[int], t: int) -> int:
    """How many entries at the head have left the window."""
    found = 0
    while found < s[COUNT] and s[RING + ENTRY * ((s[HEAD] + found) % p[SIZE])] + p[W] <= t:
        found += 1
    return found


class InWindow(Form):
    """The keys of an operator over a window of readings."""

    signal: str
    within: Amount
    needs: Amount = plain(1)  # readings, before it speaks


def builder(
    counted: Counted = Counted.VALUE,
) -> "Callable[[InWindow, Maker], Node]":
    """`build` of an operator whose number counts so."""

    def build(form: InWindow, maker: "Maker") -> Node:
        signal, source = maker.points(form.signal)
        return maker.node(arguments(maker, signal, form.within, form.needs), [source],
                          Measure(signal, counted))  # fmt: skip

    return build


def arguments(
    maker: "Maker",
    signal: "Signal",
    within: Quantity | Reference,
    needs: Quantity | Reference,
) -> list[Argument]:
    return [
        maker.argument("within", Window(signal=signal), within),
        maker.argument("needs", Whole(1, MANY_NEEDED), needs),
    ]


def room(signal: "Signal", within: int) -> int:
    """Entries for a window of so many ms."""
    return min(MOST, -(-within * signal.most_a_day // DAY) + SLACK)


def bind(values: Mapping[str, int], node: Node, _almanac: Almanac) -> list[int]:
    assert node.measure is not None
    signal = node.measure.signal
    assert signal is not None
    within, needs = values["within"], values["needs"]
    if (needs - 1) * signal.interval_ms > within:
        raise ValueError(
            Spoken(
                "{needs} readings of {name} do not come in so short a window",
                needs=needs,
                name=signal.name,
            )
        )
    return [within, room(signal, within), signal.low_x, signal.high_x, needs]


def state(p: list[int]) -> State:
    return [0, 0, U, 0] + [0] * (ENTRY * p[SIZE])


def length(p: list[int]) -> int:
    return p[W]


def since(s: State, p: list[int], t: int) -> int:
    """The first reading that it rests on; U if there is none."""
    past = gone(s, p, t)
    if past == s[COUNT]:
        return U
    return s[RING + ENTRY * ((s[HEAD] + past) % p[SIZE])]
