"""`homecare --help` reads well, answers at once, and every command shows an example."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner

from api.cli.main import app


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path
        return
    for name, child in inner.items():
        yield from commands(child, (*path, name))


PATHS = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_shows_an_example_that_begins_as_typed(path: tuple[str, ...]) -> None:
    told = CliRunner().invoke(app, [*path, "--help"])
    assert told.exit_code == 0
    assert "Example" in told.output
    assert f"homecare {' '.join(path)}" in told.output


def test_all_commands_of_the_issue_are_there() -> None:
    names = {path[0] for path in PATHS}
    assert {"serve", "demo", "send", "replay", "doctor", "import", "init", "deadletters"} <= names


def test_help_imports_nothing_heavy() -> None:
    heavy = ("sqlalchemy", "duckdb", "fastapi", "numpy", "paho", "pydantic", "uvicorn", "yaml")
    program = f"import sys, api.cli.main; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_the_guide_to_rules_knows_every_option_of_proposing_one() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "rules" / "writing.md").read_text("utf-8")
    group = typer.main.get_command(app).commands["rules"]  # type: ignore[attr-defined]
    options = {one for made in group.commands["propose"].params for one in made.opts}
    words = {one for one in options - {"--config", "--data"} if one.startswith("--")}
    assert words == {"--site", "--reason", "--review", "--replaces"}
    assert {one for one in words if f"{one} " not in guide} == set()
