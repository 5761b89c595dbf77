"""Operators stay in the subset that compiles, and stay documented."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest

from rules import operators
from rules.operators import OPERATORS, arithmetic, days, window

DOCS = Path(__file__).parents[2] / "docs" / "rules"
FOLDER = Path(operators.__file__).parent
SHARED = (
    arithmetic.half_up,
    arithmetic.root,
    arithmetic.shown,
    days.note,
    days.reckon,
    window.gone,
    window.push,
)
NOT_OPERATORS = {"__init__", "machine"} | {f.__module__.rpartition(".")[2] for f in SHARED}
ALLOWED = (
    ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign, ast.Expr,
    ast.If, ast.While, ast.For, ast.Pass, ast.IfExp, ast.Compare, ast.BoolOp, ast.BinOp,
    ast.UnaryOp, ast.Call, ast.Subscript, ast.Name, ast.Constant, ast.Tuple, ast.Load, ast.Store,
    ast.Continue, ast.operator, ast.cmpop, ast.boolop, ast.unaryop,
)  # fmt: skip
CALLS = {"range", "max", "min"} | {function.__name__ for function in SHARED}


def held_to_the_subset(function):
    """Integers, subscripts, loops and comparisons: no object, no call but to what is held alike."""
    tree = ast.parse(inspect.getsource(function)).body[0]
    tree.returns = None
    for argument in tree.args.args:
        argument.annotation = None
    for node in ast.walk(tree):
        assert isinstance(node, ALLOWED), ast.dump(node)
        if isinstance(node, ast.Call):
            assert node.func.id in CALLS
        if isinstance(node, ast.Constant) and node is not getattr(tree.body[0], "value", None):
            assert type(node.value) is int or isinstance(node.value, bool)
    return tree


@pytest.mark.parametrize("function", SHARED, ids=lambda function: function.__name__)
def test_what_operators_share_is_in_the_subset_that_compiles(function):
    held_to_the_subset(function)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.word)
def test_take_and_judge_are_in_the_subset_that_compiles(operator):
    for function in (operator.take, operator.judge):
        tree = held_to_the_subset(function)
        assert [a.arg for a in tree.args.args] == (
            ["s", "p", "t", "port", "x"] if function is operator.take else ["s", "p", "t"]
        )


def test_one_file_one_operator_one_line_in_the_tuple():
    files = {path.stem for path in FOLDER.glob("*.py")} - NOT_OPERATORS
    modules = [import_module(f"rules.operators.{file}") for file in sorted(files)]
    found = {module.OPERATOR.word: module.OPERATOR for module in modules}
    assert found == {operator.word: operator for operator in OPERATORS}
    assert len(OPERATORS) == len(found) == len(files)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.word)
def test_every_operator_is_documented_with_its_keys(operator):
    text = (DOCS / "operators.md").read_text()
    head = f"### `{operator.word}`"
    assert head in text
    section = text.split(head)[1].split("\n### ")[0]
    for name, field in operator.form.model_fields.items():
        if name != "root":
            assert f"`{field.alias or name}`" in section, (operator.word, name)


def test_the_rule_in_the_ten_minute_guide_works():
    """Whoever copies it gets a rule that is read, and whose examples pass."""
    from rules.checks.examples import run_examples
    from rules.file.language import parse_rule

    text = (DOCS / "writing.md").read_text()
    blocks = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    whole = [block for block in blocks if "\nrule:" in block]
    assert whole
    for block in whole:
        outcomes = list(run_examples(parse_rule(block, "writing.md")))
        assert outcomes
        assert all(outcome.passed for outcome in outcomes), outcomes
