"""Settings: which word counts, and what a wrong one is told."""

import re
from pathlib import Path

import pytest

from devices.errors import Refused
from gateway.config import find, keys, load, variable

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "operators" / "settings.md"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("HOMECARE_"):
            monkeypatch.delenv(name)


def toml(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "homecare.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_options_stand_over_the_environment_and_it_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = toml(tmp_path, "[web]\nport = 1\nhost = 'a'\nsession_hours = 3\n")
    monkeypatch.setenv("HOMECARE_WEB__PORT", "2")
    monkeypatch.setenv("HOMECARE_WEB__HOST", "b")
    web = load(file, web={"port": 3}).web
    assert (web.port, web.host, web.session_hours) == (3, "b", 3)


def test_the_token_of_a_command_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMECARE_TOKEN", "hc_x")
    assert load(None).web.port


def test_an_unknown_key_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"unknown key 'web\.prot'.*Did you mean 'web\.port'"):
        load(toml(tmp_path, "[web]\nprot = 1\n"))
    with pytest.raises(Refused, match=r"unknown key 'jurnal'"):
        load(toml(tmp_path, "[jurnal]\nx = 1\n"))


def test_an_unknown_variable_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMECARE_WEB__PROT", "1")
    with pytest.raises(Refused, match="Did you mean 'HOMECARE_WEB__PORT'"):
        load()


def test_a_wrong_value_says_where_it_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match=r"homecare\.toml: web\.port: .*not 'x'"):
        load(toml(tmp_path, "[web]\nport = 'x'\n"))
    monkeypatch.setenv("HOMECARE_WEB__PORT", "70000")
    with pytest.raises(Refused, match=r"the environment: web\.port: .*65535"):
        load()


def test_a_secret_is_never_repeated(tmp_path: Path) -> None:
    with pytest.raises(Refused) as told:
        load(toml(tmp_path, "[broker]\npassword = 12345\n"))
    assert "12345" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[web]\ncertificate = 'a.pem'\n", "certificate and key belong together"),
        ("[series]\nstore = 'influxdb'\n", r"needs series\.url"),
        ("[web\n", "must be TOML"),
    ],
)
def test_halves_are_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        load(toml(tmp_path, text))


def test_the_file_is_found_by_name_variable_and_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find() is None
    here = toml(tmp_path, "")
    assert find() == Path(here.name)
    monkeypatch.setenv("HOMECARE_CONFIG", "/elsewhere.toml")
    assert find() == Path("/elsewhere.toml")
    assert find(here) == here
    with pytest.raises(Refused, match="no such file"):
        load(find())


def test_every_key_is_documented_with_its_variable() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    row = r"^\| `([a-z_.]+)` \| `(HOMECARE_[A-Z_]+)` \| .+ \| (.+) \|$"
    told = re.findall(row, text, re.MULTILINE)
    assert [key for key, _, _ in told] == [key for key, _ in keys()]
    for (key, name, meaning), (_, field) in zip(told, keys(), strict=True):
        assert name == variable(key)
        assert field.description is not None
        assert meaning.startswith(field.description)
