"""Would the oracle notice? Each operator is damaged in many small ways, one at a time.

    python -m tests.properties.mutants [--each 12] [--cases 80] [WORD …]

A damage turns a comparison, a sign, a number 0 or 1 or a condition round, or leaves an assignment
out, in `take` or `judge` of one operator. It is caught when the live driver no longer says at every
tick what the oracle says, raises, or never ends, in some case of up to CASES rules of that operator
alone. Prints a table, then what was not caught: to be read, for some damages change nothing (a
limit that no state can reach, a cell that is written again at once).
"""

import argparse
import ast
import copy
import inspect
import random
import signal
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rules.operators import BY_WORD
from rules.operators.machine import Operator
from tests.properties import oracle, worlds
from tests.properties.test_engine_equality import alone, answers

SECONDS = 20  # for one case; a damaged loop may never end
TURNED = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}


class EndlessError(Exception):
    """The case took too long."""


def damages(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every node that can be damaged, and how."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in TURNED:
            yield node, "comparison"
        elif isinstance(node, ast.BinOp) and type(node.op) in TURNED:
            yield node, "sign"
        elif isinstance(node, ast.Constant) and type(node.value) is int and node.value in (0, 1):
            yield node, "number"
        elif isinstance(node, ast.If | ast.While):
            yield node, "condition"
        elif isinstance(node, ast.AugAssign) or (
            isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
        ):
            yield node, "left out"


def damage(node: Any, how: str) -> None:
    if how == "comparison":
        node.ops[0] = TURNED[type(node.ops[0])]()
    elif how == "sign":
        node.op = TURNED[type(node.op)]()
    elif how == "number":
        node.value = 1 - node.value
    elif how == "condition":
        node.test = ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.AugAssign):
        node.op, node.value = ast.Add(), ast.Constant(0)
    else:
        node.value = copy.deepcopy(node.targets[0])
        node.value.ctx = ast.Load()


def mutants(operator: Operator) -> Iterator[tuple[str, Operator]]:
    """(what was done, the damaged operator), each damage alone."""
    for name in ("take", "judge"):
        function = getattr(operator, name)
        source = textwrap.dedent(inspect.getsource(function))
        count = len(list(damages(ast.parse(source))))
        for index in range(count):
            tree = ast.parse(source)
            node, how = list(damages(tree))[index]
            before = ast.unparse(node).splitlines()[0]
            damage(node, how)
            ast.fix_missing_locations(tree)
            known = dict(function.__globals__)
            exec(compile(tree, f"{operator.word}.{name}", "exec"), known)
            made = known[function.__name__]
            yield f"{name}, line {node.lineno}: {how}: {before}", replace(operator, **{name: made})


def differs(operator: Operator, cases: int) -> int | None:
    """In which case the damaged operator is caught; None: in none."""
    tried = seed = 0
    while tried < cases:
        seed += 1
        r = random.Random(f"mutant {operator.word} {seed}")
        shape = alone(r, operator.word)
        if shape is None:
            continue
        tried += 1
        world = worlds.world(r)
        made = worlds.planned(worlds.rule_of(shape[0]), world)
        steps = tuple(
            replace(step, operator=operator) if step.operator.word == operator.word else step
            for step in made.steps
        )
        signal.alarm(SECONDS)
        try:
            if answers(replace(made, steps=steps), world) != oracle.answers(shape[0], world):
                return tried
        except Exception:  # noqa: BLE001  # whatever it is, it is seen
            return tried
        finally:
            signal.alarm(0)
    return None


def endless(*_: object) -> None:
    raise EndlessError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only these operators")
    parser.add_argument("--each", type=int, default=12, help="damages of one operator, at most")
    parser.add_argument("--cases", type=int, default=80)
    given = parser.parse_args()
    signal.signal(signal.SIGALRM, endless)
    survived = []
    total = caught = 0
    print(f"{'operator':14}{'damages':>8}{'caught':>8}   cases until caught (median)")
    for word in given.words or sorted(set(BY_WORD) & set(oracle.WORDS)):
        found = list(mutants(BY_WORD[word]))
        random.Random(word).shuffle(found)
        tries = []
        for what, operator in found[: given.each]:
            seen = differs(operator, given.cases)
            if seen is None:
                survived.append((word, what))
            else:
                tries.append(seen)
        count = min(len(found), given.each)
        total, caught = total + count, caught + len(tries)
        median = sorted(tries)[len(tries) // 2] if tries else "-"
        print(f"{word:14}{count:8}{len(tries):8}   {median}", flush=True)
    print(f"{'all':14}{total:8}{caught:8}")
    for word, what in survived:
        print(f"not caught: {word}, {what}")


if __name__ == "__main__":
    main()
