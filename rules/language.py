"""The rule file: YAML, read with its line numbers, checked whole before anything runs.

`parse_rule` gives a `Rule`, or raises RuleRefused naming file, line, key, what is allowed and the
nearest word. Nothing in a rule is code, and nothing in it is evaluated as text.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from devices.signals import CATALOGUE, Kind
from rules.errors import RuleRefused, ValueOutOfRange, nearest, refuse
from rules.maker import Maker
from rules.marked import Marked, Path, load
from rules.quantity import CLOCK, Duration, Fixed, Quantity, read, write
from rules.tree import Node, SignalRef

__all__ = [
    "Parameter",
    "Priority",
    "Rule",
    "RuleRefused",
    "SignalRef",
    "ValueOutOfRange",
    "parse_rule",
]


class Priority(StrEnum):
    """How soon a person must know."""

    NOW = "now"
    SOON = "soon"
    TODAY = "today"


Audience = Literal["carer", "nurse", "coordinator", "family", "resident"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that may be set per resident within a range, in its own unit.

    The unit "clock" is a time of day, in minutes after midnight.
    """

    name: str
    default: Decimal
    low: Decimal
    high: Decimal
    unit: str  # UCUM, "1" or "clock"
    step: Decimal
    label: str  # short English, what it is

    def read(self, text: str) -> Decimal:
        """A value as a person types it ("88", "88 %", "22:00", decimal comma). Raises
        ValueOutOfRange.
        """
        try:
            quantity = read(text.strip().replace(",", "."))
        except ValueError as error:
            raise ValueOutOfRange("read a value", self.name, str(error), self.allowed()) from None
        if quantity.unit not in {self.unit, "1"} or (self.unit == CLOCK != quantity.unit):
            problem = f"{quantity.unit!r} is not its unit"
            raise ValueOutOfRange("read a value", self.name, problem, self.allowed())
        return self.check(quantity.number)

    def check(self, value: Decimal) -> Decimal:
        """The value itself. Raises ValueOutOfRange where it is not allowed."""
        if not value.is_finite() or not self.low <= value <= self.high:
            problem = f"{value} is outside its range"
            raise ValueOutOfRange("set a parameter", self.name, problem, self.allowed())
        if (value - self.low) % self.step:
            problem = f"{value} is between two steps"
            raise ValueOutOfRange("set a parameter", self.name, problem, self.allowed())
        return value

    def write(self, value: Decimal) -> str:
        return write(value, self.unit)

    def allowed(self) -> str:
        low, high = self.write(self.low), self.write(self.high)
        step = f"{self.step} min" if self.unit == CLOCK else write(self.step, self.unit)
        return f"Allowed: {low} to {high} in steps of {step}"


@dataclass(frozen=True, slots=True)
class Example:
    """One story that a rule must tell: readings in, changes out (`rules.examples`)."""

    name: str
    kind: Literal["fires", "quiet", "clears", "missing", "boundary"]
    zone: str
    day: str  # the local date of the times
    parameters: Mapping[str, str]
    readings: tuple[str, ...]
    until: str
    expect: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One immutable version of a rule."""

    name: str
    title: str
    why: str
    source: str
    not_for: str
    guidance: tuple[str, ...]
    subject: Literal["resident", "home"]
    priority: Priority
    audience: tuple[str, ...]
    urgent: bool  # settled at once, before the watermark
    tell_late_ms: int  # an episode that is known later than this is an annotation, not an alert
    parameters: Mapping[str, Parameter]
    examples: tuple[Example, ...]
    text: str  # the file, line ends and trailing blanks normalised; parse_rule gives this rule back
    version: str  # hash of meaning: tree, ranges, operator versions, catalogue entries
    uses: tuple[SignalRef, ...]
    absence: bool  # speaks of what did not come: without coverage it says "we cannot see"
    momentary: bool  # an event: its end is no return to normal
    lookback_ms: int  # with the widest parameters
    tree: Node
    clear: Node | None  # an open episode ends when this holds instead of when `tree` is false

    def __reduce__(self) -> tuple[Callable[[str, str], "Rule"], tuple[str, str]]:
        """Rules cross process borders as their text."""
        return parse_rule, (self.text, f"{self.name}.yaml")

    def defaults(self) -> dict[str, Decimal]:
        return {name: parameter.default for name, parameter in self.parameters.items()}

    def values(self, given: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Defaults with `given` over them, each checked. Raises ValueOutOfRange."""
        for name in given:
            if name not in self.parameters:
                hint = nearest(name, self.parameters)
                raise ValueOutOfRange("set a parameter", self.name, f"has no {name!r}", hint)
        checked = {name: self.parameters[name].check(value) for name, value in given.items()}
        return {**self.defaults(), **checked}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class _ParameterForm(_Strict):
    label: str
    default: Fixed
    low: Fixed
    high: Fixed
    step: Fixed | None = None


class _ExampleForm(_Strict):
    name: str
    kind: Literal["fires", "quiet", "clears", "missing", "boundary"]
    zone: str = "Europe/Dublin"
    day: str = "2026-11-04"
    parameters: dict[str, str] = {}
    readings: list[str]
    until: str
    expect: list[str] = []


