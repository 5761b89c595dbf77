"""Nothing in the language is without its place in docs/rules: words, keys, expressions."""

import re
from pathlib import Path

import pytest
import typer
from pydantic import RootModel

from api.cli.main import app
from rules.file.forms import ExampleForm, InputForm, NamedForm, RuleForm
from rules.file.named import NAMED
from rules.operators import OPERATORS

DOCS = Path(__file__).parents[2] / "docs" / "rules"
OPERATORS_MD = (DOCS / "operators.md").read_text(encoding="utf-8")
WRITING = (DOCS / "writing.md").read_text(encoding="utf-8")
README = (DOCS / "README.md").read_text(encoding="utf-8")


def section(word):
    """What stands under the heading of a word."""
    found = re.search(
        rf"^### `{word}`.*?$(.*?)(?=^##)", OPERATORS_MD + "\n## ", re.DOTALL | re.MULTILINE
    )
    assert found, f"docs/rules/operators.md has no heading ### `{word}`"
    return found[1]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda one: one.word)
def test_every_word_has_its_heading_and_every_key_its_mention(operator):
    told = section(operator.word)
    assert len(told.split()) >= 5
    if issubclass(operator.form, RootModel):
        return
    for name, field in operator.form.model_fields.items():
        key = field.alias or name
        assert f"`{key}`" in told or f"{key}:" in told, f"{operator.word}: {key} is not told of"


@pytest.mark.parametrize("key", [*RuleForm.model_fields, *ExampleForm.model_fields])
def test_every_key_of_a_rule_file_is_told_of(key):
    assert re.search(rf"`{key}`|^\s*-?\s*{key}:|[{{ ]{key}:", WRITING, re.MULTILINE), key


@pytest.mark.parametrize("key", [*NamedForm.model_fields, *InputForm.model_fields])
def test_every_key_of_a_named_expression_is_told_of(key):
    named = (DOCS / "named.md").read_text(encoding="utf-8")
    assert re.search(rf"`{key}`|^\s*-?\s*{key}:|[{{ ]{key}:", named, re.MULTILINE), key


@pytest.mark.parametrize("name", list(NAMED))
def test_every_named_expression_is_told_of_with_its_inputs(name):
    named = (DOCS / "named.md").read_text(encoding="utf-8")
    (row,) = [line for line in named.splitlines() if line.startswith(f"| `{name}` ")]
    for given in NAMED[name].inputs:
        assert f"`{given}`" in row, given


def test_every_command_of_rules_is_told_of():
    commands = typer.main.get_command(app).commands["rules"].commands
    for name in commands:
        assert f"homecare rules {name}" in WRITING + README, name
