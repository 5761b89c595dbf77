"""Writes `dispatch.py`: which operator a code stands for, written out as a chain.

    python -m rules.compiled.generate

A chain, because numba can neither index a tuple of functions nor be handed one without losing its
cache. It is generated from `OPERATORS`, and a test says when it is stale.
"""

from pathlib import Path

from rules.operators import OPERATORS

TARGET = Path(__file__).with_name("dispatch.py")

_HEAD = '''"""Which loop an operator's code stands for, written by `rules.compiled.generate`.

The code is the operator's position in `rules.operators.OPERATORS`. Plain Python as it stands;
`kernel.py` compiles it together with what it calls.
"""

from typing import TYPE_CHECKING

from rules.compiled.node import loop_of

if TYPE_CHECKING:
    from rules.compiled.columns import Ints

'''
_FOLD = """

def fold_node(
    op: int,
    s: "Ints",
    p: "Ints",
    at: "Ints",
    end: "Ints",
    out: "Ints",
    wake: "Ints",
    wt: "Ints",
    wx: "Ints",
    n: int,
    stop: int,
) -> int:
"""


def source() -> str:
    """The text of `dispatch.py` as the operators stand now."""
    words = [operator.word for operator in OPERATORS]
    loops = [f'fold_{word} = loop_of("{word}")\n' for word in words]
    known = [f'    "{word}",\n' for word in words]
    chain = []
    for code, word in enumerate(words):
        call = f"fold_{word}(s, p, at, end, out, wake, wt, wx, n, stop)"
        chain.append(f"    if op == {code}:\n        return {call}\n")
    chain.append("    return n\n")
    return "".join(
        [_HEAD, *loops, "\nWORDS = (\n", *known, ")  # as `OPERATORS` was\n", _FOLD, *chain]
    )


def main() -> None:
    TARGET.write_text(source(), encoding="utf-8")


if __name__ == "__main__":
    main()
