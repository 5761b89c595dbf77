"""What the examples of a rule leave unshown: conditions that none makes true, or none makes false.

As coverage of a test, but of meaning: a limit that no example crosses may be any number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.checks.examples import Outcome
from rules.checks.timeline import label, quantities
from rules.why.course import begin, go

if TYPE_CHECKING:
    from rules.plan import Step


@dataclass(frozen=True, slots=True)
class Unshown:
    """A condition on one line of the file, and the side of it that no example shows."""

    line: int
    label: str
    side: bool


def unshown(outcomes: list[Outcome]) -> Iterator[Unshown]:
    """Of all the examples of one rule together, in the order of the file."""
    sides: dict[str, set[bool]] = {}
    where: dict[str, tuple[Step, str]] = {}
    for outcome in outcomes:
        end = outcome.story.read(outcome.example.until)
        course = begin(outcome.plan, outcome.story.start)
        go(course, [point for point in outcome.points if point[2] <= end], end)
        values = quantities(outcome.plan)
        for step, turns in zip(outcome.plan.steps, course.turns, strict=True):
            if step.node.measure is not None:
                continue
            key = step.node.canonical()
            where.setdefault(key, (step, label(step, values)))
            said = {turn.answer > 0 for turn in turns if turn.answer is not None}
            sides.setdefault(key, set()).update(said)
    for key, (step, text) in sorted(where.items(), key=lambda item: item[1][0].node.line):
        for side in (True, False):
            if side not in sides[key]:
                yield Unshown(step.node.line, text, side)
