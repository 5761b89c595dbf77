"""`homecare simulate`: figures, a picture, a page; and refusals in a sentence."""

import json
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from devices.errors import Refused
from rules.packs import STARTER, starter_rules
from simulators.scenarios.course import courses

SMALL = ["-s", "fall-with-detector", "-s", "cat", "--homes", "2"]


def said(*words: str) -> str:
    result = CliRunner().invoke(app, ["simulate", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: str) -> str:
    with pytest.raises(Refused) as caught:
        CliRunner().invoke(app, ["simulate", *words], catch_exceptions=False)
    return str(caught.value)


@pytest.fixture
def rules(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    for rule in starter_rules():
        if rule.name in {"sos", "weight-up"}:
            (folder / f"{rule.name}.yaml").write_text(rule.text, encoding="utf-8")
    return folder


def test_two_rulebooks_side_by_side_as_json_and_picture(tmp_path, rules) -> None:
    picture = tmp_path / "score.svg"
    line = ("score", str(rules), "--against", "starter", *SMALL, "--svg", str(picture), "--json")
    made = json.loads(said(*line))
    assert made["rulebooks"] == [str(rules), "starter"]
    assert made["rules"] == [2, len(STARTER)]
    assert made["all"][0]["homes"] == 4
    assert made["all"][0]["sensitivity"]["value"] == 0  # knows nothing of the detector
    assert set(made["difference"]) >= {"sensitivity", "false", "nights", "journeys"}
    assert [one["scenario"] for one in made["scenarios"]] == ["fall-with-detector", "cat"]
    root = ET.fromstring(picture.read_text(encoding="utf-8"))
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert "starter: 100 % noticed" in (title.text or "")
    assert said(*line) == said(*line)


def test_a_table_says_what_was_noticed_and_what_it_cost(rules) -> None:
    told = said("score", str(rules), *SMALL)
    for words in ("2 rules, 4 homes", "by chance", "woken at night", "fall-with-detector"):
        assert words in told


def test_a_scenario_of_ones_own_is_a_file(tmp_path, rules) -> None:
    text = next(one for one in courses() if one.name == "calls-for-help").text
    mine = tmp_path / "mine.yaml"
    mine.write_text(text.replace("scenario: calls-for-help", "scenario: my-own"), encoding="utf-8")
    told = said("score", str(rules), "-s", str(mine), "--homes", "1")
    assert "my-own" in told
    assert "100 %" in told
    mine.write_text(text.replace("people: [frail]", "people: [marathon]"), encoding="utf-8")
    problem = refused("score", str(rules), "-s", str(mine))
    assert "mine.yaml, people.0" in problem


def test_scenarios_are_listed_and_printed() -> None:
    assert "wandering (now)" in said("scenarios")
    assert "nothing to tell" in said("scenarios")
    assert said("scenarios", "cold-house").startswith("scenario: cold-house")


def test_the_floor_of_a_rulebook(rules) -> None:
    told = said("floor", "starter")
    assert "oxygen-falls" in told
    assert "DOES NOT HOLD" not in told
    weak = next(rule for rule in starter_rules() if rule.name == "spo2-low").text
    (rules / "spo2-low.yaml").write_text(
        weak.replace("default: 92 %", "default: 80 %"), encoding="utf-8"
    )
    result = CliRunner().invoke(app, ["simulate", "floor", str(rules), "--json"])
    assert result.exit_code == 1
    found = {one["scenario"]: one for one in json.loads(result.output)}
    assert found["oxygen-falls"]["holds"] is False
    assert found["calls-for-help"]["holds"] is True


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("score", "nobody-knows-this"), "Known: starter, library, site:NAME"),
        (("score", "starter", "-s", "sos"), "a moment for the demo"),
        (("score", "starter", "-s", "cat", "-s", "cat"), "one stands twice"),
        (("score", "starter", "-s", "earthquake"), "no such scenario"),
    ],
)
def test_what_cannot_be_scored_is_refused(words, says) -> None:
    assert says in refused(*words)
