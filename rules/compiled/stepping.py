"""What is compiled for the live engine: one instant of one lane, in one call.

Written in the subset of Python that numba compiles, as the operators are. `code` says what the
lane's nodes are and is the same for all who have the same layout; `mem` is what this lane knows.
Both are flat: a thousand homes then stay near the processor, where a thousand homes of Python's
objects do not. `nodes.py` makes both.

Which operator a node is, is asked at every step, first of seven groups, then of its seven: code
made for each rule would be faster, and would have to be compiled for each rule.
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

FIRST_1 = FIRST_2 = FIRST_3 = FIRST_4 = FIRST_5 = FIRST_6 = 0  # `splitting.py` puts numbers of
# operators here, and their functions in the places of these:
take_0 = take_1 = take_2 = take_3 = take_4 = take_5 = take_6 = BY_WORD["latest"].take
judge_0 = judge_1 = judge_2 = judge_3 = judge_4 = judge_5 = judge_6 = BY_WORD["latest"].judge


def take_as(op: int, s: "State", p: "State", t: int, port: int, x: int) -> None:
    """One of seven operators."""
    if op < FIRST_1:
        take_0(s, p, t, port, x)
    elif op < FIRST_2:
        take_1(s, p, t, port, x)
    elif op < FIRST_3:
        take_2(s, p, t, port, x)
    elif op < FIRST_4:
        take_3(s, p, t, port, x)
    elif op < FIRST_5:
        take_4(s, p, t, port, x)
    elif op < FIRST_6:
        take_5(s, p, t, port, x)
    else:
        take_6(s, p, t, port, x)


def judge_as(op: int, s: "State", p: "State", t: int) -> tuple[int, int]:  # noqa: PLR0911  # a place each
    """One of seven operators."""
    if op < FIRST_1:
        return judge_0(s, p, t)
    if op < FIRST_2:
        return judge_1(s, p, t)
    if op < FIRST_3:
        return judge_2(s, p, t)
    if op < FIRST_4:
        return judge_3(s, p, t)
    if op < FIRST_5:
        return judge_4(s, p, t)
    if op < FIRST_6:
        return judge_5(s, p, t)
    return judge_6(s, p, t)


takes_0 = takes_1 = takes_2 = takes_3 = takes_4 = takes_5 = takes_6 = take_as  # likewise
judges_0 = judges_1 = judges_2 = judges_3 = judges_4 = judges_5 = judges_6 = judge_as


def take_of(op: int, s: "State", p: "State", t: int, port: int, x: int) -> None:
    """One of seven times seven."""
    if op < FIRST_1:
        takes_0(op, s, p, t, port, x)
    elif op < FIRST_2:
        takes_1(op, s, p, t, port, x)
    elif op < FIRST_3:
        takes_2(op, s, p, t, port, x)
    elif op < FIRST_4:
        takes_3(op, s, p, t, port, x)
    elif op < FIRST_5:
        takes_4(op, s, p, t, port, x)
    elif op < FIRST_6:
        takes_5(op, s, p, t, port, x)
    else:
        takes_6(op, s, p, t, port, x)


def judge_of(op: int, s: "State", p: "State", t: int) -> tuple[int, int]:  # noqa: PLR0911  # a place each
    """One of seven times seven."""
    if op < FIRST_1:
        return judges_0(op, s, p, t)
    if op < FIRST_2:
        return judges_1(op, s, p, t)
    if op < FIRST_3:
        return judges_2(op, s, p, t)
    if op < FIRST_4:
        return judges_3(op, s, p, t)
    if op < FIRST_5:
        return judges_4(op, s, p, t)
    if op < FIRST_6:
        return judges_5(op, s, p, t)
    return judges_6(op, s, p, t)


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
