"""Any expression over time: what a page draws as a strip, and what a restart catches up with."""

import numpy as np

from rules.compiled.columns import Channels, Ints, first_at
from rules.compiled.folding import Arena, Fold
from rules.compiled.kernel import Kernel
from rules.compiled.program import Program
from rules.operators.machine import State, U
from rules.plan import Plan


def series(
    kernel: Kernel,
    plan: Plan,
    known: Channels,
    start: int,
    end: int,
    *,
    arena: Arena | None = None,
) -> tuple[Ints, Ints]:
    """(at, x): what a plan's root says from `start` on up to `end`, where it changes.

    The first entry is what it says at `start`; U where that is unknown. Hand over readings of the
    plan's look-back before `start`.
    """
    fold = _folded(kernel, plan, known, start - plan.lookback_ms - 1, end, arena)
    at, x = fold.points(fold.program.layout.root(0))
    first = max(int(at.searchsorted(start, "right")) - 1, 0)
    if len(at) == 0 or at[0] > start:
        at, x = _before(at, x, start)
    else:
        at, x = at[first:], x[first:]
        at[0] = start
    return at, x


def states_at(kernel: Kernel, plan: Plan, known: Channels, start: int, at: int) -> dict[str, State]:
    """The state of each step by its identity, as if live had run from before `start` up to `at`."""
    fold = _folded(kernel, plan, known, start, at, None)
    return {step.identity: state for step, state in zip(plan.steps, fold.states(0), strict=True)}


def _folded(
    kernel: Kernel, plan: Plan, known: Channels, start: int, end: int, arena: Arena | None
) -> Fold:
    heard = {key: one for key, one in known.items() if len(one)}
    first = first_at(heard)
    fold = Fold(kernel, Program([plan]), arena)
    fold.begin(heard, start if first is None else min(first - 1, start), end)
    fold.run(end)
    return fold


def _before(at: Ints, x: Ints, start: int) -> tuple[Ints, Ints]:
    return np.concatenate([[start], at]), np.concatenate([[U], x])
