"""Points for where a number lies in a table of bands, for a state, or for a condition.

Bands are in order and leave no gap and no overlap: each begins one step of resolution above the end
of the one before. A state has points for every one of its words. So nothing that can be measured
is without points. Unknown if the input is.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from devices.errors import Spoken, said
from rules.almanac import Almanac
from rules.errors import nearest
from rules.operators.machine import (
    NEVER,
    Form,
    Operator,
    State,
    U,
    as_children,
    no_lookback,
    no_span,
)
from rules.quantity import Argument, Dimension, Fixed, Whole, plain
from rules.tree import Counted, Measure, Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

BANDS, EDGES = 0, 1  # p: n, then n - 1 upper ends (included), then n points
X = 0  # s
MOST = 100  # points


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[X] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    x = s[X]
    if x == U:
        return U, NEVER
    n = p[BANDS]
    band = 0
    while band < n - 1 and x > p[EDGES + band]:
        band += 1
    return p[n + band], NEVER


class Band(Form):
    low: Fixed | None = None  # only the first band has none
    high: Fixed | None = None  # only the last band has none
    points: Fixed


class Points(Form):
    value: Any = None  # with bands, or a state's name with states
    bands: list[Band] | None = None
    states: dict[str, Fixed] | None = None
    condition: Any = None  # with true and false
    true: Fixed | None = None
    false: Fixed | None = None


def build(form: Points, maker: "Maker") -> Node:
    given = {name for name in Points.model_fields if getattr(form, name) is not None}
    if given == {"value", "bands"}:
        return _bands(form, maker)
    if given == {"value", "states"}:
        return _states(form, maker)
    if given == {"condition", "true", "false"}:
        arguments = [
            _edge(0),
            *(maker.argument(n, Whole(0, MOST), getattr(form, n)) for n in ("false", "true")),
        ]
        child = maker.truth(form.condition, "condition")
        return maker.node(arguments, [child], Measure(None, Counted.NUMBER))
    raise maker.refused(
        Spoken("points are given for bands of a value, for states, or for a condition"),
        Spoken("value and bands; value and states; condition, true and false"),
    )


def _bands(form: Points, maker: "Maker") -> Node:
    value = maker.number(form.value, "value")
    dimension = maker.counts(value)
    bands = form.bands or []
    if len(bands) < 2:  # one band would say nothing
        raise maker.refused(Spoken("a table needs at least two bands"), path=("bands",))
    arguments: list[Argument] = []
    before: int | None = None
    for index, band in enumerate(bands):
        path = ("bands", index)
        last = index == len(bands) - 1
        if (band.low is None) != (index == 0) or (band.high is None) != last:
            hint = Spoken("The first has no low, the last no high, all others both")
            raise maker.refused(Spoken("only the ends of the table are open"), hint, path=path)
        low = _count(maker, dimension, band.low, path)
        if low is not None and before is not None and low != before + 1:
            overlaps = Spoken("this band overlaps the one before")
            problem = overlaps if low <= before else Spoken("this band leaves a hole below it")
            hint = Spoken("A band begins one step of resolution above the end of the one before")
            raise maker.refused(problem, hint, path=path)
        high = _count(maker, dimension, band.high, path)
        if high is not None and low is not None and high < low:
            raise maker.refused(Spoken("its high is below its low"), path=path)
        if band.high is not None:
            arguments.append(Argument(f"to_{index}", dimension, band.high))
        points = maker.argument("points", Whole(0, MOST), band.points)
        arguments.append(Argument(f"points_{index}", points.dimension, points.value))
        before = high
    return maker.node(arguments, [value], Measure(None, Counted.NUMBER))


def _count(
    maker: "Maker", dimension: Dimension, quantity: Fixed | None, path: tuple[str | int, ...]
) -> int | None:
    if quantity is None:
        return None
    try:
        return dimension.count(quantity)
    except ValueError as error:
        raise maker.refused(said(error), path=path) from None


def _states(form: Points, maker: "Maker") -> Node:
    value = maker.number(form.value, "value")
    assert value.measure is not None
    states = cast("dict[str, Fixed]", form.states)
    words = value.measure.signal.words if value.measure.signal else {}
    for word in states:
        if word not in words:
            hint = nearest(word, words) if words else Spoken("It is a number: give bands")
            raise maker.refused(
                Spoken("it is never {word}", word=repr(word[:40])), hint, path=("states",)
            )
    missing = [word for word in words if word not in states]
    if missing:
        problem = Spoken("no points for {words}", words=", ".join(missing))
        raise maker.refused(problem, Spoken("Give points for every state"), path=("states",))
    arguments: list[Argument] = []
    ordered = sorted(words.items(), key=lambda item: item[1])
    for index, (word, x) in enumerate(ordered):
        if index < len(ordered) - 1:
            arguments.append(Argument(f"to_{index}", Whole(x, x), plain(x)))
        points = maker.argument("states", Whole(0, MOST), states[word])
        arguments.append(Argument(f"points_{index}", points.dimension, points.value))
    return maker.node(arguments, [value], Measure(None, Counted.NUMBER))


def _edge(x: int) -> Argument:
    return Argument("to_0", Whole(x, x), plain(x))


def bind(values: Mapping[str, int], _node: Node, _almanac: Almanac) -> list[int]:
    edges = [x for name, x in values.items() if name.startswith("to_")]
    points = [x for name, x in values.items() if not name.startswith("to_")]
    return [len(points), *edges, *points]


def state(_p: list[int]) -> State:
    return [U]


OPERATOR = Operator(
    "points",
    1,
    Points,
    build,
    take,
    judge,
    bind,
    state,
    no_lookback,
    no_span,
    as_children,
    number=True,
)
