"""Before a rule goes live it is said in which homes nothing stands where it listens."""

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.pages.unheard import unheard_lines
from gateway.db import migrate, open_state
from gateway.rulebook.unheard import Unheard, unheard
from rules.tree import SignalRef
from tests.building import a_device, a_home, a_resident, a_site, directory_of, registry_with
from tests.rules.stories import rule

BREAKFAST = "when: {none_for: {signal: motion@kitchen, for: 4 h}}\n"
KITCHEN = SignalRef("motion", "kitchen")
NOW = 1_000


def homes():
    sensor = a_device("eye", place="kitchen", signals=("motion",))
    return {
        "heard": a_home("heard", ["anna"], [sensor]),
        "unsaid": a_home("unsaid", ["bea"], [a_device("eye", place="kitchen")]),
        "elsewhere": a_home("elsewhere", ["cia"], [a_device("eye", place="hall")]),
        "another": a_home(
            "another", ["dora"], [a_device("plug", place="kitchen", signals=("plug_power",))]
        ),
        "taken": a_home("taken", ["ea"], [a_device("eye", place="kitchen", until=NOW)]),
        "nobody": a_home("nobody", [], []),
        "unasked": a_home("unasked", [a_resident("fia", consent=None)], []),
    }


def a_region():
    return a_site("donegal", homes().values())


def test_homes_without_a_device_at_a_place_that_is_named():
    found = unheard(directory_of(a_region()), "donegal", rule(BREAKFAST), NOW)
    assert found == [Unheard(KITCHEN, ("another", "elsewhere", "taken"), 5)]
    found = unheard(directory_of(a_region()), "donegal", rule(BREAKFAST), NOW - 1)
    assert found == [Unheard(KITCHEN, ("another", "elsewhere"), 5)]


@pytest.mark.parametrize(
    "body",
    [
        "when: {none_for: {signal: motion, for: 4 h}}\n",
        "when: {above: {value: pulse, limit: 120 /min}}\n",
    ],
)
def test_a_rule_that_names_no_place_is_for_whoever_has_the_device(body):
    assert unheard(directory_of(a_region()), "donegal", rule(body), NOW) == []


def test_every_place_of_a_rule_is_looked_at():
    body = "when: {is: {signal: door@outer, state: open}}\nclear_when: {event: {signal: sos}}\n"
    [found] = unheard(directory_of(a_region()), "donegal", rule(body), NOW)
    assert (found.source, len(found.homes)) == (SignalRef("door", "outer"), 5)


def test_a_page_says_how_many_and_not_whose():
    [line] = unheard_lines(directory_of(a_region()), "donegal", rule(BREAKFAST), NOW, "en")
    assert line.startswith("Movement in the kitchen: no device reports it in 3 of 5 homes here.")
    assert "elsewhere" not in line


def checked(folder, *words):
    file = folder / "trial.yaml"
    file.write_text(rule(BREAKFAST).text, encoding="utf-8")
    line = ["rules", "check", str(file), "--data", str(folder), *words]
    return CliRunner().invoke(app, line, env={"COLUMNS": "100"})


@pytest.fixture
def folder(tmp_path):
    engine = open_state(tmp_path / "state.db")
    migrate(engine, "state")
    registry_with(engine, a_region())
    engine.dispose()
    return tmp_path


def test_the_command_names_them(folder):
    result = checked(folder, "--site", "donegal")
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "no device reports motion@kitchen in 3 of 5 homes of donegal" in said
    assert "another, elsewhere, taken" in said
    assert "motion@kitchen in" not in checked(folder).output  # on a desk there are no homes


def test_a_site_that_is_not_there_is_refused(folder):
    result = checked(folder, "--site", "donegall")
    assert result.exit_code != 0
    assert "no such site" in str(result.exception) + result.output
