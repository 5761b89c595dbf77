"""Named expressions: a condition or a number under a name, with inputs that a rule may set.

`read_named` reads files that may use one another and gives each with its tree, or raises
RuleRefused: cycles and chains deeper than MAX_DEPTH are refused by name. An input is a number with
a range, as a rule's parameter, or the place of a signal.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from devices.errors import Spoken
from rules.almanac import Almanac
from rules.errors import RuleRefused, most_telling, nearest, refuse, told
from rules.file.forms import InputForm, NamedExampleForm, NamedForm
from rules.file.maker import Maker
from rules.file.marked import Marked, load
from rules.file.using import Given, arguments, filled
from rules.plan import Plan, plan
from rules.quantity import MS, Argument, Quantity, Reference
from rules.rule import Example, Priority, Rule
from rules.tree import Node, SignalRef, Use

MAX_DEPTH = 8  # named expressions within named expressions


@dataclass(frozen=True, slots=True)
class Input:
    """What a rule may set where it uses the expression."""

    name: str
    label: str
    default: Quantity | str  # text: a place
    low: Quantity | None
    high: Quantity | None

    def possible(self) -> tuple[Quantity, ...]:
        assert isinstance(self.default, Quantity)
        return tuple(q for q in (self.default, self.low, self.high) if q is not None)


@dataclass(frozen=True, slots=True)
class Named:
    """One named expression. `tree` has its defaults filled in."""

    name: str
    title: str  # with {input} where an input is said; through gettext where people see it
    what: str
    source: str
    inputs: Mapping[str, Input]
    open_tree: Node  # inputs stand as references
    depth: int
    examples: tuple[Example, ...]
    file: str
    text: str

    @property
    def tree(self) -> Node:
        return self.filled({}, self.open_tree.line)

    @property
    def is_number(self) -> bool:
        return self.open_tree.measure is not None

    def filled(self, given: Mapping[str, Given], line: int) -> Node:
        """The tree with what was given, at a line of the file that uses it."""
        chosen = {n: given.get(n, i.default) for n, i in self.inputs.items()}
        numbers = {n: v for n, v in chosen.items() if not isinstance(v, str)}
        places = {n: v for n, v in chosen.items() if isinstance(v, str)}
        tree = filled(self.open_tree, numbers, places, line)
        known = {a.value: a.dimension for a in arguments(self.open_tree)}
        given_numbers = tuple(
            Argument(name, known[Reference(name)], value) for name, value in numbers.items()
        )
        return replace(tree, use=Use(self.name, given_numbers, tuple(places.items())))

    def plan(self, almanac: Almanac, given: Mapping[str, Given] | None = None) -> Plan:
        """What the engine runs to say its values; the root is its answer."""
        tree = self.filled(given or {}, self.open_tree.line)
        rule = _dressed(self.name, self.title, self.text, tree)
        return plan(rule, {}, almanac.zone, almanac.holidays)


class NamedRule(Rule):
    """A named expression in the clothes of a rule, for drivers that run plans."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Callable[..., Rule], tuple[Any, ...]]:
        """It crosses process borders as the tree that it is."""
        return _dressed, (self.name, self.title, self.text, self.tree)


def _dressed(name: str, title: str, text: str, tree: Node) -> NamedRule:
    nodes = list(tree.walk())
    refs = {child for node in nodes for child in node.children if isinstance(child, SignalRef)}
    return NamedRule(
        name=name,
        title=title,
        why="",
        source="",
        not_for="",
        guidance=(),
        subject="resident",
        priority=Priority.TODAY,
        audience=(),
        urgent=False,
        tell_late_ms=0,
        at_most_ms=None,
        yields_to=(),
        parameters=MappingProxyType({}),
        examples=(),
        text=text,
        version=hashlib.blake2b(tree.canonical().encode(), digest_size=6).hexdigest(),
        uses=tuple(sorted(refs, key=str)),
        absence=any(node.operator.absence for node in nodes),
        momentary=False,
        lookback_ms=0,
        tree=tree,
        clear=None,
    )


def read_named(texts: Mapping[str, str]) -> Mapping[str, Named]:
    """By name, in the order of the files. `texts`: file name to its text."""
    return _Reader(texts).all()


