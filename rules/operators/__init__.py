"""The operators, registered in one explicit tuple. The position is the code of the compiled
dispatch; new ones are added at the end.
"""

from collections.abc import Mapping
from types import MappingProxyType

from rules.operators import (
    above,
    all_of,
    any_of,
    below,
    between,
    equal,
    event,
    holiday,
    lasting,
    latest,
    negation,
    none_between,
    none_for,
    rise,
    time_between,
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
)

BY_WORD: Mapping[str, Operator] = MappingProxyType({o.word: o for o in OPERATORS})

__all__ = ["BY_WORD", "NEVER", "OPERATORS", "Operator", "U"]
