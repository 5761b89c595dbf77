"""What a rule keeps in memory for one resident: known before it runs, for every state has a size.

State is flat integers of eight bytes (as they are stored, and compiled). Readings are kept beside
it for the evidence of an episode: no longer than the rule can name them, and never more than
`rules.engine.history.MOST` of a sensor.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.engine.history import MOST
from rules.errors import ValueOutOfRange
from rules.plan import Plan, plan
from rules.rule import Rule
from rules.tree import SignalRef

if TYPE_CHECKING:
    from decimal import Decimal

MOST_NUMBERS = 65_536  # half a megabyte for one rule and one resident
BYTES = 8


@dataclass(frozen=True, slots=True)
class Memory:
    """With the parameters that need most."""

    numbers: int  # integers of state
    steps: int  # operators, equal ones once
    spans: Mapping[SignalRef, int]  # ms of readings of each source that evidence may name
    readings: int  # kept of one sensor, at most

    @property
    def state_bytes(self) -> int:
        return self.numbers * BYTES


def memory(rule: Rule) -> Memory:
    """Of one resident, at whichever end of the parameters' ranges is the most."""
    numbers, steps = 0, 0
    spans: dict[SignalRef, int] = {}
    for made in _plans(rule):
        numbers = max(numbers, sum(len(step.operator.state(step.p)) for step in made.steps))
        steps = max(steps, len(made.steps))
        for source, span in made.spans.items():
            spans[source] = max(spans.get(source, 0), span)
    return Memory(numbers, steps, spans, MOST)


def _plans(rule: Rule) -> Iterator[Plan]:
    sets: list[dict[str, Decimal]] = [
        {},
        {name: p.low for name, p in rule.parameters.items()},
        {name: p.high for name, p in rule.parameters.items()},
    ]
    sets += [{name: end} for name, p in rule.parameters.items() for end in (p.low, p.high)]
    for values in sets:
        with suppress(ValueOutOfRange):  # ends that contradict each other are refused elsewhere
            yield plan(rule, values, "UTC")
