"""What a condition leaves possible: sets of numbers per thing that is measured, kept as boxes.

For a condition with its numbers filled in, `reach` gives where it can be true and where it can be
false, each a box (thing → spans of integers that are still possible) or None where it cannot be at
all. Boxes err on the side of "possible", so what is said never to be true is never true. Clock
times are minutes of a local week.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from rules.operators.time_between import ALL_DAYS, WITH_HOLIDAYS, WITHOUT_HOLIDAYS
from rules.quantity import MINUTE, Quantity
from rules.tree import Counted, Measure, Node

FAR = 1 << 62
DAY_MINUTES = 1440
WEEK = 7 * DAY_MINUTES
CLOCK = "clock"

Spans = tuple[tuple[int, int], ...]  # disjoint, in order, both ends included
Box = Mapping[str, Spans] | None  # None: impossible


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a condition can be true, and where it can be false."""

    true: Box
    false: Box


ANYTHING = Reach({}, {})
Values = Mapping[str, Quantity]


def meet(a: Spans, b: Spans) -> Spans:
    """What is in both."""
    found = ((max(x, u), min(y, v)) for x, y in a for u, v in b)
    return tuple((low, high) for low, high in found if low <= high)


def join(a: Spans, b: Spans) -> Spans:
    """What is in either."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted((*a, *b)):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def without(whole: Spans, part: Spans) -> Spans:
    """What is in `whole` and not in `part`."""
    for low, high in part:
        whole = meet(whole, ((-FAR, low - 1), (high + 1, FAR)))
    return whole


def both(a: Box, b: Box) -> Box:
    """Where two conditions hold at once."""
    if a is None or b is None:
        return None
    box = dict(a)
    for thing, spans in b.items():
        box[thing] = meet(box[thing], spans) if thing in box else spans
        if not box[thing]:
            return None
    return box


def either(a: Box, b: Box) -> Box:
    """A box around where one of two conditions holds."""
    if a is None or b is None:
        return b if a is None else a
    return {thing: join(a[thing], b[thing]) for thing in a if thing in b}


def reach(node: Node, values: Values) -> Reach:
    """Of a truth; what is not looked into can be anything."""
    rule = _RULES.get(node.operator.word)
    return ANYTHING if rule is None else rule(node, values)


def span(measure: Measure, node: Node, values: Values) -> tuple[int, int]:
    """The lowest and highest that a number can be."""
    signal = measure.signal
    if signal is not None:
        widest = signal.high_x - signal.low_x
        match measure.counted:
            case Counted.VALUE:
                return signal.low_x, signal.high_x
            case Counted.RISE:
                return 0, widest
            case Counted.DIFFERENCE:
                return -widest, widest
    match measure.counted:
        case Counted.LENGTH:
            within = [a.count(values) for a in node.arguments if a.name == "within"]
            return 0, min(within, default=FAR)
        case Counted.NUMBER | Counted.TOTAL:
            return 0, FAR
    return -FAR, FAR


def longest(node: Node, values: Values) -> int | None:
    """How long a condition can stay true at most, ms; None: no end can be seen."""
    match node.operator.word:
        case "time_between":
            spans = clock_spans(node, values, possibly=True)
            whole = join(spans, tuple((low + WEEK, high + WEEK) for low, high in spans))
            best = max((high - low + 1 for low, high in whole), default=0)
            return None if best >= WEEK else best * MINUTE
        case "all" | "unless":
            parts = _truths(node) if node.operator.word == "all" else _truths(node)[:1]
            found = [length for part in parts if (length := longest(part, values)) is not None]
            return min(found, default=None)
        case "any":
            lengths = [longest(part, values) for part in _truths(node)]
            known = [length for length in lengths if length is not None]
            return sum(known) if len(known) == len(lengths) else None
        case "lasting":
            length = longest(_truths(node)[0], values)
            return None if length is None else max(length - node.argument("for").count(values), 0)
    return None


def clock_spans(node: Node, values: Values, *, possibly: bool) -> Spans:
    """Minutes of the local week, from Monday, in which a `time_between` is true: on any week, or
    `possibly`, on one with public holidays.
    """
    given = {a.name: a.count(values) for a in node.arguments}
    days = given.get("days", ALL_DAYS)
    if possibly and days & WITH_HOLIDAYS:
        days = ALL_DAYS
    if not possibly and days & WITHOUT_HOLIDAYS:
        days = 0
    start, end = given["from"] // MINUTE, given["until"] // MINUTE
    length = (end - start - 1) % DAY_MINUTES + 1
    spans: Spans = ()
    for day in range(7):
        if days >> day & 1:
            low = day * DAY_MINUTES + start % DAY_MINUTES
            high = low + length - 1
            spans = join(spans, ((low, min(high, WEEK - 1)),))
            if high >= WEEK:
                spans = join(spans, ((0, high - WEEK),))
    return spans


def _truths(node: Node) -> list[Node]:
    return [c for c in node.children if isinstance(c, Node) and c.measure is None]


def _compared(node: Node, values: Values) -> Reach:
    number = node.children[0]
    assert isinstance(number, Node)
    assert number.measure is not None
    low, high = span(number.measure, number, values)
    given = {a.name: a.count(values) for a in node.arguments}
    word, thing = node.operator.word, number.canonical()
    if word == "between":
        true = meet(((low, high),), ((given["low"], given["high"]),))
        false = without(((low, high),), true)
    elif word == "above":
        back = given["limit"] - given.get("back_by", 0)
        true = ((max(low, back + 1), high),) if given["limit"] < high else ()
        false = ((low, min(high, given["limit"])),) if given["limit"] >= low else ()
    else:
        back = given["limit"] + given.get("back_by", 0)
        true = ((low, min(high, back - 1)),) if given["limit"] > low else ()
        false = ((max(low, given["limit"]), high),) if given["limit"] <= high else ()
    return Reach({thing: true} if true else None, {thing: false} if false else None)


def _is(node: Node, values: Values) -> Reach:
    state = node.children[0]
    assert isinstance(state, Node)
    assert state.measure is not None
    x = node.argument("state").count(values)
    false = without((span(state.measure, state, values),), ((x, x),))
    return Reach({state.canonical(): ((x, x),)}, {state.canonical(): false} if false else None)


def _clock(node: Node, values: Values) -> Reach:
    true = clock_spans(node, values, possibly=True)
    false = without(((0, WEEK - 1),), clock_spans(node, values, possibly=False))
    return Reach({CLOCK: true} if true else None, {CLOCK: false} if false else None)


def _all(node: Node, values: Values) -> Reach:
    parts = [reach(part, values) for part in _truths(node)]
    return Reach(_fold(both, (p.true for p in parts)), _fold(either, (p.false for p in parts)))


def _any(node: Node, values: Values) -> Reach:
    parts = [reach(part, values) for part in _truths(node)]
    return Reach(_fold(either, (p.true for p in parts)), _fold(both, (p.false for p in parts)))


def _not(node: Node, values: Values) -> Reach:
    inner = reach(_truths(node)[0], values)
    return Reach(inner.false, inner.true)


def _unless(node: Node, values: Values) -> Reach:
    condition, exception = (reach(part, values) for part in _truths(node))
    # an unknown exception denies nothing, so the condition alone says where it can be true
    return Reach(condition.true, either(condition.false, exception.true))


def _lasting(node: Node, values: Values) -> Reach:
    inner = reach(_truths(node)[0], values)
    most = longest(_truths(node)[0], values)
    hour = 60 * MINUTE  # on the day on which the clocks go back, a window is so much longer
    long_enough = most is None or node.argument("for").count(values) <= most + hour
    return Reach(inner.true if long_enough else None, None if inner.false is None else {})


def _fold(join_two: Callable[[Box, Box], Box], boxes: Iterable[Box]) -> Box:
    return reduce(join_two, boxes)


_RULES: Mapping[str, Callable[[Node, Values], Reach]] = {
    "above": _compared,
    "below": _compared,
    "between": _compared,
    "is": _is,
    "time_between": _clock,
    "all": _all,
    "any": _any,
    "not": _not,
    "unless": _unless,
    "lasting": _lasting,
}
