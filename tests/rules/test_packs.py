"""Every rule of the starter pack tells its examples, and says all that a person needs."""

import pytest
from rules.examples import run_examples
from rules.language import parse_rule
from rules.packs import STARTER, starter_rules

from gateway.texts.phrases import render
from rules.sentence import sentence

RULES = {rule.name: rule for rule in starter_rules()}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_does_what_its_examples_say(name):
    for outcome in run_examples(RULES[name]):
        assert outcome.got == outcome.expected, (outcome.example.name, outcome.seen)
