"""The operators, registered in one explicit tuple. The position is the code of the compiled
dispatch; new ones are added at the end.
"""

from collections.abc import Mapping
from types import MappingProxyType

from rules.operators import (
    above,
    all_of,
    any_of,
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
    time_between,
    time_true,
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
)

BY_WORD: Mapping[str, Operator] = MappingProxyType({o.word: o for o in OPERATORS})

__all__ = ["BY_WORD", "NEVER", "OPERATORS", "Operator", "U"]
