"""Every rule of the packs tells its examples, says all that a person needs, and is not another."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import combinations

import pytest

from devices.signals import CATALOGUE
from gateway.alerts.technical import KINDS as KINDS_OF_TECHNICAL
from gateway.texts.phrases import render
from rules.checks.checking import check
from rules.checks.examples import run_example
from rules.engine.memory import memory
from rules.file.language import Example, Rule, parse_rule
from rules.packs import PACKS, STARTER, library_rules, pack_of, starter_rules
from rules.plan import plan
from rules.sentences.sentence import sentence

RULES = {rule.name: rule for rule in library_rules()}
KINDS = {"fires", "quiet", "clears", "missing", "boundary"}
ZONES = ("Europe/Oslo", "Atlantic/Reykjavik")

each_rule = pytest.mark.parametrize("name", RULES)


# -- the library


def test_every_file_is_listed_under_its_own_name_once():
    there = {
        f"{folder.name}/{file.name}"
        for folder in files("rules.packs").iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    }
    listed = [f"{pack.name}/{name}.yaml" for pack in PACKS for name in pack.rules]
    assert sorted(listed) == sorted(there)
    assert [name for pack in PACKS for name in pack.rules] == list(RULES)


def test_the_starter_set_is_named_and_modest():
    """What a site begins with stands under a founding mandate: the rest is only on offer."""
    assert tuple(rule.name for rule in starter_rules()) == STARTER
    assert set(STARTER) < set(RULES)
    assert len(STARTER) <= 10


def test_a_rule_knows_its_pack():
    assert pack_of("sos") is PACKS[0]
    assert pack_of("kitchen-by-ten") is None


# -- examples


@each_rule
def test_a_rule_does_what_its_examples_say(name):
    for example in RULES[name].examples:
        outcome = run_example(RULES[name], example)
        assert outcome.passed, (example.name, outcome.expected, outcome.got, outcome.seen)


@each_rule
def test_the_examples_show_every_side_of_a_rule(name):
    examples = RULES[name].examples
    assert {example.kind for example in examples} == KINDS
    assert len({example.name for example in examples}) == len(examples)
    for example in examples:
        kinds = {line.rpartition(" ")[2] for line in example.expect}
        if example.kind in {"fires", "clears"}:
            assert "onset" in kinds, example.name
        if example.kind == "clears":
            assert "end" in kinds, example.name
        if example.kind == "quiet":
            assert not kinds, example.name


@each_rule
def test_the_examples_hold_every_number_of_a_rule_on_both_sides(name):
    """A limit that was one step higher or lower would be another rule: an example says so."""
    rule = RULES[name]
    for parameter in rule.parameters.values():
        for step in (-parameter.step, parameter.step):
            value = parameter.default + step
            if parameter.low <= value <= parameter.high:
                told = any(_differs(rule, e, parameter.name, value) for e in rule.examples)
                assert told, f"{parameter.name} {parameter.write(value)}: no example tells"


def _differs(rule: Rule, example: Example, name: str, value: Decimal) -> bool:
    if name in example.parameters:
        return False
    given = {**example.parameters, name: rule.parameters[name].write(value)}
    return not run_example(rule, replace(example, parameters=given)).passed


# -- no rule is another


@cache
def _passes(other: str, name: str, index: int) -> bool:
    """Whether another rule tells this example of a rule as well; the same values where it can."""
    example = RULES[name].examples[index]
    known = {n: t for n, t in example.parameters.items() if n in RULES[other].parameters}
    try:
        return run_example(RULES[other], replace(example, parameters=known)).passed
    except ValueError:
        return False


@each_rule
def test_a_rule_has_an_example_that_no_other_rule_tells(name):
    """Else it is redundant, or its examples do not say what it is there for."""
    others = [other for other in RULES if other != name and _fits(other, name)]
    told = {
        example.name: [other for other in others if _passes(other, name, index)]
        for index, example in enumerate(RULES[name].examples)
        if any(line.endswith("onset") for line in example.expect)
    }
    assert not all(told.values()), f"{name} is redundant: {told}"


def _fits(other: str, name: str) -> bool:
    """They look at a signal in common, so that one could stand for the other."""
    ours, theirs = ({ref.signal for ref in RULES[n].uses} for n in (name, other))
    return bool(ours & theirs)


# -- what a person needs


@each_rule
def test_a_rule_says_why_for_whom_and_what_to_do(name):
    rule = RULES[name]
    assert len(rule.why) > 60
    assert len(rule.not_for) > 20
    assert len(rule.source) >= len("Starting point for co-design")
    assert 2 <= len(rule.guidance) <= 5
    for line in rule.guidance:
        assert line[-1] in ".?", line
        assert len(line) <= 110, line
    for parameter in rule.parameters.values():
        assert parameter.low < parameter.high
        assert parameter.label[:1].isupper(), parameter.label


@each_rule
def test_a_rule_is_said_in_a_sentence(name):
    text = render(sentence(RULES[name], {}), "en")
    assert text.endswith(".")
    assert len(text) > 10
    assert "$" not in text
    assert "{" not in text


# -- what it costs, and that every setting runs


def _settings(rule: Rule) -> Iterator[dict[str, Decimal]]:
    yield {}
    for parameter in rule.parameters.values():
        yield {parameter.name: parameter.low}
        yield {parameter.name: parameter.high}


@each_rule
@pytest.mark.parametrize("zone", ZONES)
def test_every_end_of_every_range_can_be_planned(name, zone):
    rule = RULES[name]
    for setting in _settings(rule):
        made = plan(rule, setting, zone)
        assert made.lookback_ms <= rule.lookback_ms


def test_rules_need_little_memory_for_a_resident():
    """With whatever may be set; nobody runs the whole library, and even that would be little."""
    needed = {name: memory(rule).state_bytes for name, rule in RULES.items()}
    assert {name: bytes_ for name, bytes_ in needed.items() if bytes_ > MOST_BYTES} == {}
    assert sum(needed.values()) <= 1024 * KIB


KIB = 1024
MOST_BYTES = 96 * KIB


@each_rule
def test_a_rule_stands_at_the_door(name):
    """What is looked for in a rule that people bring is looked for in ours."""
    assert check(RULES[name]) == ()


@each_rule
def test_a_rule_survives_its_own_text(name):
    rule = RULES[name]
    again = parse_rule(rule.text, "again.yaml")
    assert (again.version, again.uses, again.lookback_ms) == (
        rule.version,
        rule.uses,
        rule.lookback_ms,
    )


# -- few alerts


def test_what_a_rule_yields_to_is_there_and_broader():
    """Others of the library, never in a circle, none less urgent; or a kind of technical alert."""
    order = ("now", "soon", "today")
    for rule in RULES.values():
        for name in set(rule.yields_to) - set(KINDS_OF_TECHNICAL):
            assert name in RULES, (rule.name, name)
            assert order.index(RULES[name].priority) <= order.index(rule.priority), rule.name
    for one, other in combinations(RULES, 2):
        assert not (other in RULES[one].yields_to and one in RULES[other].yields_to)


def test_the_mix_of_priorities_is_not_all_alarms():
    """EEMUA 191 asks for few of the highest: of what is not an event itself, a third at most."""
    measured = [
        rule
        for rule in RULES.values()
        if not all(CATALOGUE[ref.signal].kind == "event" for ref in rule.uses)
    ]
    assert sum(rule.priority == "now" for rule in measured) <= len(measured) / 3


@each_rule
def test_a_rule_that_can_nag_all_day_is_told_once_a_day(name):
    """What is told today can wait: it never comes twice on one day."""
    rule = RULES[name]
    if rule.priority == "today" and not rule.absence:
        assert rule.at_most_ms is not None
        assert rule.at_most_ms >= 20 * 3_600_000
