"""Where a rule uses a named expression: its inputs are checked, and its tree is put in its place.

`{named: out_of_bed_at_night}` or `{named: {name: bathroom_visits, within: $hours}}`
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from devices.errors import Spoken, said
from rules.errors import nearest
from rules.quantity import PLACE, Argument, Quantity, Reference, amount
from rules.tree import Node, SignalRef, Use

if TYPE_CHECKING:
    from rules.file.maker import Maker
    from rules.file.naming import Input, Named

Given = Quantity | Reference | str  # text: a place
WORD = "named"


def use(maker: "Maker", body: Any) -> Node:
    """The tree of the named expression. Raises RuleRefused."""
    given = {"name": body} if isinstance(body, str) else body
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise maker.refused(
            Spoken("write the name of a named expression"), nearest("", maker.named)
        )
    name = given["name"]
    if name not in maker.named:
        raise maker.refused(
            Spoken("{name} is no named expression", name=repr(name[:60])),
            nearest(name, maker.named),
        )
    named = maker.named[name]
    values: dict[str, Given] = {}
    for key, raw in given.items():
        if key == "name":
            continue
        if key not in named.inputs:
            hint = nearest(key, named.inputs) if named.inputs else Spoken("It has no inputs")
            raise maker.refused(
                Spoken("{name} has no input {key}", name=name, key=repr(key[:60])),
                hint,
                path=(key,),
            )
        values[key] = _given(maker, named, named.inputs[key], raw)
    tree = named.filled(values, maker.line())
    maker.used_named(named.depth, sum(1 for _ in tree.walk()))
    return tree


def _given(maker: "Maker", named: "Named", wanted: "Input", raw: Any) -> Given:
    path = (wanted.name,)
    if isinstance(wanted.default, str):
        if not isinstance(raw, str) or not PLACE.fullmatch(raw.removeprefix("$")):
            raise maker.refused(
                Spoken("{place} is no place", place=repr(raw)[:60]),
                Spoken("Write it as outer"),
                path=path,
            )
        return maker.place(raw) or raw
    try:
        value = amount(raw)
    except ValueError as error:
        raise maker.refused(said(error), path=path) from None
    assert wanted.low is not None
    assert wanted.high is not None
    for argument in arguments(named.open_tree):
        if argument.value == Reference(wanted.name):
            low, high = (argument.dimension.count(q) for q in (wanted.low, wanted.high))
            for quantity in maker.possible(wanted.name, value):
                try:
                    inside = low <= argument.dimension.count(quantity) <= high
                except ValueError as error:
                    raise maker.refused(said(error), path=path) from None
                if not inside:
                    problem = Spoken(
                        "{quantity} is outside the range of this input of {name}",
                        quantity=str(quantity),
                        name=named.name,
                    )
                    raise maker.refused(
                        problem,
                        Spoken("{low} to {high}", low=wanted.low, high=wanted.high),
                        path=path,
                    )
    return value


def arguments(tree: Node) -> Iterator[Argument]:
    """Every argument of a tree."""
    for node in tree.walk():
        yield from node.arguments


def filled(
    node: Node,
    numbers: Mapping[str, Quantity | Reference],
    places: Mapping[str, str],
    line: int,
) -> Node:
    """The same tree, its references to inputs replaced by what they were given."""

    def argument(one: Argument) -> Argument:
        if isinstance(one.value, Reference) and one.value.name in numbers:
            return replace(one, value=numbers[one.value.name])
        return one

    def place(text: str) -> str:
        return places.get(text[1:], text) if text.startswith("$") else text

    def child(one: Node | SignalRef) -> Node | SignalRef:
        if isinstance(one, Node):
            return filled(one, numbers, places, line)
        if one.place is None:
            return one
        covered, at, where = one.place.rpartition("@")  # coverage@motion@$place
        return replace(one, place=f"{covered}{at}{place(where)}")

    used = node.use and Use(
        node.use.name,
        tuple(argument(one) for one in node.use.arguments),
        tuple((name, place(text)) for name, text in node.use.places),
    )
    return replace(
        node,
        arguments=tuple(argument(one) for one in node.arguments),
        children=tuple(child(one) for one in node.children),
        line=line,
        use=used,
    )
