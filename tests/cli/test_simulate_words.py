"""`homecare simulate faults` and `personas`: what they print can be begun from."""

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from devices.errors import Refused
from simulators.faults import FAULTS, load, placed
from simulators.people.persona import PERSONAS, REGIONS
from simulators.people.reading import parse_persona
from tests.simulators.builders import START, homes

NEEDED = {
    "signal:": "signal: humidity",
    "per_day:": "per_day: 1 %",
    "to:": "to: hallway",
    "# by:": "by: 90 s",
}
DEVICES = {"swapped": "motion-kitchen, motion-hallway", "moved": "motion-kitchen"}


def said(*words: str) -> str:
    told = CliRunner().invoke(app, ["simulate", *words])
    assert told.exit_code == 0, told.output
    return told.output


@pytest.mark.parametrize("name", [kind.name for kind in FAULTS])
def test_a_printed_fault_is_a_file(name: str) -> None:
    text = said("faults", name)
    for key, filled in NEEDED.items():
        text = text.replace(f"    {key} ", f"    {filled} ")
    if name in DEVICES:
        text = text.replace("# devices: [motion-kitchen]", f"devices: [{DEVICES[name]}]")
    (entry,) = load(text, "printed.yaml")
    assert entry.kind.name == name
    assert len(placed([entry], homes(), START)) == len(homes())
    bare = text.replace("    # ", "    ")  # all that is offered, at what it is anyway
    if name not in {"skew", "reboot", "drift", *DEVICES}:
        assert load(bare, "printed.yaml")


def test_the_lists_name_all() -> None:
    assert all(kind.name in said("faults") for kind in FAULTS)
    assert all(one.name in said("personas") for one in PERSONAS)


@pytest.mark.parametrize("who", PERSONAS, ids=lambda one: one.name)
def test_a_printed_persona_is_a_file(who) -> None:
    mine = parse_persona(said("personas", who.name), "printed.yaml", REGIONS)
    assert (mine.name, mine.levels, mine.visits) == (who.name, who.levels, who.visits)


@pytest.mark.parametrize("words", [("faults", "mobil"), ("personas", "frial")])
def test_a_mistyped_name_is_answered_with_the_nearest(words: tuple[str, str]) -> None:
    told = CliRunner().invoke(app, ["simulate", *words])
    assert isinstance(told.exception, Refused)
    assert "Did you mean" in str(told.exception)
