"""A rule's examples are its tests: readings in, changes out, through the engine that runs live.

    expect     "09:05 onset"     "+1d 08:00 unknown"     of a rule: every change, and no other
    expect     "09:05 true"      "+1d 08:00 3"           of a named expression: what it says then

How readings and times are written is in `rules.checks.story`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from devices.errors import Refused, Spoken, said
from rules.almanac import Almanac
from rules.checks.story import Story
from rules.checks.written import written
from rules.engine.live import Engine, Point
from rules.errors import ValueOutOfRange, nearest
from rules.file.language import Example, Rule
from rules.file.naming import Named
from rules.operators.machine import U
from rules.operators.time_between import ALL_DAYS
from rules.plan import Plan, plan
from rules.quantity import Quantity, read
from rules.tree import Measure
from rules.why.course import begin, go
from rules.why.trace import Seen, trace

WHO = "resident:example"
KINDS = frozenset({"onset", "end", "unknown", "known"})
NO_CALENDAR = (
    "The example names no calendar, so that none of its days is a public holiday: "
    "write the site's, as in holidays: IE"
)
TRUTHS = frozenset({"true", "false", "unknown"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an example expected and what came, each as `time words`."""

    example: Example
    expected: tuple[str, ...]
    got: tuple[str, ...]
    plan: Plan
    points: tuple[Point, ...]
    story: Story

    @property
    def passed(self) -> bool:
        return self.expected == self.got

    @property
    def remark(self) -> str:
        """Why it may have failed, where that is not to be seen in it; empty: nothing to say."""
        if self.passed or self.example.holidays or not _asks_calendar(self.plan):
            return ""
        return NO_CALENDAR

    @property
    def differs_at(self) -> int | None:
        """UTC ms of the first difference; None where there is none."""
        for index, (wanted, came) in enumerate(_pairs(self.expected, self.got)):
            if wanted != came:
                texts = self.expected if index < len(self.expected) else self.got
                return self.story.read(_time(texts[index]))
        return None

    @property
    def seen(self) -> tuple[Seen, ...]:
        """What every node said at the first difference."""
        at = self.differs_at
        return () if at is None else trace(self.plan, self.points, at)


def _asks_calendar(made: Plan) -> bool:
    """Whether the rule asks of any day if it is a public holiday."""
    return any(
        step.operator.word == "holiday"
        or any(one.name == "days" and one.count({}) > ALL_DAYS for one in step.node.arguments)
        for step in made.steps
    )


def run_example(rule: Rule, example: Example) -> Outcome:
    """Raises RuleRefused where the example itself cannot be read."""
    story = Story(f"{rule.name}.yaml", example, rule.uses)
    given = _given(rule, story)
    made = _planned(story, lambda: plan(rule, given, example.zone, example.holidays))
    changes = _changes(story, made)
    got = tuple(f"{story.write(at)} {kind}" for at, kind in changes)
    expected = tuple(f"{story.write(at)} {kind}" for at, kind in _expected(story))
    return Outcome(example, expected, got, made, story.points, story)


def run_examples(rule: Rule) -> Iterator[Outcome]:
    for example in rule.examples:
        yield run_example(rule, example)


def run_named_example(named: Named, example: Example) -> Outcome:
    """What a named expression says at moments. Raises RuleRefused."""
    story = Story(named.file, example)
    inputs = dict(_inputs(named, story))
    almanac = Almanac(example.zone, example.holidays)
    made = _planned(story, lambda: named.plan(almanac, inputs))
    story.uses = made.rule.uses
    node = made.steps[made.root].node
    wanted = [(at, _answer(story, node.measure, text)) for at, text in story.moments()]
    course = begin(made, story.start)
    points, got = list(story.points), []
    for at, _ in sorted(wanted):
        go(course, [point for point in points if point[2] <= at], at)
        points = [point for point in points if point[2] > at]
        x = course.answers[made.root]
        got.append((at, None if x == U else x if node.measure else min(x, 1)))
    return Outcome(
        replace(example, until=story.write(max(at for at, _ in wanted))),
        tuple(f"{story.write(at)} {written(x, node.measure)}" for at, x in sorted(wanted)),
        tuple(f"{story.write(at)} {written(x, node.measure)}" for at, x in got),
        made,
        story.points,
        story,
    )


def _planned(story: Story, make: Callable[[], Plan]) -> Plan:
    """A calendar that is not known, or values that contradict each other, are the example's."""
    try:
        return make()
    except Refused as error:
        raise story.refused(
            "parameters",
            Spoken("{subject}: {problem}", subject=error.subject, problem=error.problem),
            error.hint,
        ) from None


def _given(rule: Rule, story: Story) -> dict[str, Decimal]:
    given = {}
    for name, text in story.example.parameters.items():
        if name not in rule.parameters:
            hint = nearest(name, rule.parameters)
            raise story.refused(
                "parameters", Spoken("the rule has no {name}", name=repr(name[:40])), hint
            )
        try:
            given[name] = rule.parameters[name].read(text)
        except ValueOutOfRange as error:
            raise story.refused(f"parameters.{name}", error.problem, error.hint) from None
    return given


def _inputs(named: Named, story: Story) -> Iterator[tuple[str, Quantity | str]]:
    for name, text in story.example.parameters.items():
        if name not in named.inputs:
            hint = nearest(name, named.inputs)
            raise story.refused(
                "inputs", Spoken("it has no input {name}", name=repr(name[:40])), hint
            )
        if isinstance(named.inputs[name].default, str):
            yield name, text
        else:
            yield name, _quantity(story, "inputs", text)


def _quantity(story: Story, key: str, text: str) -> Quantity:
    try:
        return read(text)
    except ValueError as error:
        raise story.refused(key, said(error)) from None


def _changes(story: Story, made: Plan) -> list[tuple[int, str]]:
    engine = Engine(story.example.zone, story.start)
    engine.enrol("example", "home", WHO, made, story.start)
    for signal, place, at, x, order in story.points:
        if not engine.feed(WHO, signal, place, at, x, order):
            raise story.refused("readings", Spoken("a reading lies before the day of the example"))
    until = story.read(story.example.until)
    return [(c.at, c.kind) for c in engine.advance(until)]


def _expected(story: Story) -> Iterator[tuple[int, str]]:
    for at, kind in story.moments():
        if kind not in KINDS:
            raise story.refused(
                "expect",
                Spoken("{word} is not expected here", word=repr(kind[:40])),
                nearest(kind, KINDS),
            )
        yield at, kind


def _answer(story: Story, measure: Measure | None, text: str) -> int | None:
    if text == "unknown":
        return None
    if measure is None:
        if text not in TRUTHS:
            raise story.refused(
                "expect",
                Spoken("{word} is not expected here", word=repr(text[:40])),
                nearest(text, TRUTHS),
            )
        return int(text == "true")
    try:
        return measure.limit().count(_quantity(story, "expect", text))
    except ValueError as error:
        raise story.refused("expect", said(error)) from None


def _pairs(wanted: Sequence[str], came: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    for index in range(max(len(wanted), len(came))):
        yield (
            wanted[index] if index < len(wanted) else None,
            came[index] if index < len(came) else None,
        )


def _time(text: str) -> str:
    """`+1d 09:05:00 onset` → `+1d 09:05:00`."""
    return " ".join(text.split()[: 2 if text.startswith("+") else 1])
