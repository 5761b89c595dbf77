"""Puts all operators under one function: seven groups of seven.

numba compiles no list of functions, and text is never evaluated here. So the questions in
`stepping.py` are copied, with the numbers and the functions as their globals. Two floors of seven
and not six of two: what is compiled is put once more through the optimiser on every floor.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import FunctionType
from typing import Literal

from rules.compiled import stepping
from rules.compiled.kernel import copied
from rules.operators import OPERATORS

SEVEN = 7


@cache
def step_function() -> FunctionType:
    """`stepping.step` with every operator beneath it, plain."""
    known = {"take_of": _asked("take"), "judge_of": _asked("judge")}
    feed = _with(stepping.feed, known, "feed")
    return _with(stepping.step, {**known, "feed": feed}, "step")


def _asked(part: Literal["take", "judge"]) -> FunctionType:
    """Of all operators, by number."""
    every = [getattr(operator, part) for operator in OPERATORS]
    assert len(every) <= SEVEN * SEVEN
    groups = [every[first : first + SEVEN] for first in range(0, len(every), SEVEN)]
    one, group = (
        (stepping.take_as, stepping.take_of)
        if part == "take"
        else (stepping.judge_as, stepping.judge_of)
    )
    made = [
        _with(one, _places(f"{part}_", own, SEVEN * number, 1), f"{part}_group_{number}")
        for number, own in enumerate(groups)
    ]
    return _with(group, _places(f"{part}s_", made, 0, SEVEN), f"{part}_of")


def _places(
    name: str, functions: Sequence[FunctionType], first: int, step: int
) -> dict[str, object]:
    """The names under which a question finds its functions, and where each begins; the last has
    what would come after it.
    """
    filled = [*functions, *[functions[-1]] * (SEVEN - len(functions))]
    known: dict[str, object] = {f"{name}{place}": one for place, one in enumerate(filled)}
    return known | {f"FIRST_{place}": first + step * place for place in range(1, SEVEN)}


def _with(function: object, known: Mapping[str, object], name: str) -> FunctionType:
    assert isinstance(function, FunctionType)
    return copied(function, {**function.__globals__, **known}, name)
