"""What a rule must not be, beyond what its language refuses: found before anything runs.

`parse_rule` reads any rule that the engine can run, also one that was decided on long ago. `check`
looks harder, and stands at every door by which a rule comes in: conditions that can never be true
or never be false, at the defaults or at an end of a parameter's range; parameters that contradict
each other; silence taken for absence; windows shorter than the signal's interval; more state than
a resident is worth. What it does not refuse it may still remark on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from devices.errors import Spoken, said
from devices.signals import CATALOGUE, Kind
from rules.almanac import ANYWHERE
from rules.checks.regions import longest, reach
from rules.checks.written import written_length
from rules.engine.memory import MOST_NUMBERS, memory
from rules.errors import RuleRefused, refuse
from rules.file.language import parse_rule
from rules.quantity import CLOCK, Quantity, Reference
from rules.rule import Parameter, Rule
from rules.tree import Node, SignalRef

KINDS = ("fires", "quiet", "clears", "missing", "boundary")
MOST_TOGETHER = 4  # parameters of one operator whose combinations are all tried

Values = Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a rule, or only remarkable."""

    line: int  # in the rule file
    key: str
    problem: str
    hint: str = ""
    refused: bool = True


def checked_rule(text: str, file: str = "<text>") -> Rule:
    """A rule that comes in by a door: read, and refused where `check` finds anything to refuse."""
    rule = parse_rule(text, file)
    for found in check(rule):
        if found.refused:
            raise refused(file, found)
    return rule


def refused(file: str, found: Finding) -> RuleRefused:
    return refuse(file, found.line, found.key, found.problem, found.hint)


def check(rule: Rule) -> tuple[Finding, ...]:
    """Everything that is found, each once, in the order of the file."""
    found: dict[tuple[int, str], Finding] = {}
    for one in _all(rule):
        found.setdefault((one.line, one.problem.split(" with $")[0].split(":")[0]), one)
    return tuple(sorted(found.values(), key=lambda one: (not one.refused, one.line)))


def _all(rule: Rule) -> Iterator[Finding]:
    roots = [("when", rule.tree)] + ([("clear_when", rule.clear)] if rule.clear else [])
    for key, root in roots:
        for node in root.walk():
            yield from _contradictions(rule, node, key)
            yield from _twice(node, key)
            yield from _outlasting(rule, node, key)
            yield from _silence(node, key)
        for end, values in ends(rule):
            yield from _always_or_never(root, values, key, end)
    yield from _memory(rule)
    yield from _examples(rule)


def ends(rule: Rule) -> Iterator[tuple[str, Values]]:
    """The defaults, and the ends of the parameters' ranges, with words for where that is."""
    default = {n: Quantity(p.default, p.unit) for n, p in rule.parameters.items()}
    yield "", default
    for name, parameter in rule.parameters.items():
        low, high = (parameter.write(end) for end in (parameter.low, parameter.high))
        lowest = Spoken(" with ${name} at its lowest, {value}", name=name, value=low)
        yield lowest, {**default, name: Quantity(parameter.low, parameter.unit)}
        highest = Spoken(" with ${name} at its highest, {value}", name=name, value=high)
        yield highest, {**default, name: Quantity(parameter.high, parameter.unit)}


def _contradictions(rule: Rule, node: Node, key: str) -> Iterator[Finding]:
    """Every combination of ends, and of values that can be the same, must be one that works."""
    names = sorted({a.value.name for a in node.arguments if isinstance(a.value, Reference)})
    if len(names) > MOST_TOGETHER:
        return
    fixed = [a.value for a in node.arguments if isinstance(a.value, Quantity)]
    together = [rule.parameters[name] for name in names]
    options = [_tried(one, together, fixed) for one in together]
    for chosen in product(*options):
        values = dict(zip(names, chosen, strict=True))
        try:
            counted = {a.name: a.count(values) for a in node.arguments}
            node.operator.bind(counted, node, ANYWHERE)
        except ValueError as error:
            problem = Spoken(
                "parameters contradict each other: {values}: {problem}",
                values=" and ".join(f"${name} {value}" for name, value in values.items()),
                problem=said(error),
            )
            hint = Spoken("Make the ranges so that every choice within them works")
            yield Finding(node.line, key, problem, hint)
            return


def _tried(
    one: Parameter, together: list[Parameter], fixed: list[Quantity]
) -> tuple[Quantity, ...]:
    numbers = {one.low, one.default, one.high}
    for other in together:
        numbers |= {other.low, other.default, other.high} if other.unit == one.unit else set()
    numbers |= {quantity.number for quantity in fixed if quantity.unit == one.unit}
    if one.unit == CLOCK:  # midnight is written both ways
        numbers |= {0 * one.low, 0 * one.low + 24 * 60}
    inside = (n for n in numbers if one.low <= n <= one.high and not (n - one.low) % one.step)
    return tuple(Quantity(n, one.unit) for n in sorted(inside))


