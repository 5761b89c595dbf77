"""Every rule of the starter pack tells its examples, and says all that a person needs."""

import pytest

from gateway.texts.phrases import render
from rules.examples import run_example, run_examples
from rules.language import parse_rule
from rules.packs import STARTER, starter_rules
from rules.plan import plan
from rules.sentence import sentence

RULES = {rule.name: rule for rule in starter_rules()}
NAMES = (
    "spo2-low",
    "blood-pressure-out-of-range",
    "weight-up",
    "pulse-out-of-range",
    "no-movement-by-ten",
    "outer-door-open-at-night",
    "sos",
)


def test_the_seven_are_there_under_their_names():
    assert tuple(RULES) == NAMES
    assert STARTER == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_does_what_its_examples_say(name):
    for outcome in run_examples(RULES[name]):
        assert outcome.got == outcome.expected, (outcome.example.name, outcome.seen)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_show_every_side_of_a_rule(name):
    kinds = {example.kind for example in RULES[name].examples}
    assert kinds == {"fires", "quiet", "clears", "missing", "boundary"}
    for example in RULES[name].examples:
        onsets = [line for line in example.expect if line.endswith("onset")]
        assert bool(onsets) or example.kind in {"quiet", "missing", "boundary"}, example.name
        assert not onsets or example.kind != "quiet", example.name


@pytest.mark.parametrize("name", NAMES)
def test_no_other_rule_passes_all_examples_of_a_rule(name):
    for other in NAMES:
        if other == name:
            continue
        outcomes = [
            run_example(RULES[other], example).passed
            for example in RULES[name].examples
            if set(example.parameters) <= set(RULES[other].parameters)
        ]
        assert not all(outcomes), other


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_says_why_for_whom_and_what_to_do(name):
    rule = RULES[name]
    assert rule.source
    assert rule.not_for
    assert len(rule.why) > 40
    assert 2 <= len(rule.guidance) <= 5
    for parameter in rule.parameters.values():
        assert parameter.low < parameter.high
        assert parameter.label


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_survives_its_own_text(name):
    rule = RULES[name]
    again = parse_rule(rule.text, "again.yaml")
    assert (again.version, again.uses, again.lookback_ms) == (
        rule.version,
        rule.uses,
        rule.lookback_ms,
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_end_of_every_range_can_be_planned(name):
    rule = RULES[name]
    for parameter in rule.parameters.values():
        for value in (parameter.low, parameter.high):
            plan(rule, {parameter.name: value}, "Europe/Oslo")


def test_the_sentences_in_english():
    """For a reader: what the seven rules say of themselves."""
    said = {name: render(sentence(rule, {}), "en") for name, rule in RULES.items()}
    space = "\N{NO-BREAK SPACE}"
    assert {name: text.replace(space, " ") for name, text in said.items()} == {
        "spo2-low": "Oxygen saturation is below 92 % (back to normal at 94 % or more), "
        "for at least 5 minutes without a break.",
        "blood-pressure-out-of-range": "Systolic blood pressure is above 190 mmHg or systolic "
        "blood pressure is below 80 mmHg or diastolic blood pressure is above 110 mmHg or "
        "diastolic blood pressure is below 50 mmHg.",
        "weight-up": "The rise of body weight over its lowest within 3 days is above 2.0 kg.",
        "pulse-out-of-range": "Pulse is above 100 per minute (back to normal at 97 per minute or "
        "less) or pulse is below 55 per minute (back to normal at 58 per minute or more).",
        "no-movement-by-ten": "No movement from 06:00 until 10:00, while it would have been heard.",
        "outer-door-open-at-night": "(door (outer) is open and it is between 22:00 and 06:00), "
        "for at least 10 minutes without a break.",
        "sos": "SOS button reported.",
    }
