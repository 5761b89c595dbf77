"""One's own devices, personas and faults: what cannot be is refused, naming file and line."""

from pathlib import Path

import pytest

from api.cli.simulate.additions import catalogue, planned
from devices.errors import Refused
from simulators.homes.household import household

HEAD = """\
from simulators.devkit import *
def mat(work, which):
    return every(work, which, 60_000).says('bed', 0)
"""
DEVICE = "DEVICES = (Model('mat', 'floor mat', mat, 60_000, ('bed',)),)\n"


def a_file(folder: Path, text: str, name: str = "mine.py") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_adds_and_nothing_is_registered(tmp_path) -> None:
    own = catalogue([a_file(tmp_path, HEAD + DEVICE)])
    assert own.model("mat").title == "floor mat"
    home = household(["frail"], ["mat"], catalogue=own)
    assert home.has("mat")
    assert [one.name for one in home.models] == ["mat"]
    with pytest.raises(Refused, match="no such model"):
        household(["frail"], ["mat"])


def test_several_files_add_up_and_the_last_word_is_none_of_theirs(tmp_path) -> None:
    one = a_file(tmp_path, HEAD + DEVICE)
    other = a_file(tmp_path, HEAD + DEVICE.replace("'mat'", "'rug'"), "other.py")
    assert {model.name for model in catalogue([one, other]).models} == {"mat", "rug"}
    with pytest.raises(Refused, match="the name stands twice"):
        catalogue([one, one])


def test_a_persona_may_be_a_file_of_its_own(tmp_path) -> None:
    shipped = Path("simulators/people/personas/frail.yaml")
    text = (Path(__file__).resolve().parents[2] / shipped).read_text(encoding="utf-8")
    mine = a_file(tmp_path, text.replace("persona: frail", "persona: sturdy"), "sturdy.yaml")
    assert catalogue([mine]).persona("sturdy").title
    with pytest.raises(Refused, match=r"mine\.yaml"):
        catalogue([a_file(tmp_path, "persona: 7", "mine.yaml")])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\n", "it defines no DEVICES, PERSONAS or FAULTS"),
        ("DEVICES = []\n", "mine.py, DEVICES: it is no tuple"),
        ("DEVICES = (7,)\n", "mine.py, DEVICES[0]: int is no Model"),
        ("PERSONAS = ('frail',)\n", "mine.py, PERSONAS[0]: str is no Persona"),
        ("FAULTS = (len,)\n", "mine.py, FAULTS[0]"),
        ("\n\nraise ValueError('no')\n", "mine.py, line 3: ValueError: no"),
        ("DEVICES = (\n", "mine.py, line 1: SyntaxError"),
        ("import nothing_of_that_name\n", "ModuleNotFoundError"),
        (HEAD + DEVICE.replace("'mat'", "'motion'"), "ships with the product already"),
        (HEAD + DEVICE.replace("'mat'", "'My Mat'"), "no name of a device"),
        (HEAD + DEVICE.replace("'bed'", "'bedd'"), "there is no signal 'bedd'"),
        (HEAD + DEVICE.replace("('bed',)", "('bed',), dialect='morse'"), "no dialect 'morse'"),
        (HEAD + "PERSONAS = (Persona('well', 'me'),)\n", "ships with the product already"),
        (HEAD + "PERSONAS = (Persona('me', 'me', kit=('mat',)),)\n", "no such model"),
    ],
)
def test_what_is_wrong_in_it_is_named(tmp_path, text, says) -> None:
    with pytest.raises(Refused) as told:
        catalogue([a_file(tmp_path, text)])
    assert says in str(told.value)


def test_what_is_no_file_is_refused(tmp_path) -> None:
    for name in ("nowhere.py", "mine.txt"):
        with pytest.raises(Refused, match="no such Python file"):
            catalogue([tmp_path / name])
    with pytest.raises(Refused, match="it cannot be read"):
        planned(tmp_path / "none.yaml", catalogue(None))
    with pytest.raises(Refused, match="it cannot be read"):
        catalogue([tmp_path / "none.yaml"])
