"""What each operator saw over an example, in columns around the first difference.

    when          00:00    08:10    10:00    12:00
    motion                 bedroom
    none_between  unknown  unknown  true     true
    expected                                 onset
    got                             onset

It is read off the engine's own run (`rules.why.course`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from devices.signals import CATALOGUE, Kind
from rules.checks.examples import Outcome
from rules.checks.written import written
from rules.engine.live import Point
from rules.file.maker import DAYS, DEFAULT_MEMORY
from rules.plan import Plan, Step
from rules.quantity import Argument, Quantity
from rules.tree import Measure, Node, SignalRef
from rules.why.course import Turn, begin, go

BEFORE, AFTER = 5, 2  # columns around the first difference
UNWRITTEN = ("memory", DEFAULT_MEMORY)
READINGS, NODES, CHANGES = "readings", "nodes", "changes"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a sensor, an operator (deeper ones are parts of the one above), or changes."""

    kind: str
    depth: int
    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """`moments` heads the columns; `at` is the one of the first difference."""

    moments: tuple[str, ...]
    at: int
    rows: tuple[Row, ...]


def timeline(outcome: Outcome) -> Timeline:
    """Of an example that failed; of one that passed, around its last moment."""
    story, plan = outcome.story, outcome.plan
    end = story.read(outcome.example.until)
    course = begin(plan, story.start)
    go(course, [point for point in outcome.points if point[2] <= end], end)
    changes = [_changes(outcome, texts) for texts in (outcome.expected, outcome.got)]
    moments = {point[2] for point in outcome.points}
    moments |= {turn.at for turns in course.turns for turn in turns if turn.at > story.start}
    moments |= {at for found in changes for at in found}
    centre = outcome.differs_at
    columns = _around(sorted(moments | {end}), end if centre is None else centre)
    rows = [
        *_readings(outcome.points, columns),
        *_nodes(plan, course.turns, columns),
        *(
            Row(CHANGES, 0, label, tuple(found.get(at, "") for at in columns))
            for label, found in zip(("expected", "got"), changes, strict=True)
        ),
    ]
    shown = tuple(_short(story.write(at)) for at in columns)
    at = columns.index(end if centre is None else centre)
    return Timeline(shown, at, tuple(rows))


def label(step: Step, values: Mapping[str, Quantity]) -> str:
    """An operator as the file has it, on one line: `below spo2, limit 92 %`."""
    node = step.node
    parts = [str(source) for source, _ in step.sources] or list(_compared(node))
    parts += [text for one in node.arguments if (text := _argument(node, one, values))]
    named = "" if node.use is None else f"{node.use.name} = "
    return f"{named}{node.operator.word} {', '.join(parts)}".rstrip()


def _compared(node: Node) -> Iterator[str]:
    """What a comparison is about: the signals of its number."""
    for child in node.children:
        if isinstance(child, Node) and child.measure is not None and node.measure is None:
            refs = {str(c) for n in child.walk() for c in n.children if isinstance(c, SignalRef)}
            yield from sorted(refs)[:2]


def _argument(node: Node, one: Argument, values: Mapping[str, Quantity]) -> str:
    value = one.resolve(values)
    if one.name == "days":
        names = (*DAYS, "holiday", "except holidays")
        return f"days {' '.join(n for bit, n in enumerate(names) if int(value.number) >> bit & 1)}"
    if (one.name == "max_age" and value.unit == "ms") or (one.name, value) == UNWRITTEN:
        return ""  # the catalogue's own, or what stands for a key that nobody wrote
    first = node.children[0] if node.children else None
    if one.name == "state" and isinstance(first, Node) and first.measure is not None:
        return written(one.count(values), first.measure)
    return f"{one.name} {value}"


def tree(plan: Plan) -> Iterator[tuple[int, int]]:
    """Depth and step, parents first; a step that stands in two places is told once."""
    told: set[int] = set()

    def walk(index: int, depth: int) -> Iterator[tuple[int, int]]:
        if index in told:
            return
        told.add(index)
        yield depth, index
        for child in plan.steps[index].children:
            yield from walk(child, depth + 1)

    yield from walk(plan.root, 0)
    if plan.clear is not None:
        yield from walk(plan.clear, 0)


def quantities(plan: Plan) -> Mapping[str, Quantity]:
    return {n: Quantity(v, plan.rule.parameters[n].unit) for n, v in plan.values.items()}


def _readings(points: Sequence[Point], columns: Sequence[int]) -> Iterator[Row]:
    cells: dict[str, dict[int, str]] = {}
    for signal, place, at, x, _ in points:
        name = signal if place is None else f"{signal}@{place}"
        entry = CATALOGUE[signal]
        said = "happened" if entry.kind is Kind.EVENT else written(x, Measure(entry))
        own = cells.setdefault(name, {})
        own[at] = f"{own[at]}, {said}" if at in own else said
    for name, said_at in sorted(cells.items()):
        yield Row(READINGS, 0, name, tuple(said_at.get(at, "") for at in columns))


def _nodes(plan: Plan, turns: Sequence[Sequence[Turn]], columns: Sequence[int]) -> Iterator[Row]:
    values = quantities(plan)
    for depth, index in tree(plan):
        step = plan.steps[index]
        said = tuple(written(_at(turns[index], at), step.node.measure) for at in columns)
        yield Row(NODES, depth, label(step, values), said)


def _at(turns: Sequence[Turn], at: int) -> int | None:
    return next((turn.answer for turn in reversed(turns) if turn.at <= at), None)


def _changes(outcome: Outcome, texts: Sequence[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for text in texts:
        time, _, said = text.partition(" ")
        if time.startswith("+"):
            day, (time, _, said) = time, said.partition(" ")
            time = f"{day} {time}"
        at = outcome.story.read(time)
        found[at] = f"{found[at]}, {said}" if at in found else said
    return found


def _around(moments: Sequence[int], centre: int) -> tuple[int, ...]:
    index = moments.index(centre)
    return tuple(moments[max(index - BEFORE, 0) : index + AFTER + 1])


def _short(text: str) -> str:
    return text.removesuffix(":00") if text.count(":") > 1 else text