class _Reader(Mapping[str, Named]):
    """Resolves names while files are read, so that they may use one another in any order."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._forms: dict[str, tuple[NamedForm, Marked, str]] = {}
        self._done: dict[str, Named] = {}
        self._open: list[str] = []
        for file, text in texts.items():
            marked = load(text, file)
            form = _form(marked)
            if form.name in self._forms:
                other = self._forms[form.name][1].file
                raise refuse(
                    file,
                    1,
                    "name",
                    Spoken("{name} stands in {other} as well", name=repr(form.name), other=other),
                )
            self._forms[form.name] = form, marked, text

    def all(self) -> Mapping[str, Named]:
        return MappingProxyType({name: self[name] for name in self._forms})

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)

    def __getitem__(self, name: str) -> Named:
        if name not in self._done:
            form, marked, text = self._forms[name]
            if name in self._open:
                ring = " uses ".join([*self._open[self._open.index(name) :], name])
                raise refuse(
                    marked.file, 1, "", Spoken("named expressions in a ring: {ring}", ring=ring)
                )
            if len(self._open) >= MAX_DEPTH:
                chain = " uses ".join(self._open)
                problem = Spoken(
                    "named expressions more than {count} deep: {chain}",
                    count=MAX_DEPTH,
                    chain=chain,
                )
                raise refuse(marked.file, 1, "", problem, Spoken("Write one of them out"))
            self._open.append(name)
            try:
                self._done[name] = _named(form, marked, text, self)
            finally:
                self._open.pop()
        return self._done[name]


def _form(marked: Marked) -> NamedForm:
    if not isinstance(marked.data, dict):
        raise refuse(marked.file, 1, "", Spoken("a named expression is a mapping of keys"))
    try:
        return NamedForm.model_validate(marked.data)
    except ValidationError as error:
        raise _invalid(error, marked) from None


def _invalid(error: ValidationError, marked: Marked) -> RuleRefused:
    first = most_telling(error)
    path = tuple(first["loc"])
    known: Any = NamedForm.model_fields
    if path[:1] in {("inputs",), ("examples",)}:
        known = (InputForm if path[0] == "inputs" else NamedExampleForm).model_fields
    unknown = first["type"] == "extra_forbidden"
    problem = told(first)
    hint = nearest(str(path[-1]), known) if unknown else ""
    key = ".".join(str(part) for part in path)
    return refuse(marked.file, marked.line(path), key, problem, hint)


def _named(form: NamedForm, marked: Marked, text: str, others: Mapping[str, Named]) -> Named:
    inputs = {name: _input(name, one, marked) for name, one in form.inputs.items()}
    numbers = {n: i.possible() for n, i in inputs.items() if isinstance(i.default, Quantity)}
    places = {n: i.default for n, i in inputs.items() if isinstance(i.default, str)}
    maker = Maker(marked, numbers, others, places)
    if form.number is not None:
        tree = maker.root_number(form.number, "number")
    else:
        tree = maker.root(form.truth, "truth")
    for name in inputs:
        if name not in maker.used:
            line = marked.line(("inputs", name))
            raise refuse(
                marked.file,
                line,
                f"inputs.{name}",
                Spoken("is used nowhere"),
                Spoken("Use ${name}", name=name),
            )
    try:
        form.title.format_map(dict.fromkeys(inputs, ""))
    except (LookupError, ValueError, AttributeError):
        line, hint = marked.line(("title",)), nearest("", inputs)
        raise refuse(
            marked.file, line, "title", Spoken("names an input that is not there"), hint
        ) from None
    depth = 1 + maker.depth
    return Named(
        name=form.name,
        title=form.title,
        what=" ".join(form.what.split()),
        source=" ".join(form.source.split()),
        inputs=MappingProxyType(inputs),
        open_tree=tree,
        depth=depth,
        examples=_examples(form, marked),
        file=marked.file,
        text=text,
    )


def _input(name: str, form: InputForm, marked: Marked) -> Input:
    problem = ""
    if not name.replace("_", "").isalnum() or not name.islower() or name == "name":
        problem = Spoken("an input's name is lower case letters, digits and _, and not `name`")
    elif form.place is None:
        assert form.default is not None
        assert form.low is not None
        assert form.high is not None
        low, default, high = (_size(q) for q in (form.low, form.default, form.high))
        if not low[1] == default[1] == high[1]:
            problem = Spoken("default, low and high have one unit")
        elif not low <= default <= high:
            problem = Spoken("default lies between low and high")
    if problem:
        raise refuse(marked.file, marked.line(("inputs", name)), f"inputs.{name}", problem)
    return Input(name, form.label, form.place or form.default or "", form.low, form.high)


def _size(quantity: Quantity) -> tuple[Decimal, str]:
    """To be compared with others of its unit; lengths of time are all of one."""
    if quantity.unit in MS:
        return quantity.number * MS[quantity.unit], "ms"
    return quantity.number, quantity.unit


def _examples(form: NamedForm, marked: Marked) -> tuple[Example, ...]:
    return tuple(
        Example(
            name=one.name,
            kind="values",
            zone=one.zone,
            day=one.day,
            parameters=MappingProxyType(dict(one.inputs)),
            readings=tuple(one.readings),
            until="",
            expect=tuple(one.expect),
            line=marked.line(("examples", index)),
            holidays=one.holidays,
        )
        for index, one in enumerate(form.examples)
    )
