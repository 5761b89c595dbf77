"""The ten minutes of docs/rules/writing.md, as somebody would spend them: every command is run."""

import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from api.cli import client
from api.cli.main import app
from rules.file.document import read_document

WRITING = (Path(__file__).parents[2] / "docs" / "rules" / "writing.md").read_text(encoding="utf-8")
NAMED = (Path(__file__).parents[2] / "docs" / "rules" / "named.md").read_text(encoding="utf-8")
(RULE,) = re.findall(r"```yaml\n(.*?)```", WRITING, re.DOTALL)
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", WRITING, re.DOTALL)
    for line in block.splitlines()
]
FILE = "kitchen-by-ten.yaml"


@pytest.fixture(autouse=True)
def desk(tmp_path, monkeypatch):
    """An empty folder: no gateway, no settings, no data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def run(line):
    words = shlex.split(line)
    assert words[0] == "homecare"
    return CliRunner().invoke(app, words[1:], env={"COLUMNS": "100"})


def test_the_commands_of_the_document_in_their_order(desk):
    assert [shlex.split(line)[2] for line in COMMANDS] == [
        "new", "check", "test", "explain", "explain",
    ]  # fmt: skip
    told = {}
    for line in COMMANDS:
        result = run(line)
        assert result.exit_code == 0, (line, result.output)
        told[line] = result.output
        if " new " in line:
            (desk / FILE).write_text(RULE, encoding="utf-8")
    checked = told[COMMANDS[1]]
    assert "No movement in the kitchen from 07:00 until 10:00 on Monday to Saturday" in checked
    assert "memory for a resident: 88 bytes of state" in checked
    assert re.search(r"version [0-9a-f]{12}, looks back 9 d", checked)
    assert "6 of 6 examples pass in 1 files" in told[COMMANDS[2]]
    english, swedish = told[COMMANDS[3]], told[COMMANDS[4]]
    assert "1. Phone her. Let it ring a long time." in english
    assert "$by: In the kitchen by 10:00 (08:15 \N{EN DASH} 12:00)" in english
    assert "  none_between motion@kitchen\n    latest coverage@motion@kitchen\n" in english
    assert "07:00" in swedish
    assert "Why " not in swedish
    assert swedish != english


def test_the_failing_example_of_the_document(desk):
    (desk / FILE).write_text(RULE.replace("08:10 motion@kitchen", "10:10 motion@kitchen"))
    result = run(f"homecare rules test {FILE}")
    assert result.exit_code == 1
    shown = [" ".join(line.split()) for line in result.output.splitlines()]
    assert "FAILS: breakfast at eight (quiet, kitchen-by-ten.yaml line 26)" in shown
    assert "when 00:00 07:00 10:00 10:10 12:00" in shown
    assert "none_between motion@kitchen unknown unknown true false false" in shown
    assert "latest coverage@motion@kitchen covered covered covered covered covered" in shown
    assert "got onset end" in shown
    assert "5 of 6 examples pass in 1 files" in shown
    for line in ("FAILS: breakfast at eight", "none_between motion@kitchen"):
        assert line in WRITING


def test_what_no_example_shows_is_remarked(desk):
    head, examples = RULE.split("examples:")
    either = "  any:\n    - event: {signal: sos}\n    - none" + head.split("\n  none")[1]
    (desk / FILE).write_text(f"{head.split('  none')[0]}{either}examples:{examples}")
    result = run(f"homecare rules test {FILE}")
    assert result.exit_code == 0
    noted = "note: in no example is this true: event sos, keep 1 h (kitchen-by-ten.yaml line 19)"
    assert noted in result.output
    (desk / FILE).write_text(RULE)
    assert "note" not in run(f"homecare rules test {FILE}").output


def test_a_rule_that_yields_to_nobody_known_is_remarked(desk):
    (desk / FILE).write_text(RULE.replace("when:", "yields_to: [no-movement-by-tenn]\nwhen:"))
    result = run(f"homecare rules check {FILE}")
    assert result.exit_code == 0
    assert "'no-movement-by-tenn', which is no rule here. Did you mean 'no-movement-by" in (
        result.output
    )


def test_the_mistake_of_the_document(desk):
    (desk / FILE).write_text(RULE.replace("  none_between:", "  none_betwen:"))
    result = run(f"homecare rules check {FILE}")
    assert result.exit_code == 2
    said = (
        "line 18, when.none_betwen: 'none_betwen' is not a word of the language. "
        "Did you mean 'none_between'?"
    )
    assert said in result.output
    assert said.split(": ", 1)[0] in WRITING


def test_the_named_expression_of_the_document():
    (text,) = re.findall(r"```yaml\n(.*?)```", NAMED, re.DOTALL)
    assert read_document(text, "door-left-open.yaml").name == "door_left_open"


@pytest.mark.parametrize("kind", ["level", "absence", "event"])
def test_every_new_rule_passes_check_and_test_as_it_is(kind):
    for line in (
        f"homecare rules new my-rule --kind {kind}",
        "homecare rules check my-rule.yaml",
        "homecare rules test my-rule.yaml --all",
        "homecare rules explain my-rule.yaml",
    ):
        result = run(line)
        assert result.exit_code == 0, (line, result.output)
    assert "note" not in run("homecare rules check my-rule.yaml").output


def test_a_new_rule_overwrites_nothing(desk):
    (desk / "mine.yaml").write_text("precious")
    for line in (
        "homecare rules new mine",
        "homecare rules new Mine",
        "homecare rules new ../mine",
        "homecare rules new other --kind level --to no/such/folder/other.yaml",
        "homecare rules new other --kind habit",
    ):
        result = run(line)
        assert result.exit_code != 0, line
        assert str(result.exception), line
    assert (desk / "mine.yaml").read_text() == "precious"


def test_folders_are_taken_whole_and_a_bad_file_hides_no_other(desk):
    (desk / "a").mkdir()
    (desk / "a" / "good.yaml").write_text(RULE)
    (desk / "a" / "bad.yml").write_text("rule: x\n")
    (desk / "a" / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    (desk / "a" / "huge.yaml").write_bytes(b"#" * 300_000)
    (desk / "a" / "notes.txt").write_text("not a rule")
    result = run("homecare rules test a")
    assert result.exit_code == 2
    assert "good.yaml: 6 pass" in result.output
    assert "6 of 6 examples pass in 1 files; 3 refused" in result.output
    assert "bytes.yaml: refused" in result.output
    assert "not UTF-8 at byte 0" in result.output
    assert "more than 200000 bytes" in result.output
    result = run("homecare rules check a")
    assert result.exit_code == 2
    assert "1 of 4 files are good" in result.output


@pytest.mark.parametrize("command", ["rules check rules", "backtest rules --site s"])
def test_two_files_with_one_name_are_refused_by_it(command, desk):
    (desk / "rules").mkdir()
    for name in ("a.yaml", "b.yaml"):
        (desk / "rules" / name).write_text(RULE)
    result = run(f"homecare {command}")
    assert result.exit_code != 0
    said = result.output + str(result.exception)
    assert "rules/b.yaml: rules/a.yaml is 'kitchen-by-ten' as well" in said


def test_one_file_named_twice_is_one(desk):
    (desk / FILE).write_text(RULE)
    assert run(f"homecare rules check {FILE} ./{FILE}").exit_code == 0


def test_a_new_rule_with_a_shipped_name_says_so():
    said = run("homecare rules new sos")
    assert said.exit_code == 0
    assert "note: a shipped rule has this name (pack falls)" in said.output
    assert "shipped" not in run("homecare rules new my-own").output


@pytest.mark.parametrize("command", ["check", "test", "explain"])
def test_what_is_not_there_is_said(command, desk):
    (desk / "empty").mkdir()
    for path in ("nowhere.yaml", "empty"):
        result = run(f"homecare rules {command} {path}")
        assert result.exit_code != 0
        assert path in result.output + str(result.exception)


def test_proposing_tells_the_gateway_the_file_and_where_to_look(desk, monkeypatch):
    (desk / FILE).write_text(RULE)
    asked = []

    class Speaker:
        url = "http://127.0.0.1:1"

        def get(self, path):
            asked.append(("get", path, None))
            return [{"rule": "spo2-low"}]

        def post(self, path, body):
            asked.append(("post", path, body))
            return {"id": 7}

    monkeypatch.setattr(client, "speaking", lambda *_: Speaker())
    (line,) = [line.strip() for line in WRITING.splitlines() if "rules propose" in line][:1]
    result = run(line)
    assert result.exit_code == 0, result.output
    assert "http://127.0.0.1:1/reviews/7" in result.output
    [opened] = [body for way, _, body in asked if way == "post"]  # one request: all or nothing
    proposed = opened["propose"]
    assert opened["text"] == proposed["text"] == read_document(RULE, FILE).text
    assert (opened["site"], opened["rule"]) == ("donegal", "kitchen-by-ten")
    assert proposed["reason"] == "She asked for it"


def test_a_rule_that_fails_its_examples_goes_nowhere(desk, monkeypatch):
    (desk / FILE).write_text(RULE.replace("10:00 onset", "10:01 onset"))
    monkeypatch.setattr(client, "speaking", lambda *_: SimpleNamespace())
    result = run(f'homecare rules propose {FILE} --site donegal --reason "x"')
    assert result.exit_code != 0
    assert "expects 10:01:00 onset" in str(result.exception)
