"""`homecare rules library`: what ships, one rule's file, and the page that is held to the rules."""

from pathlib import Path

from typer.testing import CliRunner

from api.cli import library
from api.cli.main import app
from rules.file.language import parse_rule
from rules.packs import STARTER, library_rules

PAGE = Path(__file__).parents[2] / "docs" / "rules" / "packs.md"


def run(*words):
    return CliRunner().invoke(app, ["rules", "library", *words])


def test_the_page_says_what_the_rules_say():
    """When it does not: `homecare rules library --markdown > docs/rules/packs.md`."""
    assert PAGE.read_text(encoding="utf-8") == library.page()
    assert run("--markdown").output == library.page()


def test_the_list_tells_starter_from_library():
    lines = run().output.splitlines()[2:]
    assert len(lines) == len(library_rules())
    said = [line for line in lines if "  starter  " in line]
    assert len(said) == len(STARTER)
    for name in STARTER:
        assert any(f" {name} " in line for line in said)


def test_a_rules_file_is_printed_to_begin_from():
    printed = parse_rule(run("fever").output, "our-fever.yaml")
    assert printed.version == next(r for r in library_rules() if r.name == "fever").version


def test_a_name_that_is_not_there_is_refused_with_the_nearest():
    result = run("fevver")
    assert result.exit_code != 0
    assert "fever" in str(result.exception or result.output)
