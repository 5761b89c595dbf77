"""A wrong rule file is refused with file, line, key, what is allowed and the nearest word."""

import pickle
from dataclasses import replace
from decimal import Decimal

import pytest

from rules.checks.examples import run_example
from rules.errors import RuleRefused, ValueOutOfRange
from rules.file.language import Example, parse_rule
from rules.plan import plan
from tests.rules.stories import HEAD, ZONE, rule, starter

LIMIT = "parameters: {limit: {label: l, default: 92 %, low: 80 %, high: 95 %, step: 1 %}}\n"

WRONG = {
    "not a mapping": ("- a\n- b\n", "line 1", "mapping of keys"),
    "nothing": ("", "line 1", "empty"),
    "no YAML": (HEAD + "when: [unclosed\n", "line 10", "not YAML"),
    "unknown key": (HEAD + "titel: x\nwhen: {event: {signal: sos}}\n", "line 9", "'title'"),
    "twice": (HEAD + "title: b\nwhen: {event: {signal: sos}}\n", "line 9", "twice"),
    "missing key": ("rule: x\n", "line 1", "it is missing"),
    "unknown word": (HEAD + "when:\n  abov: {value: spo2, limit: 1 %}\n", "line 10", "'above'"),
    "two words": (HEAD + "when: {event: {signal: sos}, not: {}}\n", "line 9", "one word"),
    "text": (HEAD + "when: __import__('os')\n", "line 9", "one word"),
    "unknown signal": (
        HEAD + "when: {below: {value: sp02, limit: 92 %}}\n", "line 9", "'spo2'",
    ),
    "unknown key inside": (
        HEAD + "when:\n  below:\n    value: spo2\n    limit: 92 %\n    backby: 2 %\n",
        "line 13",
        "'back_by'",
    ),
    "kg with mmHg": (
        HEAD + "when: {above: {value: body_weight, limit: 9 mmHg}}\n", "line 9", "does not measure",
    ),
    "implausible": (HEAD + "when: {above: {value: spo2, limit: 300 %}}\n", "line 9", "plausibly"),
    "range outside": (
        HEAD + LIMIT.replace("80 %", "20 %") + "when: {below: {value: spo2, limit: $limit}}\n",
        "line 10",
        "plausibly",
    ),
    "unknown parameter": (
        HEAD + LIMIT + "when: {below: {value: spo2, limit: $limt}}\n", "line 10", "'limit'",
    ),
    "unused parameter": (HEAD + LIMIT + "when: {event: {signal: sos}}\n", "line 9", "nowhere"),
    "mixed units": (
        HEAD + LIMIT.replace("95 %", "0.95") + "when: {below: {value: spo2, limit: $limit}}\n",
        "line 9",
        "one unit",
    ),
    "off the step": (
        HEAD + LIMIT.replace("92 %", "92.5 %") + "when: {below: {value: spo2, limit: $limit}}\n",
        "line 9",
        "steps",
    ),
    "event as a number": (
        HEAD + "when: {above: {value: motion, limit: 1}}\n", "line 9", "it has no value",
    ),
    "number as an event": (HEAD + "when: {event: {signal: spo2}}\n", "line 9", "is no event"),
    "state as a number": (
        HEAD + "when: {above: {value: door, limit: 1}}\n", "line 9", "not a number",
    ),
    "wrong state": (
        HEAD + "when: {is: {signal: door, state: opened}}\n", "line 9", "'open'",
    ),
    "number as a condition": (
        HEAD + "when: {rise: {signal: body_weight, within: 3 d}}\n", "line 9", "no condition",
    ),
    "condition as a number": (
        HEAD + "when: {above: {value: {event: {signal: sos}}, limit: 1 kg}}\n",
        "line 9",
        "no number",
    ),
    "no length": (
        HEAD + "when: {lasting: {for: 5 kg, condition: {event: {signal: sos}}}}\n",
        "line 9",
        "length of time",
    ),
    "too long": (
        HEAD + "when: {rise: {signal: body_weight, within: 36 d}}\n", "line 9", "35 d,",
    ),
    "no time of day": (
        HEAD + "when: {time_between: {from: 10 min, until: '06:00'}}\n", "line 9", "time of day",
    ),
    "same times": (
        HEAD + "when: {time_between: {from: 06:00, until: 06:00}}\n", "line 9", "same time",
    ),
    "no day": (
        HEAD + "when: {time_between: {from: 06:00, until: 07:00, days: [monday]}}\n",
        "line 9",
        "'mon'",
    ),
    "empty list": (HEAD + "when: {all: []}\n", "line 9", "at least one"),
    "memory alone": (
        HEAD + "when: {above: {value: spo2, limit: 90 %, memory: 1 h}}\n", "line 9", "back_by",
    ),
    "urgent by time": (
        HEAD + "urgent: true\nwhen: {below: {value: spo2, limit: 92 %}}\n", "line 9", "urgent",
    ),
    "priority": (
        HEAD.replace("soon", "later") + "when: {event: {signal: sos}}\n", "line 3", "'soon'",
    ),
    "anchor": (HEAD + "when: &a {event: {signal: sos}}\n", "line 9", "anchors"),
    "tag": (HEAD + "when: !!python/object/apply:os.system [ls]\n", "line 9", "one word"),
    "a thousand deep": (HEAD + "when: " + "{not: " * 1000 + "x" + "}" * 1000, "line 9", "deeper"),
    "too many": (
        HEAD + "when: {all: [" + "{event: {signal: sos}}," * 300 + "]}\n", "line 9", "200",
    ),
    "too large": (HEAD + "# " + "x" * 200_001, "line 1", "bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_with_its_line_and_a_hint(name):
    text, line, hint = WRONG[name]
    with pytest.raises(RuleRefused) as caught:
        parse_rule(text, "trial.yaml")
    said = str(caught.value)
    assert f"trial.yaml, {line}," in said, said
    assert hint in said, said


def test_times_of_day_need_no_quotes():
    tree = rule("when: {time_between: {from: 22:00, until: 6:30}}\n").tree
    assert [str(argument.value) for argument in tree.arguments] == ["22:00", "06:30"]


def test_the_version_is_the_meaning_and_nothing_else():
    first = starter("spo2-low")
    reworded = parse_rule(first.text.replace("Phone first.", "Call first."), "spo2-low.yaml")
    respaced = parse_rule("# a remark\n" + first.text + "\n\n", "other.yaml")
    stricter = parse_rule(first.text.replace("default: 92 %", "default: 91 %"), "spo2-low.yaml")
    wider = parse_rule(first.text.replace("low: 80 %", "low: 75 %"), "spo2-low.yaml")
    assert reworded.version == respaced.version == first.version
    assert len({first.version, stricter.version, wider.version}) == 3


def test_a_new_operator_version_is_a_new_rule_version():
    first = starter("sos")
    node = replace(first.tree, operator=replace(first.tree.operator, version=2))
    assert node.canonical() != first.tree.canonical()


def test_what_a_rule_reads_and_how_far_it_looks_back():
    morning = starter("no-movement-by-ten")
    assert {str(ref) for ref in morning.uses} == {"motion", "coverage@motion"}
    assert morning.absence
    assert not morning.momentary
    assert starter("sos").momentary
    weight = starter("weight-up")
    assert weight.lookback_ms == 14 * 86_400_000  # twice the longest window that may be set


@pytest.mark.parametrize(
    ("body", "covered"),
    [
        ("none_for: {signal: motion, for: 4 h}", {"motion"}),
        ("none_for: {signal: motion@kitchen, for: 4 h}", {"motion@kitchen"}),
        ('none_between: {signal: motion@hall, from: "07:00", until: "10:00"}', {"motion@hall"}),
        ("not: {named: {name: seen_in, place: hall}}", {"motion@hall"}),
        ("is: {signal: coverage@motion@kitchen, state: dark}", {"motion@kitchen"}),
        (
            (
                "above: {value: {transitions: {signal: motion, places: [hall, kitchen], "
                "within: 2 h}}, limit: 3}"
            ),
            {"motion@hall", "motion@kitchen"},
        ),
    ],
)
def test_an_absence_at_a_place_rests_on_the_coverage_of_that_place(body, covered):
    uses = parse_rule(f"{HEAD}when: {{{body}}}\n", "trial.yaml").uses
    assert {ref.place for ref in uses if ref.signal == "coverage"} == covered


@pytest.mark.parametrize(
    ("signal", "problem"),
    [
        ("coverage", "it does not say of what"),
        ("coverage@moton", "Did you mean 'motion'"),
        ("coverage@motion@Kitchen", "is no place"),
        ("coverage@tick", "no device reports tick"),
    ],
)
def test_coverage_of_nothing_is_refused(signal, problem):
    with pytest.raises(RuleRefused, match=problem):
        parse_rule(f"{HEAD}when: {{is: {{signal: {signal}, state: dark}}}}\n", "trial.yaml")


def test_parameters_are_read_and_written_as_people_do():
    rise = starter("weight-up").parameters["rise"]
    assert rise.read("2,5") == rise.read("2.5 kg") == Decimal("2.5")
    by = starter("no-movement-by-ten").parameters["by"]
    assert by.read("10:30") == 630
    assert by.write(Decimal(630)) == "10:30"
    assert by.unit == "clock"


@pytest.mark.parametrize("text", ["9 kg", "2.55 kg", "2 mmHg", "a lot", "", "NaN", "1e999"])
def test_a_value_outside_its_range_or_steps_is_refused(text):
    rise = starter("weight-up").parameters["rise"]
    with pytest.raises(ValueOutOfRange, match=r"Allowed: 1 kg to 4 kg in steps of 0\.1 kg"):
        rise.read(text)


def test_a_time_of_day_takes_no_plain_number():
    with pytest.raises(ValueOutOfRange, match="08:15 to 12:00 in steps of 15 min"):
        starter("no-movement-by-ten").parameters["by"].read("10")


def test_values_of_unknown_parameters_are_refused():
    with pytest.raises(ValueOutOfRange, match="Did you mean 'limit'"):
        starter("spo2-low").values({"limt": Decimal(90)})


def test_a_difference_is_converted_as_a_difference():
    warm = rule("when: {above: {value: body_temperature, limit: 38 Cel, back_by: 1.8 °F}}\n")
    made = plan(warm, {}, ZONE)
    assert made.steps[made.root].p[:2] == [380, 370]


def test_equal_subtrees_are_one_step():
    made = plan(starter("blood-pressure-out-of-range"), {}, ZONE)
    words = [step.operator.word for step in made.steps]
    assert words.count("latest") == 2
    assert words.count("any") == 1


def test_rules_and_plans_cross_process_borders():
    made = plan(starter("spo2-low"), {"limit": Decimal(90)}, ZONE)
    again = pickle.loads(pickle.dumps(made))
    assert again.rule.version == made.rule.version
    assert [step.identity for step in again.steps] == [step.identity for step in made.steps]


def test_a_failing_example_shows_what_every_node_saw():
    trial = starter("spo2-low")
    wrong = Example(
        "wrong", "fires", "Europe/Oslo", "2026-11-04", {}, ("09:00 spo2 87",), "10:00",
        ("09:03 onset",), 1,
    )  # fmt: skip
    outcome = run_example(trial, wrong)
    assert not outcome.passed
    assert outcome.got == ("09:05:00 onset", "09:15:00 unknown")
    assert [(seen.word, seen.answer) for seen in outcome.seen] == [
        ("latest", 87),
        ("below", 1),
        ("lasting", None),
    ]
    assert [e.x for e in outcome.seen[0].readings] == [87]


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("time", {"until": "noon"}),
        ("readings", {"readings": ("09:00 sp02 87",)}),
        ("readings", {"readings": ("09:00 spo2 many",)}),
        ("expect", {"expect": ("09:00 starts",)}),
        ("day", {"day": "yesterday"}),
        ("parameters", {"parameters": {"limits": "90 %"}}),
    ],
)
def test_a_wrong_example_is_refused(part, change):
    trial = starter("spo2-low")
    with pytest.raises(RuleRefused, match=part):
        run_example(trial, replace(trial.examples[0], **change))
