"""The JSON Schema for editors: made from the language itself, and as strict about shapes."""

import copy
from pathlib import Path

import jsonschema
import pytest
import yaml

from rules.file.named import NAMED
from rules.file.schema import open_keys, rule_schema, schema_text
from rules.file.skeletons import KINDS, skeleton
from rules.operators import OPERATORS
from rules.packs import library_rules

FILE = Path(__file__).parents[2] / "docs" / "rules" / "rule.schema.json"
CHECKER = jsonschema.Draft202012Validator(rule_schema())
TEXTS = {rule.name: rule.text for rule in library_rules()} | {k: skeleton(k, k) for k in KINDS}


def read(text):
    """As an editor reads it: YAML with every scalar as it is written."""
    return yaml.load(text.replace("urgent: true", "urgent: !!bool true"), EditorLoader)


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2: 22:00 is a text."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if not tag.endswith((":int", ":timestamp"))]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def test_the_committed_file_is_what_the_language_says():
    told = "Write it anew: homecare rules schema > docs/rules/rule.schema.json"
    assert FILE.read_text(encoding="utf-8") == schema_text(), told


def test_it_is_a_schema_and_leaves_no_key_open():
    jsonschema.Draft202012Validator.check_schema(rule_schema())
    assert open_keys() == set()
    words = rule_schema()["$defs"]
    assert {f"word_{operator.word}" for operator in OPERATORS} <= set(words)
    assert all(words[f"word_{operator.word}"]["description"] for operator in OPERATORS)
    assert set(words["named"]["anyOf"][0]["enum"]) == set(NAMED)


@pytest.mark.parametrize("name", list(TEXTS))
def test_what_is_right_is_right_in_an_editor(name):
    assert [error.message for error in CHECKER.iter_errors(read(TEXTS[name]))] == []


WRONG = {
    "an unknown key": lambda rule: rule.update(titel="x"),
    "no title": lambda rule: rule.pop("title"),
    "a priority that is none": lambda rule: rule.update(priority="later"),
    "two words": lambda rule: rule["when"].update({"not": {"event": {"signal": "sos"}}}),
    "an unknown word": lambda rule: rule.update(when={"abov": {}}),
    "a key of another word": lambda rule: rule["when"]["lasting"].update(within="5 min"),
    "a signal that is none": lambda rule: rule.update(when={"event": {"signal": "sosse"}}),
    "a state that is none": lambda rule: rule.update(when={"is": {"signal": "bed", "state": "x"}}),
    "a day that is none": lambda rule: rule.update(
        when={"time_between": {"from": "22:00", "until": "06:00", "days": ["monday"]}}
    ),
    "a named expression that is none": lambda rule: rule.update(when={"named": "time_in_bath"}),
    "a limit that is a list": lambda rule: rule.update(
        when={"above": {"value": "spo2", "limit": ["92 %"]}}
    ),
    "a condition as a number": lambda rule: rule.update(
        when={"above": {"value": {"event": {"signal": "sos"}}, "limit": "9"}}
    ),
    "an example of no kind": lambda rule: rule["examples"][0].update(kind="maybe"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_underlined_in_an_editor(name):
    data = copy.deepcopy(read(skeleton("level", "level")))
    WRONG[name](data)
    assert list(CHECKER.iter_errors(data))