def _always_or_never(
    node: Node, values: Values, key: str, end: str, *, counted: bool = False
) -> Iterator[Finding]:
    """The innermost conditions first; what contains one that is refused is not looked at again.

    `counted`: a number counts how long or how often it is true, so that it is known is news enough.
    """
    count = node.measure is not None
    inner = [
        found
        for child in node.children
        if isinstance(child, Node)
        for found in _always_or_never(child, values, key, end, counted=count)
    ]
    yield from inner
    if inner or node.measure is not None:
        return
    try:
        where = reach(node, values)
    except ValueError:  # a contradiction, which is said elsewhere
        return
    word = node.operator.word
    if where.true is None:
        why = _why_never(node, values)
        yield Finding(
            node.line,
            key,
            Spoken("{word} can never be true{end}{why}", word=word, end=end, why=why),
            Spoken("Change a limit"),
        )
    elif where.false is None and not counted:
        hint = Spoken("It says nothing: remove it, or change a limit")
        yield Finding(
            node.line, key, Spoken("{word} can never be false{end}", word=word, end=end), hint
        )


def _why_never(node: Node, values: Values) -> str:
    if node.operator.word != "lasting":
        return ""
    inner = next(child for child in node.children if isinstance(child, Node))
    most = longest(inner, values)
    if most is None:
        return ""
    minutes = most // 60_000
    return Spoken(": what it waits for ends after {minutes} min at the latest", minutes=minutes)


def _outlasting(rule: Rule, node: Node, key: str) -> Iterator[Finding]:
    """A wait that outlasts what is known: one reading has aged before the next can come."""
    if node.operator.word == "lasting":
        values = {n: Quantity(p.high, p.unit) for n, p in rule.parameters.items()}
        wait = node.argument("for")
        known = _known_for(node, values)
        if known is not None and wait.count(values) >= known:
            problem = Spoken(
                "for {length} outlasts the value: it is unknown before that",
                length=str(wait.resolve(values)),
            )
            hint = Spoken(
                "A value is known for {length}, and the next comes no sooner",
                length=written_length(known),
            )
            yield Finding(node.line, key, problem, hint)


def _known_for(node: Node, values: Values) -> int | None:
    """How long one reading is known, where no other can come before it has aged; else None."""
    inner = next(child for child in node.children if isinstance(child, Node))
    if inner.operator.word not in {"above", "below", "between"}:
        return None
    number = inner.children[0]
    if not isinstance(number, Node) or number.operator.word != "latest":
        return None
    known = number.argument("max_age").count(values)
    (source,) = (ref for ref in number.children if isinstance(ref, SignalRef))
    return known if CATALOGUE[source.signal].interval_ms >= known else None


def _silence(node: Node, key: str) -> Iterator[Finding]:
    """Where silence would be taken for few, beyond what the words themselves refuse."""
    if node.operator.word in {"below", "between"}:
        number = node.children[0]
        if isinstance(number, Node) and _unheard(number):
            problem = Spoken(
                "silence is taken for few: {word} is low, heard or not", word=number.operator.word
            )
            hint = Spoken("Count what knows of coverage: not none_for in place of event")
            yield Finding(node.line, key, problem, hint)


def _unheard(number: Node) -> bool:
    """It counts events that may have happened unheard."""
    refs = [ref for inner in number.walk() for ref in inner.children if isinstance(ref, SignalRef)]
    events = any(CATALOGUE[ref.signal].kind is Kind.EVENT for ref in refs)
    return events and not any(CATALOGUE[ref.signal].by_gateway for ref in refs)


def _twice(node: Node, key: str) -> Iterator[Finding]:
    if node.operator.word in {"all", "any"}:
        texts = [child.canonical() for child in node.children if isinstance(child, Node)]
        if len(set(texts)) < len(texts):
            yield Finding(
                node.line, key, Spoken("the same condition stands here twice"), refused=False
            )


def _memory(rule: Rule) -> Iterator[Finding]:
    needed = memory(rule)
    if needed.numbers > MOST_NUMBERS:
        problem = Spoken(
            "needs {numbers} numbers of state a resident, more than {most}",
            numbers=needed.numbers,
            most=MOST_NUMBERS,
        )
        yield Finding(
            rule.tree.line, "when", problem, Spoken("Use shorter windows or fewer conditions")
        )


def _examples(rule: Rule) -> Iterator[Finding]:
    kinds = {example.kind for example in rule.examples}
    missing = [kind for kind in KINDS if kind not in kinds]
    if rule.momentary:
        missing = [kind for kind in missing if kind != "missing"]
    if missing:
        problem = Spoken("no example of this kind: {words}", words=", ".join(missing))
        yield Finding(1, "examples", problem, Spoken("Its examples are its tests"), refused=False)
