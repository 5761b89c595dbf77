"""The rule file: YAML, read with its line numbers, checked whole before anything runs.

`parse_rule` gives a `Rule`, or raises RuleRefused naming file, line, key, what is allowed and the
nearest word. Nothing in a rule is code, and nothing in it is evaluated as text.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from devices.errors import Spoken, said
from devices.signals import CATALOGUE, Kind
from rules.almanac import ANYWHERE
from rules.errors import RuleRefused, ValueOutOfRange, most_telling, nearest, refuse, told
from rules.file.forms import ExampleForm, ParameterForm, RuleForm
from rules.file.maker import Maker
from rules.file.marked import Marked, Path, load
from rules.file.named import NAMED
from rules.quantity import CLOCK, Duration, Quantity
from rules.rule import Example, Parameter, Priority, Rule
from rules.tree import Node, SignalRef

__all__ = [
    "Example",
    "Parameter",
    "Priority",
    "Rule",
    "RuleRefused",
    "SignalRef",
    "ValueOutOfRange",
    "parse_rule",
]


@lru_cache(maxsize=512)
def parse_rule(text: str, file: str = "<text>") -> Rule:
    """The rule, or RuleRefused."""
    marked = load(text, file)
    form = _form(marked)
    parameters = {n: _parameter(n, p, marked) for n, p in form.parameters.items()}
    possible = {
        n: tuple(Quantity(v, p.unit) for v in (p.default, p.low, p.high))
        for n, p in parameters.items()
    }
    maker = Maker(marked, possible, NAMED)
    tree = maker.root(form.when, "when")
    clear = None if form.clear_when is None else maker.root(form.clear_when, "clear_when")
    for name in parameters:
        if name not in maker.used:
            path: Path = ("parameters", name)
            key = f"parameters.{name}"
            raise refuse(
                file,
                marked.line(path),
                key,
                Spoken("is used nowhere"),
                Spoken("Use ${name}", name=name),
            )
    return _rule(form, marked, text, parameters, tree, clear)


def _form(marked: Marked) -> RuleForm:
    if not isinstance(marked.data, dict):
        raise refuse(
            marked.file,
            1,
            "",
            Spoken("a rule is a mapping of keys"),
            Spoken("It begins with `rule:`"),
        )
    try:
        return RuleForm.model_validate(marked.data)
    except ValidationError as error:
        first = most_telling(error)
        path = tuple(first["loc"])
        known: Any = RuleForm.model_fields
        if path[0] == "parameters":
            known = ParameterForm.model_fields
        elif path[0] == "examples":
            known = ExampleForm.model_fields
        hint = ""
        if first["type"] == "extra_forbidden":
            hint = nearest(str(path[-1]), known)
        problem = told(first)
        key = ".".join(str(part) for part in path)
        raise refuse(marked.file, marked.line(path), key, problem, hint) from None


def _parameter(name: str, form: ParameterForm, marked: Marked) -> Parameter:
    default, low, high = form.default, form.low, form.high
    step = form.step or Quantity(Decimal(1), "min" if default.unit == CLOCK else default.unit)
    step_unit = "min" if default.unit == CLOCK else default.unit
    problem = ""
    if not name.replace("_", "").isalnum() or not name.islower():
        problem = Spoken("a parameter's name is lower case letters, digits and _")
    elif not default.unit == low.unit == high.unit or step.unit != step_unit:
        problem = Spoken("default, low, high and step have one unit")
    elif not low.number <= default.number <= high.number or step.number <= 0:
        problem = Spoken("default lies between low and high, and step is positive")
    elif (default.number - low.number) % step.number or (high.number - low.number) % step.number:
        problem = Spoken("default and high lie a whole number of steps above low")
    if problem:
        path: Path = ("parameters", name)
        raise refuse(marked.file, marked.line(path), f"parameters.{name}", problem)
    numbers = (default.number, low.number, high.number)
    return Parameter(name, *numbers, default.unit, step.number, form.label)


def _rule(
    form: RuleForm,
    marked: Marked,
    text: str,
    parameters: dict[str, Parameter],
    tree: Node,
    clear: Node | None,
) -> Rule:
    nodes = [*tree.walk(), *(clear.walk() if clear else ())]
    refs = {child for node in nodes for child in node.children if isinstance(child, SignalRef)}
    uses = tuple(sorted(refs, key=str))
    momentary = _momentary(tree)
    if form.urgent and not (momentary and clear is None):
        line = marked.line(("urgent",))
        hint = Spoken("Use event, or any of several events, and no clear_when")
        raise refuse(marked.file, line, "urgent", Spoken("only what happens can be urgent"), hint)
    return Rule(
        name=form.rule,
        title=form.title,
        why=form.why,
        source=form.source,
        not_for=form.not_for,
        guidance=tuple(" ".join(line.split()) for line in form.guidance),
        subject=form.subject,
        priority=form.priority,
        audience=tuple(form.audience),
        urgent=form.urgent,
        tell_late_ms=_length(form.tell_late, "tell_late", marked),
        at_most_ms=_length(form.at_most, "at_most", marked) if form.at_most else None,
        yields_to=_yields_to(form, marked),
        parameters=MappingProxyType(parameters),
        examples=_examples(form, marked),
        text="\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n",
        version=_version(form, parameters, tree, clear, uses),
        uses=uses,
        absence=any(node.operator.absence for node in nodes),
        momentary=momentary,
        lookback_ms=_widest(tree, clear, parameters, marked),
        tree=tree,
        clear=clear,
    )


def _length(quantity: Quantity, key: str, marked: Marked) -> int:
    try:
        return Duration().count(quantity)
    except ValueError as error:
        raise refuse(marked.file, marked.line((key,)), key, said(error)) from None


def _yields_to(form: RuleForm, marked: Marked) -> tuple[str, ...]:
    """Sorted, for the order means nothing. A rule that is told at once is never held back."""
    names = tuple(sorted(set(form.yields_to)))
    if form.rule in names:
        raise refuse(
            marked.file, marked.line(("yields_to",)), "yields_to", Spoken("names the rule itself")
        )
    for key, given in (("yields_to", names), ("at_most", form.at_most)):
        if form.urgent and given:
            problem = Spoken(
                "an urgent rule tells every occurrence at once, so nothing holds it back"
            )
            raise refuse(
                marked.file, marked.line((key,)), key, problem, Spoken("Remove one of the two")
            )
    return names


def _momentary(node: Node) -> bool:
    word = node.operator.word
    if word == "any":
        return all(isinstance(child, Node) and _momentary(child) for child in node.children)
    return word == "event"


def _examples(form: RuleForm, marked: Marked) -> tuple[Example, ...]:
    return tuple(
        Example(
            name=example.name,
            kind=example.kind,
            zone=example.zone,
            day=example.day,
            parameters=MappingProxyType(dict(example.parameters)),
            readings=tuple(example.readings),
            until=example.until,
            expect=tuple(example.expect),
            line=marked.line(("examples", index)),
            holidays=example.holidays,
        )
        for index, example in enumerate(form.examples)
    )


def _widest(
    tree: Node, clear: Node | None, parameters: Mapping[str, Parameter], marked: Marked
) -> int:
    """The look-back with the longest lengths that may be set; the defaults must agree."""
    default = {n: Quantity(p.default, p.unit) for n, p in parameters.items()}
    highest = {n: Quantity(p.high, p.unit) for n, p in parameters.items()}
    roots = [tree] if clear is None else [tree, clear]
    longest = 0
    for root in roots:
        try:
            longest = max(longest, _lookback(root, default))
        except ValueError as error:
            problem = Spoken("with its defaults: {error}", error=said(error))
            raise refuse(marked.file, root.line, "when", problem) from None
        with suppress(ValueError):  # the highest of all may contradict each other; `plan` says so
            longest = max(longest, _lookback(root, highest))
    return longest


def _lookback(node: Node, values: Mapping[str, Quantity]) -> int:
    """Along the deepest path. What the gateway itself feeds (coverage) is primed at a start."""
    inner = 0
    for child in node.children:
        if isinstance(child, Node):
            inner = max(inner, _lookback(child, values))
        elif CATALOGUE[child.signal].by_gateway:
            return 0
    counted = {argument.name: argument.count(values) for argument in node.arguments}
    return inner + node.operator.lookback(node.operator.bind(counted, node, ANYWHERE))


def _version(
    form: RuleForm,
    parameters: Mapping[str, Parameter],
    tree: Node,
    clear: Node | None,
    uses: tuple[SignalRef, ...],
) -> str:
    """Twelve hex digits over everything that can change what the rule does, and nothing else."""
    parts = [form.rule, form.subject, form.priority, str(form.urgent), str(form.tell_late)]
    parts += form.audience
    parts += [f"at_most={form.at_most}"] if form.at_most else []
    parts += [f"yields_to={name}" for name in sorted(set(form.yields_to))]
    for p in parameters.values():
        parts.append(f"{p.name}={p.default},{p.low},{p.high},{p.step},{p.unit}")
    parts += [tree.canonical(), clear.canonical() if clear else ""]
    for name in sorted({ref.signal for ref in uses}):
        s = CATALOGUE[name]
        words = dict(s.words) if s.kind is Kind.STATE else ""
        parts.append(f"{name}:{s.kind},{s.unit},{s.decimals},{s.low},{s.high},{words}")
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=6).hexdigest()
