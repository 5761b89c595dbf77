"""How often somebody moved from one of some places to another within a window (t - W, t].

A move is an event in another place than the last one was in, if that was at most W ago. Events in
several places in one instant say nothing of a move if the last place is among them; else it is one
move, to the first of them in the list: so their order never matters.

It needs coverage throughout the window, else it is unknown; with `gaps: ignored` it counts what was
heard, which can only be too few. A move is kept aside until its instant is over, then it joins the
ring; should that ever be full, the answer is unknown while the oldest would have counted.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from devices.errors import Spoken
from devices.signals import CATALOGUE
from rules.almanac import Almanac
from rules.operators.machine import NEVER, Form, Operator, State, U
from rules.operators.window import MOST, SLACK
from rules.quantity import DAY, Amount, Argument, Whole, Window, plain
from rules.tree import Counted, Measure, Node, SignalRef

if TYPE_CHECKING:
    from rules.file.maker import Maker

W, SIZE, STRICT, PLACES = 0, 1, 2, 3  # p: ms, entries, whether coverage is needed, how many places
HEAD, COUNT, LOST_UNTIL, COVERED, COVERED_SINCE = 0, 1, 2, 3, 4  # s
PLACE, BEFORE, AT, SEEN, MOVED, RING = 5, 6, 7, 8, 9, 10  # s: the last place, the one before this
# instant, when, a bit a place that was heard in it, whether that is a move; then SIZE times
MOST_PLACES = 32
TWO = 2


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    if port == p[PLACES]:
        if x > 0 and s[COVERED] <= 0:
            s[COVERED_SINCE] = t
        s[COVERED] = x
        return
    fresh = s[AT] != t
    if fresh:
        if s[MOVED] == 1:
            size, head, count = p[SIZE], s[HEAD], s[COUNT]
            while count > 0 and s[RING + head] + p[W] <= t:
                head = (head + 1) % size
                count -= 1
            if count == size:
                s[LOST_UNTIL] = s[RING + head] + p[W]
                head = (head + 1) % size
                count -= 1
            s[RING + (head + count) % size] = s[AT]
            s[HEAD] = head
            s[COUNT] = count + 1
        s[BEFORE] = s[PLACE] if s[AT] > t - p[W] else U
        s[AT] = t
        s[SEEN] = 0
    s[SEEN] |= 1 << port
    s[PLACE] = port if fresh else min(s[PLACE], port)
    s[MOVED] = 0
    if s[BEFORE] != U:
        if (s[SEEN] >> s[BEFORE]) % 2 == 1:
            s[PLACE] = s[BEFORE]
        else:
            s[MOVED] = 1


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
    newest = 0
    if s[MOVED] == 1 and s[AT] + p[W] > t:
        newest = 1
    if left > 0:
        return left + newest, s[RING + head] + p[W]
    if newest == 1:
        return 1, s[AT] + p[W]
    return 0, NEVER


class Transitions(Form):
    signal: str
    places: list[str]
    within: Amount
    gaps: str | None = None  # unknown or ignored


def build(form: Transitions, maker: "Maker") -> Node:
    signal, _ = maker.events(form.signal)
    if "@" in form.signal:
        raise maker.refused(Spoken("the places stand under places"), path=("signal",))
    count = len(form.places)
    if len(set(form.places)) < count or not TWO <= count <= MOST_PLACES:
        hint = Spoken("{least} to {most} places, each once", least=TWO, most=MOST_PLACES)
        raise maker.refused(
            Spoken("somebody moves between different places"), hint, path=("places",)
        )
    strict = maker.gaps(form.gaps)
    sources = [maker.events(f"{signal.name}@{place}")[1] for place in form.places]
    children: list[Node | SignalRef] = [*sources]
    if strict:
        children.append(maker.coverage(signal, *sources))
    return maker.node(
        [
            maker.argument("within", Window(signal=signal), form.within),
            Argument("gaps", Whole(0, 1), plain(0 if strict else 1)),
            Argument("places", Whole(TWO, MOST_PLACES), plain(count)),
        ],
        children,
        Measure(None, Counted.NUMBER, least=not strict),
    )


def bind(values: Mapping[str, int], node: Node, _almanac: Almanac) -> list[int]:
    source = node.children[0]
    assert isinstance(source, SignalRef)
    size = min(MOST, -(-values["within"] * CATALOGUE[source.signal].most_a_day // DAY) + SLACK)
    return [values["within"], size, 1 - values["gaps"], values["places"]]


def state(p: list[int]) -> State:
    return [0, 0, U, U, U, U, U, U, 0, 0] + [0] * p[SIZE]


def window(p: list[int]) -> int:
    return p[W]


def twice_window(p: list[int]) -> int:
    return 2 * p[W]  # where somebody was before the first move


def since(s: State, p: list[int], t: int) -> int:
    """The first move that it counts; the beginning of the window if there is none."""
    head, left = s[HEAD], s[COUNT]
    while left > 0 and s[RING + head] + p[W] <= t:
        head = (head + 1) % p[SIZE]
        left -= 1
    if left > 0:
        return s[RING + head]
    return s[AT] if s[MOVED] == 1 and s[AT] + p[W] > t else t - p[W]


OPERATOR = Operator(
    "transitions",
    1,
    Transitions,
    build,
    take,
    judge,
    bind,
    state,
    twice_window,
    window,
    since,
    absence=True,
    number=True,
)
