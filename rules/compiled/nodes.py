"""The nodes of a lane in compiled form: what they know as one array of int64, settled in one call.

`Stepper` is the maker that `rules.engine.nodes` asks for. Answers, episodes and snapshots are those
of the plain nodes (`tests/properties/test_compiled_live.py`).
"""

from collections.abc import Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from rules.compiled.columns import Ints
from rules.compiled.kernel import Compiled, compile_function
from rules.compiled.splitting import step_function
from rules.compiled.stepping import NOBODY, NODE, TOUCHED, WAKE, WIDE, WORD
from rules.engine.layout import Hearing, Layout, Sink
from rules.engine.nodes import primed
from rules.operators import NUMBERS
from rules.operators.machine import NEVER, State


class Stepper:
    """Makes compiled nodes. One for all engines of a process."""

    def __init__(self, step: Compiled) -> None:
        self.step = step
        self._codes: WeakKeyDictionary[Layout, Code] = WeakKeyDictionary()

    def __call__(
        self, layout: Layout, states: Sequence[State], carried: Sequence[bool], now: int
    ) -> "CompiledNodes":
        code = self._codes.get(layout)
        if code is None:
            code = self._codes[layout] = Code(layout)
        return CompiledNodes(self.step, code, *_laid_out(layout, code, states, carried, now))


def compile_step(folder: Path | None = None, *, checked: bool = False) -> Stepper:
    """`folder`: where it is kept between processes; None: it is not kept. It takes half a minute
    where it is not, for it has all operators in it. `checked`: every index is held against the
    length of its array, for tests.
    """
    # The GIL is held: a call takes less than a microsecond, and to get it back can take five
    # thousand.
    return Stepper(
        compile_function(step_function(), "aaiiii", folder, checked=checked, nogil=False)
    )


def plain_step() -> Stepper:
    """The same function as it stands: for tests, and for looking into it."""
    return Stepper(step_function())


class Code:
    """What the nodes of a layout are, in numbers. Grows when a hearing is new."""

    def __init__(self, layout: Layout) -> None:
        count = len(layout.nodes)
        self.words = -(-len(layout.plans) // WORD)
        self.bounds: list[tuple[int, int]] = []  # of each node, its state in `mem`
        self._numbers: list[int] = []
        self._hearings: dict[int, int] = {}
        table: list[int] = []
        lists: list[int] = []
        behind = NODE + WIDE * count
        free = TOUCHED + self.words + 3 * count

        def listed(numbers: Sequence[int]) -> tuple[int, int]:
            first = behind + len(lists)
            lists.extend(numbers)
            return first, behind + len(lists)

        for step, (_, p, parents, runs) in zip(layout.steps, layout.nodes, strict=True):
            size = len(step.operator.state(p))
            self.bounds.append((free, free + size))
            free += size
            bits = [index for index in range(len(layout.plans)) if runs >> index & 1]
            table += [NUMBERS[step.operator.word], *listed(p), *self.bounds[-1]]
            table += [*listed(_ports(parents)), *listed(bits)]
        self.size = free
        self._numbers = [count, self.words, *table, *lists]
        self.array: Ints = np.array(self._numbers, np.int64)

    def hearing(self, hearing: Hearing) -> int:
        """Where its list of nodes and ports begins."""
        found = self._hearings.get(hearing.number)
        if found is None:
            found = self._hearings[hearing.number] = len(self._numbers)
            ports = _ports(hearing.sinks)
            self._numbers += [found + 1 + len(ports), *ports]
            self.array = np.array(self._numbers, np.int64)
        return found


class CompiledNodes:
    """As `rules.engine.nodes.Nodes` says."""

    __slots__ = ("_code", "_mem", "_step", "wake")

    def __init__(self, step: Compiled, code: Code, mem: Ints) -> None:
        self._step, self._code, self._mem = step, code, mem
        self.wake = mem.item(WAKE)

    def number(self, hearing: Hearing) -> int:
        return self._code.hearing(hearing)

    def take(self, number: int, t: int, x: int) -> None:
        self._step(self._code.array, self._mem, number, t, x, 1)

    def settle(self, t: int) -> int:
        return self.step(NOBODY, t, 0)

    def step(self, number: int, t: int, x: int) -> int:
        wake: int = self._step(self._code.array, self._mem, number, t, x, 0)
        if wake >= 0:
            self.wake = wake
            return 0
        self.wake = self._mem.item(WAKE)
        return self._touched()

    def _touched(self) -> int:
        mem, bits = self._mem, 0
        for word in range(self._code.words):
            bits |= mem.item(TOUCHED + word) << (WORD * word)
            mem[TOUCHED + word] = 0
        return bits

    def answer(self, node: int) -> int:
        return self._mem.item(TOUCHED + self._code.words + node)

    def state(self, node: int) -> State:
        low, high = self._code.bounds[node]
        state: State = self._mem[low:high].tolist()
        return state

    def states(self) -> list[State]:
        numbers: State = self._mem.tolist()
        return [numbers[low:high] for low, high in self._code.bounds]


def _laid_out(
    layout: Layout, code: Code, states: Sequence[State], carried: Sequence[bool], now: int
) -> tuple[Ints]:
    own = [list(state) for state in states]
    outs, deadlines = primed(layout, own, carried, now)
    header = [min(deadlines, default=NEVER), len(own), -1, *([0] * code.words)]
    numbers = [*header, *outs, *deadlines, *([0] * len(own))]
    for state in own:
        numbers += state
    return (np.array(numbers, np.int64),)


def _ports(sinks: Sequence[Sink]) -> list[int]:
    return [number for _, node, _, port, _ in sinks for number in (node, port)]
