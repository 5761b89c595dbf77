"""What is compiled for the live engine: one instant of one lane, in one call.

Written in the subset of Python that numba compiles, as the operators are. `code` says what the
lane's nodes are and is the same for all who have the same layout; `mem` is what this lane knows.
Both are flat: a thousand homes then stay near the processor, where a thousand homes of Python's
objects do not. `nodes.py` makes both.

Which operator a node is, is asked at every step, by halves: five comparisons for all of them. A
tree that compiled for each rule would be faster and would compile for each rule.
"""

from typing import TYPE_CHECKING

from rules.operators import BY_WORD
from rules.operators.machine import NEVER

if TYPE_CHECKING:
    from rules.compiled.columns import Ints
    from rules.operators.machine import State

# Of mem, the header; then of each node its answer, its deadline, whether it took something, and
# after all of these what it knows.
WAKE, LOW, HIGH = 0, 1, 2  # the earliest deadline or before it; first and last that took something
TOUCHED = 3  # the bits of runs whose condition is to be decided, so many words of WORD bits
WORD = 62

# Of code, the header; then so many numbers of each node, and behind them lists.
NODES, WORDS, NODE = 0, 1, 2
OP, P, P_END, S, S_END, PARENTS, PARENTS_END, RUNS, RUNS_END = range(9)
WIDE = 9

NOBODY = -1  # instead of a hearing: nothing was read

MIDDLE = 0  # `splitting.py` puts the number of an operator here,
take, judge = BY_WORD["latest"].take, BY_WORD["latest"].judge  # … and its functions here


def take_as(_op: int, s: "State", p: "State", t: int, port: int, x: int) -> None:
    """A leaf."""
    take(s, p, t, port, x)


def judge_as(_op: int, s: "State", p: "State", t: int) -> tuple[int, int]:
    return judge(s, p, t)


take_lower = take_upper = take_as  # halves of the tree, likewise
judge_lower = judge_upper = judge_as


def take_of(op: int, s: "State", p: "State", t: int, port: int, x: int) -> None:
    """A branch."""
    if op < MIDDLE:
        take_lower(op, s, p, t, port, x)
    else:
        take_upper(op, s, p, t, port, x)


def judge_of(op: int, s: "State", p: "State", t: int) -> tuple[int, int]:
    if op < MIDDLE:
        return judge_lower(op, s, p, t)
    return judge_upper(op, s, p, t)


def feed(code: "Ints", mem: "Ints", first: int, end: int, t: int, x: int) -> None:
    """Hands x to the nodes and ports that a list in `code` names."""
    dirty = TOUCHED + code[WORDS] + 2 * code[NODES]
    low, high = mem[LOW], mem[HIGH]
    for i in range(first, end, 2):
        node = code[i]
        at = NODE + WIDE * node
        take_of(
            code[at + OP],
            mem[code[at + S] : code[at + S_END]],  # type: ignore[arg-type]  # an array is a list
            code[code[at + P] : code[at + P_END]],  # type: ignore[arg-type]  # here
            t,
            code[i + 1],
            x,
        )
        mem[dirty + node] = 1
        low = min(low, node)
        high = max(high, node)
    mem[LOW] = low
    mem[HIGH] = high


def step(code: "Ints", mem: "Ints", hearing: int, t: int, x: int, more: int) -> int:
    """A reading of instant t goes to those who hear it (a list in `code` from `hearing` on, its
    end first); without `more` the instant is closed: what is due, then nodes in postorder.

    The earliest deadline or a time before it; -1 if the condition of a run is to be decided. The
    contract of `judge` makes a deadline
    that is asked too early harmless, so WAKE is found anew only when it has come.
    """
    if hearing != NOBODY:
        feed(code, mem, hearing + 1, code[hearing], t, x)
    if more == 1:
        return NEVER
    count = code[NODES]
    outs = TOUCHED + code[WORDS]
    booked = outs + count
    dirty = booked + count
    wake = mem[WAKE]
    due = wake <= t
    if due:
        wake = NEVER
        for k in range(count):
            if mem[booked + k] <= t:
                mem[dirty + k] = 1
                mem[LOW] = min(mem[LOW], k)
                mem[HIGH] = max(mem[HIGH], k)
    decide = False
    k = mem[LOW]
    while k <= mem[HIGH]:
        if mem[dirty + k] == 1:
            mem[dirty + k] = 0
            at = NODE + WIDE * k
            out, until = judge_of(
                code[at + OP],
                mem[code[at + S] : code[at + S_END]],  # type: ignore[arg-type]  # as above
                code[code[at + P] : code[at + P_END]],  # type: ignore[arg-type]  # as above
                t,
            )
            mem[booked + k] = until
            wake = min(wake, until)
            if out != mem[outs + k]:
                mem[outs + k] = out
                for i in range(code[at + RUNS], code[at + RUNS_END]):
                    run = code[i]
                    mem[TOUCHED + run // WORD] |= 1 << (run % WORD)
                    decide = True
                feed(code, mem, code[at + PARENTS], code[at + PARENTS_END], t, out)
        k += 1
    mem[LOW] = count
    mem[HIGH] = -1
    if due:
        for k in range(count):
            wake = min(wake, mem[booked + k])
    mem[WAKE] = wake
    return -1 if decide else wake
