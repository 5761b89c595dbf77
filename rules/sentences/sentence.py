"""A rule as a plain sentence, generated from its tree: keys and parts, no prose.

`gateway/texts/phrases.py` has the words in each language. The file of a rule holds no second copy
of what it does, so the sentence cannot drift from the code.
"""

from collections.abc import Mapping
from decimal import Decimal

from devices.signals import CATALOGUE
from rules.engine.episodes import Change
from rules.file.language import Rule
from rules.file.maker import DAYS
from rules.operators.time_between import ALL_DAYS, WITHOUT_HOLIDAYS
from rules.plan import Plan
from rules.quantity import (
    Argument,
    Quantity,
)
from rules.sentences import comparing, numbering
from rules.sentences.numbering import Values, amount
from rules.sentences.parts import (
    Days,
    Length,
    Moment,
    Named,
    Part,
    Phrase,
    Place,
    Plain,
    Speed,
    TimeOfDay,
    Value,
)
from rules.tree import Measure, Node, SignalRef, Use

__all__ = [
    "KEYS_BESIDE_OPERATORS",
    "NAMED_KEY",
    "Days",
    "Length",
    "Moment",
    "Named",
    "Part",
    "Phrase",
    "Place",
    "Plain",
    "Speed",
    "TimeOfDay",
    "Value",
    "answer_part",
    "node_phrase",
    "sentence",
    "why",
]

DAYS_AND_HOLIDAYS = ("days", "working", "days.working")  # working: not on public holidays
KEYS_BESIDE_OPERATORS = frozenset(
    {"above.back", "below.back", "between.back", "times.signal", "rule", "rule.clear"}
    | numbering.KEYS
    | comparing.KEYS
    | {"holiday.tomorrow", "holiday.yesterday"}
    | {f"{word}.{how}" for word in ("none_between", "time_between") for how in DAYS_AND_HOLIDAYS}
    | {"why", "why.since", "reading"}
)


def sentence(rule: Rule, values: Mapping[str, Decimal]) -> Phrase:
    """What the rule says with these values (defaults where none is given)."""
    quantities = {
        name: Quantity(value, rule.parameters[name].unit)
        for name, value in rule.values(values).items()
    }
    condition = _phrase(rule.tree, quantities)
    if rule.clear is None:
        return Phrase("rule", {"condition": condition})
    clear = _phrase(rule.clear, quantities)
    return Phrase("rule.clear", {"condition": condition, "clear": clear})


def why(plan: Plan, change: Change) -> Phrase:
    """Why an episode began: the sentence, and the readings that it rests on."""
    readings = tuple(
        Phrase(
            "reading",
            {
                "signal": Named(e.signal, e.place),
                "value": Value(e.signal, e.x),
                "at": Moment(e.at, plan.zone),
            },
        )
        for e in change.evidence
        if not CATALOGUE[e.signal].by_gateway
    )
    parts: dict[str, Part] = {
        "rule": sentence(plan.rule, plan.values),
        "at": Moment(change.at, plan.zone),
        "readings": readings,
    }
    if change.since == change.at:
        return Phrase("why", parts)
    return Phrase("why.since", {**parts, "since": Moment(change.since, plan.zone)})


def node_phrase(plan: Plan, step: int) -> Phrase:
    """What one node of a rule says, with all that stands under it."""
    quantities = {
        name: Quantity(value, plan.rule.parameters[name].unit)
        for name, value in plan.values.items()
    }
    return _phrase(plan.steps[step].node, quantities)


def answer_part(measure: Measure, x: int) -> "Part":
    """A number that a node says, with what it counts."""
    if measure.signal is not None and measure.signal.words:
        return Value(measure.signal.name, x)
    return amount(measure.limit(), x)


NAMED_KEY = "named."  # before the name of a named expression, whose title is the template


def _phrase(node: Node, values: Mapping[str, Quantity]) -> Phrase:
    return _written_out(node, values) if node.use is None else _by_name(node.use, values)


def _by_name(use: Use, values: Mapping[str, Quantity]) -> Phrase:
    given: dict[str, Part] = {a.name: _part(a, values) for a in use.arguments}
    given |= {name: Place(place) for name, place in use.places}
    return Phrase(NAMED_KEY + use.name, given)


