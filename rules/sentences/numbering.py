"""How numbers are said: an amount by what it counts, and a phrase for each word that gives one."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType

from rules.quantity import (
    Argument,
    Clock,
    Counts,
    Difference,
    Dimension,
    Duration,
    Hundredths,
    Quantity,
    Rate,
    Total,
)
from rules.sentences.parts import Length, Part, Phrase, Place, Plain, Speed, TimeOfDay, Value
from rules.tree import Node, SignalRef

Values = Mapping[str, Quantity]
Say = Callable[[Node, dict[str, Part], tuple[Phrase, ...], Values], Phrase]


def amount(dimension: Dimension, count: int) -> Part:
    match dimension:
        case Counts(signal) | Difference(signal) | Total(signal):
            return Value(signal.name, count)
        case Rate(signal):
            return Speed(signal.name, count)
        case Hundredths():
            return Plain(count, 2)
        case Duration():
            return Length(count)
        case Clock():
            return TimeOfDay(count // 60_000)
        case _:
            return Plain(count)


def _latest(_node: Node, parts: dict[str, Part], _inner: tuple[Phrase, ...], _v: Values) -> Phrase:
    return Phrase("latest.valid" if "valid_low" in parts else "latest", parts)


def _difference(
    _node: Node, _parts: dict[str, Part], inner: tuple[Phrase, ...], _v: Values
) -> Phrase:
    return Phrase("difference", {"value": inner[0], "less": inner[1]})


def _gaps(node: Node, values: Values) -> str:
    """Whether what was not heard is left out of it; of readings that came nothing is."""
    heard = node.argument("gaps").count(values) == 1
    return ".heard" if heard and node.measure is not None and node.measure.least else ""


def _count(node: Node, parts: dict[str, Part], _inner: tuple[Phrase, ...], v: Values) -> Phrase:
    return Phrase(f"count{_gaps(node, v)}", parts)


def _condition(node: Node, parts: dict[str, Part], inner: tuple[Phrase, ...], v: Values) -> Phrase:
    return Phrase(f"{node.operator.word}{_gaps(node, v)}", {**parts, "condition": inner[0]})


def _transitions(
    node: Node, parts: dict[str, Part], _inner: tuple[Phrase, ...], v: Values
) -> Phrase:
    refs = [child for child in node.children if isinstance(child, SignalRef)]
    places = tuple(Phrase("place", {"place": Place(ref.place or "")}) for ref in refs)
    within = parts["within"]
    return Phrase(f"transitions{_gaps(node, v)}", {"places": places, "within": within})


def _usual(node: Node, parts: dict[str, Part], _inner: tuple[Phrase, ...], v: Values) -> Phrase:
    key = node.operator.word
    key += ".median" if node.argument("centre").count(v) == 1 else ""
    key += ".hour" if node.argument("hour").count(v) == 1 else ""
    return Phrase(key, {"signal": parts["signal"], "over": parts["over"]})


def _points(node: Node, _parts: dict[str, Part], inner: tuple[Phrase, ...], v: Values) -> Phrase:
    if not isinstance(node.children[0], Node) or node.children[0].measure is None:
        true, false = (Plain(node.argument(name).count(v)) for name in ("true", "false"))
        return Phrase("points.truth", {"condition": inner[0], "true": true, "false": false})
    edges = [a for a in node.arguments if a.name.startswith("to_")]
    points = [Plain(a.count(v)) for a in node.arguments if a.name.startswith("points_")]
    signal = node.children[0].measure.signal
    if signal is not None and signal.words:
        said = [
            Phrase("band.state", {"state": Value(signal.name, x), "points": points[index]})
            for index, x in enumerate(sorted(signal.words.values()))
        ]
        return Phrase("points", {"value": inner[0], "bands": tuple(said)})
    return Phrase("points", {"value": inner[0], "bands": tuple(_bands(edges, points, v))})


def _bands(edges: list[Argument], points: list[Plain], v: Values) -> list[Phrase]:
    ends = [edge.count(v) for edge in edges]
    dimension = edges[0].dimension
    said = [Phrase("band.low", {"high": amount(dimension, ends[0]), "points": points[0]})]
    for index, (before, end) in enumerate(pairwise(ends), 1):
        low, high = amount(dimension, before + 1), amount(dimension, end)
        said.append(Phrase("band", {"low": low, "high": high, "points": points[index]}))
    last = amount(dimension, ends[-1] + 1)
    return [*said, Phrase("band.high", {"low": last, "points": points[-1]})]


def _score(node: Node, _parts: dict[str, Part], inner: tuple[Phrase, ...], v: Values) -> Phrase:
    key = "score.highest" if node.argument("highest").count(v) == 1 else "score"
    needs = Plain(node.argument("needs").count(v))
    return Phrase(key, {"parts": inner, "needs": needs, "count": Plain(len(inner))})


def _choose(_node: Node, _parts: dict[str, Part], inner: tuple[Phrase, ...], _v: Values) -> Phrase:
    condition, then, otherwise = inner
    return Phrase("choose", {"condition": condition, "then": then, "else": otherwise})


WORDS: Mapping[str, Say] = MappingProxyType(
    {
        "latest": _latest,
        "difference": _difference,
        "count": _count,
        "time_true": _condition,
        "times_true": _condition,
        "transitions": _transitions,
        "baseline": _usual,
        "deviation": _usual,
        "points": _points,
        "score": _score,
        "choose": _choose,
    }
)

KEYS = frozenset(
    {"latest.valid", "points.truth", "band", "band.low", "band.high", "band.state", "place"}
    | {f"{word}.heard" for word in ("count", "time_true", "times_true", "transitions")}
    | {
        f"{word}.{how}"
        for word in ("baseline", "deviation")
        for how in ("median", "hour", "median.hour")
    }
    | {"score.highest"}
)