class _RuleForm(_Strict):
    rule: str = Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")
    title: str = Field(min_length=1, max_length=80)
    subject: Literal["resident", "home"] = "resident"
    priority: Priority
    audience: list[Audience] = Field(min_length=1)
    urgent: bool = False
    tell_late: Fixed = Quantity(Decimal(24), "h")
    why: str = Field(min_length=1)
    source: str = Field(min_length=1)
    not_for: str = Field(min_length=1)
    guidance: list[str] = Field(min_length=1)
    parameters: dict[str, _ParameterForm] = {}
    when: Any
    clear_when: Any = None
    examples: list[_ExampleForm] = []

    @field_validator("why", "not_for", "source")
    @classmethod
    def _one_line(cls, text: str) -> str:
        return " ".join(text.split())


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
    maker = Maker(marked, possible)
    tree = _truth(maker, form.when, "when")
    clear = None if form.clear_when is None else _truth(maker, form.clear_when, "clear_when")
    for name in parameters:
        if name not in maker.used:
            path: Path = ("parameters", name)
            key = f"parameters.{name}"
            raise refuse(file, marked.line(path), key, "is used nowhere", f"Use ${name}")
    return _rule(form, marked, text, parameters, tree, clear)


def _form(marked: Marked) -> _RuleForm:
    if not isinstance(marked.data, dict):
        raise refuse(marked.file, 1, "", "a rule is a mapping of keys", "It begins with `rule:`")
    try:
        return _RuleForm.model_validate(marked.data)
    except ValidationError as error:
        first = error.errors()[0]
        path = tuple(first["loc"])
        known: Any = _RuleForm.model_fields
        if path[0] == "parameters":
            known = _ParameterForm.model_fields
        elif path[0] == "examples":
            known = _ExampleForm.model_fields
        hint = ""
        if first["type"] == "extra_forbidden":
            hint = nearest(str(path[-1]), known)
        problem = "unknown key" if hint else first["msg"].removeprefix("Value error, ")
        key = ".".join(str(part) for part in path)
        raise refuse(marked.file, marked.line(path), key, problem, hint) from None


def _parameter(name: str, form: _ParameterForm, marked: Marked) -> Parameter:
    default, low, high = form.default, form.low, form.high
    step = form.step or Quantity(Decimal(1), "min" if default.unit == CLOCK else default.unit)
    step_unit = "min" if default.unit == CLOCK else default.unit
    problem = ""
    if not name.replace("_", "").isalnum() or not name.islower():
        problem = "a parameter's name is lower case letters, digits and _"
    elif not default.unit == low.unit == high.unit or step.unit != step_unit:
        problem = "default, low, high and step have one unit"
    elif not low.number <= default.number <= high.number or step.number <= 0:
        problem = "default lies between low and high, and step is positive"
    elif (default.number - low.number) % step.number or (high.number - low.number) % step.number:
        problem = "default and high lie a whole number of steps above low"
    if problem:
        path: Path = ("parameters", name)
        raise refuse(marked.file, marked.line(path), f"parameters.{name}", problem)
    numbers = (default.number, low.number, high.number)
    return Parameter(name, *numbers, default.unit, step.number, form.label)


def _truth(maker: Maker, raw: Any, key: str) -> Node:
    node = maker.condition(raw, (key,))
    if node.measure is not None:
        raise refuse(maker.marked.file, node.line, key, "a number is no condition", "Compare it")
    return node


def _rule(
    form: _RuleForm,
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
        hint = "Use event, or any of several events, and no clear_when"
        raise refuse(marked.file, line, "urgent", "only what happens can be urgent", hint)
    try:
        tell_late = Duration().count(form.tell_late)
    except ValueError as error:
        line = marked.line(("tell_late",))
        raise refuse(marked.file, line, "tell_late", str(error)) from None
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
        tell_late_ms=tell_late,
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


def _momentary(node: Node) -> bool:
    word = node.operator.word
    if word == "any":
        return all(isinstance(child, Node) and _momentary(child) for child in node.children)
    return word == "event"


def _examples(form: _RuleForm, marked: Marked) -> tuple[Example, ...]:
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
            problem = f"with its defaults: {error}"
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
    return inner + node.operator.lookback(node.operator.bind(counted, node, "UTC"))


def _version(
    form: _RuleForm,
    parameters: Mapping[str, Parameter],
    tree: Node,
    clear: Node | None,
    uses: tuple[SignalRef, ...],
) -> str:
    """Twelve hex digits over everything that can change what the rule does, and nothing else."""
    parts = [form.rule, form.subject, form.priority, str(form.urgent), str(form.tell_late)]
    parts += form.audience
    for p in parameters.values():
        parts.append(f"{p.name}={p.default},{p.low},{p.high},{p.step},{p.unit}")
    parts += [tree.canonical(), clear.canonical() if clear else ""]
    for name in sorted({ref.signal for ref in uses}):
        s = CATALOGUE[name]
        words = dict(s.words) if s.kind is Kind.STATE else ""
        parts.append(f"{name}:{s.kind},{s.unit},{s.decimals},{s.low},{s.high},{words}")
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=6).hexdigest()
