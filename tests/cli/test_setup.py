"""From an empty folder to a site whose carer can sign in, by commands alone."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from devices.errors import Failed, Refused

HOMES = """
sites:
  - id: donegal
    homes:
      - id: home-1
        label: Home 1
        area: Ardara
        residents:
          - {id: nora, name: Nóra, born: 1939, language: ga, since: 2026-01-01, consent: 2026-01-01}
        devices:
          - {id: oximeter, dialect: homecare, hub: hub, owner: nora, place: lounge,
             since: 2026-01-01, interval: 5min, signals: [spo2]}
"""
VESTLAND = """
sites:
  - {id: vestland, name: Vestland, zone: Europe/Oslo, languages: [nn], emergency: ["113"],
     fallback_phone: +47 55 00 00 00}
"""
INIT = [
    *("init", "--site", "donegal", "--name", "Donegal", "--zone", "Europe/Dublin"),
    *("--languages", "en ga", "--emergency", "112 999", "--fallback-phone", "+353 74 912 3456"),
    *("--carer", "aoife", "--carer-name", "Aoife Doherty"),
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOMECARE_CONFIG", raising=False)


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=typed)


def done(*words: str, typed: str = "") -> str:
    result = run(*words, typed=typed)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_init_leads_to_links_for_administrator_and_carer() -> None:
    told = done(*INIT)
    links = re.findall(r"http://127\.0\.0\.1:8080/signin/link\?token=\S+", told)
    assert len(links) == 2
    assert "aoife" in done("user", "list")
    rules = done("rules", "list")
    assert "spo2-low" in rules
    assert "limit 92 %, minutes 5 min" in rules  # as people write them
    assert re.search(r"by \d\d:\d\d, start \d\d:\d\d", rules)
    assert "founding" in rules


def test_init_asks_for_what_is_missing() -> None:
    answers = "donegal\nDonegal\nEurope/Dublin\n\n\n+353 74 912 3456\naoife\nAoife\n"
    told = done("init", typed=answers)
    assert "Phone that is called when nobody answers" in told


def test_a_wrong_answer_changes_nothing() -> None:
    result = run(*INIT[:6], "Europe/Dublim", *INIT[7:])
    assert isinstance(result.exception, Refused)
    assert "Europe/Dublin" in str(result.exception)
    assert "aoife" not in run("user", "list").output


def test_init_twice_says_so() -> None:
    done(*INIT)
    assert isinstance(run(*INIT).exception, Failed)


def test_import_shows_first_then_does_and_shows_passwords_once() -> None:
    done(*INIT)
    Path("homes.yaml").write_text(HOMES, encoding="utf-8")
    assert "nothing was changed" in done("import", "homes.yaml", "--dry-run")
    told = done("import", "homes.yaml", "--yes")
    assert re.search(r"donegal\.home-1\.hub +\S{20,}", told)
    assert "Nothing to change" in done("import", "homes.yaml", "--yes")


def test_a_lost_password_is_replaced() -> None:
    done(*INIT)
    Path("homes.yaml").write_text(HOMES, encoding="utf-8")
    first = re.search(r"donegal\.home-1\.hub +(\S{20,})", done("import", "homes.yaml", "--yes"))
    second = re.search(r"donegal\.home-1\.hub +(\S{20,})", done("credential", "donegal.home-1.hub"))
    assert first is not None
    assert second is not None
    assert first.group(1) != second.group(1)
    assert isinstance(run("credential", "donegal.home-1.nobody").exception, Refused)


def test_a_site_that_a_file_brings_begins_with_the_starter_pack() -> None:
    done(*INIT)
    Path("more.yaml").write_text(VESTLAND, encoding="utf-8")
    done("import", "more.yaml", "--yes")
    assert re.search(r"vestland.*spo2-low", done("rules", "list"))


def test_a_bad_file_is_refused_by_line_and_nothing_is_applied() -> None:
    done(*INIT)
    Path("homes.yaml").write_text(HOMES.replace("5min", "often"), encoding="utf-8")
    result = run("import", "homes.yaml", "--yes")
    assert isinstance(result.exception, Refused)
    assert re.search(r"homes\.yaml:1[234]: .*often", result.output)
    Path("homes.yaml").write_text(HOMES, encoding="utf-8")
    assert "added" in done("import", "homes.yaml", "--dry-run")


def test_no_means_no() -> None:
    done(*INIT)
    Path("homes.yaml").write_text(HOMES, encoding="utf-8")
    assert "Nothing was changed" in done("import", "homes.yaml", typed="n\n")


def test_people_get_links_and_programs_tokens() -> None:
    done(*INIT)
    told = done("user", "add", "signe", "Signe Dahl", "--role", "coordinator@donegal")
    assert "/signin/link?token=" in told
    assert "/signin/link?token=" in done("user", "link", "signe")
    assert done("token", "display", "--role", "carer@donegal").startswith("hc_")
    assert isinstance(run("user", "link", "nobody").exception, Refused)
    wrong = run("user", "add", "x", "X", "--role", "boss").exception
    assert isinstance(wrong, Refused)
    assert "coordinator" in str(wrong)


def test_commands_in_an_empty_folder_say_how_to_begin() -> None:
    problem = run("user", "list").exception
    assert isinstance(problem, Failed)
    assert "homecare init" in str(problem)


def test_dead_letters_of_a_new_gateway() -> None:
    done(*INIT)
    assert "No dead letters" in done("deadletters", "list")
    assert json.loads(done("deadletters", "list", "--json")) == []
    assert isinstance(run("deadletters", "replay").exception, Refused)


@pytest.mark.enable_socket
def test_doctor_says_what_to_do() -> None:
    told = run("doctor", "--json")
    findings = {one["name"]: one for one in json.loads(told.output)}
    assert told.exit_code == 1
    assert "homecare init" in findings["databases"]["do"]
    done(*INIT)
    told = run("doctor", "--json")
    findings = {one["name"]: one for one in json.loads(told.output)}
    assert findings["state"]["ok"]
    assert findings["registry"]["ok"]
    assert findings["disk"]["what"].endswith(str(Path("data")))
