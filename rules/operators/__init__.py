"""The operators, registered in one explicit tuple; new ones are added at the end. `rules.compiled`
compiles each when a rule first uses it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from rules.operators import (
    above,
    all_of,
    any_of,
    at_least,
    baseline,
    below,
    between,
    choose,
    count,
    deviation,
    difference,
    equal,
    event,
    fall,
    first,
    highest,
    holiday,
    keep,
    lasting,
    latest,
    lowest,
    mean,
    median,
    negation,
    none_between,
    none_for,
    points,
    rise,
    score,
    slope,
    then,
    then_no,
    time_between,
    time_true,
    times,
    times_true,
    total,
    transitions,
    unless,
)
from rules.operators.machine import NEVER, Operator, U

OPERATORS: tuple[Operator, ...] = (
    latest.OPERATOR,
    above.OPERATOR,
    below.OPERATOR,
    between.OPERATOR,
    equal.OPERATOR,
    lasting.OPERATOR,
    rise.OPERATOR,
    none_for.OPERATOR,
    none_between.OPERATOR,
    time_between.OPERATOR,
    event.OPERATOR,
    all_of.OPERATOR,
    any_of.OPERATOR,
    negation.OPERATOR,
    unless.OPERATOR,
    holiday.OPERATOR,
    fall.OPERATOR,
    difference.OPERATOR,
    first.OPERATOR,
    lowest.OPERATOR,
    highest.OPERATOR,
    mean.OPERATOR,
    median.OPERATOR,
    total.OPERATOR,
    count.OPERATOR,
    slope.OPERATOR,
    baseline.OPERATOR,
    deviation.OPERATOR,
    points.OPERATOR,
    score.OPERATOR,
    choose.OPERATOR,
    time_true.OPERATOR,
    times_true.OPERATOR,
    transitions.OPERATOR,
    keep.OPERATOR,
    times.OPERATOR,
    then.OPERATOR,
    then_no.OPERATOR,
    at_least.OPERATOR,
)

BY_WORD: Mapping[str, Operator] = MappingProxyType({o.word: o for o in OPERATORS})

NUMBERS: Mapping[str, int] = MappingProxyType({o.word: n for n, o in enumerate(OPERATORS)})

__all__ = ["BY_WORD", "NEVER", "NUMBERS", "OPERATORS", "Operator", "U"]