def _written_out(node: Node, values: Mapping[str, Quantity]) -> Phrase:
    word = node.operator.word
    inner = tuple(_phrase(c, values) for c in node.children if isinstance(c, Node))
    parts: dict[str, Part] = {a.name: _part(a, values) for a in node.arguments}
    for child in node.children:
        if isinstance(child, SignalRef):
            parts["signal"] = Named(child.signal, child.place)
    say = numbering.WORDS.get(word) or _WORDS.get(word)
    if say is not None:
        return say(node, parts, inner, values)
    if word in {"lasting", "keep", "not"}:
        parts["condition"] = inner[0]
        shorter = comparing.opposite(inner[0]) if word == "not" else None
        if shorter is not None:
            return shorter
    elif word == "unless":
        parts["condition"], parts["exception"] = inner
    elif word == "none_between":
        parts |= inner[1].parts
    if "days" in parts:
        return _on_days(word, node if word == "time_between" else node.children[-1], parts)
    return Phrase(word, parts)


def _joined(node: Node, _p: dict[str, Part], inner: tuple[Phrase, ...], _v: Values) -> Phrase:
    return Phrase(node.operator.word, {"conditions": inner})


def _compared(node: Node, parts: dict[str, Part], inner: tuple[Phrase, ...], v: Values) -> Phrase:
    word = node.operator.word
    parts["value"] = inner[0]
    if "back_by" not in parts:
        shorter = comparing.compared(word, inner[0], parts["limit"]) if word in _BACK else None
        return shorter or Phrase(word, parts)
    if word == "between":
        low, high = (_back(node, name, sign, v) for name, sign in (("low", -1), ("high", 1)))
        return Phrase("between.back", {**parts, "back_low": low, "back_high": high})
    return Phrase(f"{word}.back", {**parts, "back": _back(node, "limit", _BACK[word], v)})


def _is(node: Node, _p: dict[str, Part], inner: tuple[Phrase, ...], v: Values) -> Phrase:
    named = inner[0].parts["signal"]
    assert isinstance(named, Named)
    state = node.argument("state").count(v)
    return Phrase("is", {"signal": named, "state": Value(named.signal, state)})


def _holiday(node: Node, _p: dict[str, Part], _inner: tuple[Phrase, ...], v: Values) -> Phrase:
    later = node.argument("later").count(v)
    return Phrase({0: "holiday", 1: "holiday.tomorrow", -1: "holiday.yesterday"}[later], {})


def _times(_node: Node, parts: dict[str, Part], inner: tuple[Phrase, ...], _v: Values) -> Phrase:
    if not inner:
        return Phrase("times.signal", parts)
    return Phrase("times", {**parts, "condition": inner[0]})


def _followed(node: Node, parts: dict[str, Part], inner: tuple[Phrase, ...], _v: Values) -> Phrase:
    parts["first"] = inner[0]
    if node.operator.word == "then":
        parts["second"] = inner[1]
    return Phrase(node.operator.word, parts)


def _so_many(node: Node, parts: dict[str, Part], inner: tuple[Phrase, ...], _v: Values) -> Phrase:
    return Phrase(node.operator.word, {**parts, "conditions": inner})


_WORDS: Mapping[str, numbering.Say] = {
    "times": _times,
    "then": _followed,
    "then_no": _followed,
    "at_least": _so_many,
    "all": _joined,
    "any": _joined,
    "above": _compared,
    "below": _compared,
    "between": _compared,
    "is": _is,
    "holiday": _holiday,
}


def _on_days(word: str, window: Node | SignalRef, parts: dict[str, Part]) -> Phrase:
    assert isinstance(window, Node)
    days = window.argument("days").count({})
    if not days & WITHOUT_HOLIDAYS:
        return Phrase(f"{word}.days", parts)
    if days & ALL_DAYS != ALL_DAYS:
        return Phrase(f"{word}.days.working", parts)
    del parts["days"]
    return Phrase(f"{word}.working", parts)


def _part(argument: Argument, values: Mapping[str, Quantity]) -> Part:
    count = argument.count(values)
    if argument.name == "days":
        known = (*DAYS, "holiday")
        return Days(tuple(day for bit, day in enumerate(known) if count >> bit & 1))
    return amount(argument.dimension, count)


_BACK = {"above": -1, "below": 1}  # on which side of the limit the way back lies


def _back(node: Node, name: str, sign: int, values: Mapping[str, Quantity]) -> Part:
    limit, by = node.argument(name), node.argument("back_by")
    return amount(limit.dimension, limit.count(values) + sign * by.count(values))
