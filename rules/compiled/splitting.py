"""Puts all operators under one function, by halves of their numbers.

numba compiles no list of functions, and text is never evaluated here. So the branch in
`stepping.py` is copied once for each split, with the number and its two halves as its globals.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import FunctionType

from rules.compiled import stepping
from rules.compiled.kernel import copied
from rules.operators import OPERATORS
from rules.operators.machine import Operator


@cache
def step_function() -> FunctionType:
    """`stepping.step` with every operator beneath it, plain."""
    numbered = list(enumerate(OPERATORS))
    known = {"take_of": _split(numbered, "take"), "judge_of": _split(numbered, "judge")}
    feed = _with(stepping.feed, known, "feed")
    return _with(stepping.step, {**known, "feed": feed}, "step")


def _split(operators: Sequence[tuple[int, Operator]], part: str) -> FunctionType:
    if len(operators) == 1:
        ((_, operator),) = operators
        leaf = {"take": stepping.take_as, "judge": stepping.judge_as}[part]
        return _with(leaf, {part: getattr(operator, part)}, f"{part}_{operator.word}")
    half = len(operators) // 2
    middle = operators[half][0]
    branch = {"take": stepping.take_of, "judge": stepping.judge_of}[part]
    halves = {
        "MIDDLE": middle,
        f"{part}_lower": _split(operators[:half], part),
        f"{part}_upper": _split(operators[half:], part),
    }
    return _with(branch, halves, f"{part}_from_{operators[0][0]}_to_{operators[-1][0]}")


def _with(function: object, known: Mapping[str, object], name: str) -> FunctionType:
    assert isinstance(function, FunctionType)
    return copied(function, {**function.__globals__, **known}, name)
