"""A rule's examples as strips: what is measured, when it speaks, and whether it does as expected.

They are run when the page is asked for, through the engine that runs live; a rule's text is run
once.
"""

from dataclasses import dataclass
from functools import lru_cache

from devices.signals import CATALOGUE
from gateway import rulebook
from rules.checks.examples import Outcome, run_example

WIDTH = 1000  # of the drawing, stretched to fit
MOST = 40  # examples shown


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a strip."""

    x: int
    width: int


@dataclass(frozen=True, slots=True)
class ExampleStrip:
    """One example."""

    name: str
    kind: str
    passed: bool
    expected: tuple[tuple[str, str], ...]  # time, kind of change
    got: tuple[tuple[str, str], ...]
    readings: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    marks: tuple[int, ...]  # readings
    speaks: tuple[Span, ...]  # episodes
    dark: tuple[Span, ...]  # it could not be seen
    first: str
    last: str


@lru_cache(maxsize=128)
def example_strips(text: str) -> tuple[ExampleStrip, ...]:
    """All examples of a rule, by its text."""
    rule = rulebook.rule_of(text)
    return tuple(_strip(run_example(rule, one)) for one in rule.examples[:MOST])


def _strip(outcome: Outcome) -> ExampleStrip:
    story, example = outcome.story, outcome.example
    until = story.read(example.until)
    own = [p for p in outcome.points if not CATALOGUE[p[0]].by_gateway]
    moments = [story.read(_time(text)) for text in (*outcome.expected, *outcome.got)]
    first = min([*(point[2] for point in own), *moments, until - 1])
    start = first - (until - first) // 20
    changes = [(story.read(_time(text)), text.rpartition(" ")[2]) for text in outcome.got]

    def x(at: int) -> int:
        return round(WIDTH * min(max(at - start, 0), until - start) / (until - start))

    def spans(begins: str, ends: str) -> tuple[Span, ...]:
        found, since = [], None
        for at, kind in changes:
            if kind == begins and since is None:
                since = at
            elif kind == ends and since is not None:
                found.append((since, at))
                since = None
        if since is not None:
            found.append((since, until))
        return tuple(Span(x(a), max(4, x(b) - x(a))) for a, b in found)

    return ExampleStrip(
        name=example.name,
        kind=example.kind,
        passed=outcome.passed,
        expected=tuple(_parted(text) for text in outcome.expected),
        got=tuple(_parted(text) for text in outcome.got),
        readings=example.readings,
        parameters=tuple(sorted(example.parameters.items())),
        marks=tuple(sorted({x(point[2]) for point in own if point[2] >= start})),
        speaks=spans("onset", "end"),
        dark=spans("unknown", "known"),
        first=_short(story.write(start)),
        last=_short(story.write(until)),
    )


def _time(text: str) -> str:
    return text.rpartition(" ")[0]


def _parted(text: str) -> tuple[str, str]:
    time, _, kind = text.rpartition(" ")
    return _short(time), kind


def _short(time: str) -> str:
    """Without the seconds, where they are none."""
    return time.removesuffix(":00")
