"""Named expressions: read, checked, put in place, called by their title."""

import hashlib
import pickle
import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.texts.phrases import render
from rules.almanac import Almanac
from rules.checks.examples import run_named_example
from rules.errors import RuleRefused
from rules.file.maker import Maker
from rules.file.marked import load
from rules.file.named import NAMED, SHIPPED
from rules.file.naming import read_named
from rules.plan import plan
from rules.sentences.sentence import sentence
from rules.why.course import over
from tests.rules.stories import HEAD, ZONE, rule

EXAMPLES = "examples:\n  - {name: e, readings: [], expect: ['12:00 unknown']}\n"
LIMIT = "parameters: {n: {label: l, default: 6 h, low: 1 h, high: 24 h, step: 1 h}}\n"


def named(name, body, title="a title", inputs=""):
    return f"name: {name}\ntitle: {title}\nwhat: x\nsource: x\n{inputs}{body}{EXAMPLES}"


def chain(count):
    """Each uses the next."""
    texts = {
        f"n{i}.yaml": named(f"n{i}", f"truth: {{not: {{named: n{i + 1}}}}}\n") for i in range(count)
    }
    last = named(f"n{count}", "truth: {is: {signal: bed, state: empty}}\n")
    return {**texts, f"n{count}.yaml": last}


@pytest.mark.parametrize("name", list(NAMED))
def test_an_expression_says_what_its_examples_say(name):
    for example in NAMED[name].examples:
        outcome = run_named_example(NAMED[name], example)
        assert outcome.got == outcome.expected, (example.name, outcome.got)


@pytest.mark.parametrize("name", list(NAMED))
def test_every_expression_shows_a_known_and_an_unknown_side(name):
    said = {text.split()[-1] for one in NAMED[name].examples for text in one.expect}
    assert "unknown" in said or name == "time_out_of_bed_at_night"
    assert len(said) >= 2


def test_the_shipped_ones_are_there_under_their_names():
    assert [f"{name.replace('_', '-')}.yaml" for name in NAMED] == list(SHIPPED)
    assert {"time_in_bed", "out_of_bed_at_night", "room_transitions", "door_left_open"} <= set(
        NAMED
    )
    assert NAMED["time_in_bed"].is_number
    assert not NAMED["in_bed"].is_number


def test_a_wrong_expectation_fails_with_what_was_said():
    bed = NAMED["in_bed"]
    wrong = replace(bed.examples[0], expect=("21:59 true",))
    outcome = run_named_example(bed, wrong)
    assert (outcome.expected, outcome.got) == (("21:59:00 true",), ("21:59:00 false",))
    assert [seen.word for seen in outcome.seen] == ["latest", "is"]


def test_used_in_a_rule_it_is_the_same_as_written_out():
    used = rule("when: {named: in_bed}\n")
    written = rule("when: {is: {signal: bed, state: occupied}}\n")
    assert used.version == written.version
    assert used.tree.canonical() == written.tree.canonical()
    assert used.tree.line == 9


def test_equal_parts_of_two_uses_are_one_step():
    both = rule(
        "when:\n  any:\n    - all: [{named: in_bed}, {event: {signal: sos}}]\n"
        "    - above: {value: {named: time_in_bed}, limit: 12 h}\n"
    )
    made = plan(both, {}, ZONE)
    words = [step.operator.word for step in made.steps]
    assert words.count("latest") == words.count("is") == 1


def test_inputs_are_given_by_number_parameter_and_place():
    one = rule(
        LIMIT + "when:\n  above: {value: {named: {name: bathroom_visits, within: $n}}, limit: 3}\n"
    )
    assert one.lookback_ms >= 24 * 3_600_000
    door = rule("when: {named: {name: door_left_open, place: back, minutes: 5 min}}\n")
    assert {str(ref) for ref in door.uses} == {"door@back"}


def test_the_sentence_calls_it_by_its_title():
    one = rule(
        LIMIT + "when: {above: {value: {named: {name: time_in_bed, within: $n}}, limit: 5 h}}\n"
    )
    said = render(sentence(one, {}), "en").replace("\N{NO-BREAK SPACE}", " ")
    assert said == "Time in bed within 6 hours is above 5 hours."
    door = rule("when: {named: {name: door_left_open, place: fridge}}\n")
    said = render(sentence(door, {}), "en").replace("\N{NO-BREAK SPACE}", " ")
    assert said == "The door (fridge) has stood open for 10 minutes."


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("when: {named: time_in_bath}\n", "'time_in_bed'"),
        ("when: {named: time_in_bed}\n", "a number is no condition"),
        ("when: {above: {value: {named: in_bed}, limit: 1}}\n", "no number"),
        ("when: {above: {value: {named: time_in_bed}, limit: 1 kg}}\n", "length of time"),
        ("when: {named: {name: in_bed, within: 1 h}}\n", "no inputs"),
        ("when: {named: {name: door_left_open, minute: 5 min}}\n", "'minutes'"),
        ("when: {named: {name: door_left_open, minutes: 13 h}}\n", "1 min to 12 h"),
        ("when: {named: {name: door_left_open, minutes: 5 kg}}\n", "length of time"),
        ("when: {named: {name: door_left_open, minutes: a lot}}\n", "no quantity"),
        ("when: {named: {name: door_left_open, minutes: [5]}}\n", "write a number"),
        ("when: {named: {name: door_left_open, minutes: $m}}\n", "not among the parameters"),
        ("when: {named: {name: door_left_open, place: Outer Door}}\n", "no place"),
        ("when: {named: {name: door_left_open, place: $door}}\n", "no input that is a place"),
        ("when: {named: {within: 5 min}}\n", "write the name"),
        ("when: {named: [in_bed]}\n", "write the name"),
        ("when: {is: {signal: door@$place, state: open}}\n", "no input that is a place"),
    ],
)
def test_a_wrong_use_is_refused(body, hint):
    with pytest.raises(RuleRefused) as caught:
        rule(body)
    assert hint in str(caught.value), str(caught.value)
    assert ", line 9, when" in str(caught.value)


def test_a_parameter_that_can_leave_the_range_of_an_input_is_refused():
    wide = LIMIT.replace("low: 1 h", "low: 0.5 h").replace("step: 1 h", "step: 0.5 h")
    with pytest.raises(RuleRefused, match=r"0\.5 h is outside the range"):
        rule(
            wide + "when: {above: {value: {named: {name: time_in_bed, within: $n}}, limit: 5 h}}\n"
        )


def test_rings_are_refused_by_name():
    ring = {
        "a.yaml": named("a", "truth: {not: {named: b}}\n"),
        "b.yaml": named("b", "truth: {not: {named: c}}\n"),
        "c.yaml": named("c", "truth: {not: {named: a}}\n"),
    }
    with pytest.raises(RuleRefused, match="a uses b uses c uses a"):
        read_named(ring)
    with pytest.raises(RuleRefused, match="a uses a"):
        read_named({"a.yaml": named("a", "truth: {not: {named: a}}\n")})


def test_long_chains_are_refused_and_short_ones_are_not():
    assert read_named(chain(7))["n0"].depth == 8
    with pytest.raises(RuleRefused, match="more than 8 deep"):
        read_named(chain(1000))


def test_what_doubles_at_each_level_is_refused():
    texts = {
        f"n{i}.yaml": named(f"n{i}", f"truth: {{all: {[{'named': f'n{i + 1}'}] * 6}}}\n")
        for i in range(6)
    }
    texts["n6.yaml"] = named("n6", "truth: {is: {signal: bed, state: empty}}\n")
    with pytest.raises(RuleRefused, match="more than 200 conditions"):
        read_named(texts)


BED = "truth: {lasting: {for: $for, condition: {is: {signal: bed, state: empty}}}}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a\n", "mapping of keys"),
        (named("a", ""), "either truth or number"),
        (named("a", "truth: {named: b}\nnumber: spo2\n"), "either truth or number"),
        (named("a", "number: {is: {signal: bed, state: empty}}\n"), "no number"),
        (named("a", "truth: {latest: {signal: spo2}}\n"), "no condition"),
        (named("A-b", "number: spo2\n"), "pattern"),
        (named("a", "nummer: spo2\n"), "'number'"),
        (named("a", "number: spo2\n", title="over {within}"), "not there"),
        (named("a", "number: spo2\n", title="over {0.x}"), "not there"),
        (named("a", BED, inputs="inputs: {for: {label: l, default: 5 min}}\n"), "or a place"),
        (
            named(
                "a", BED, inputs="inputs: {for: {label: l, default: 5 min, low: 1 kg, high: 1 h}}\n"
            ),
            "one unit",
        ),
        (
            named(
                "a", BED, inputs="inputs: {for: {label: l, default: 5 min, low: 1 h, high: 2 h}}\n"
            ),
            "between low and high",
        ),
        (
            named(
                "a", BED, inputs="inputs: {for: {label: l, default: 5 kg, low: 1 kg, high: 9 kg}}\n"
            ),
            "length of time",
        ),
        (
            named(
                "a",
                "number: spo2\n",
                inputs="inputs: {x: {label: l, default: 1, low: 1, high: 1}}\n",
            ),
            "used nowhere",
        ),
    ],
)
def test_a_wrong_named_expression_is_refused(text, reason):
    with pytest.raises(RuleRefused) as caught:
        read_named({"a.yaml": text})
    assert reason in str(caught.value), str(caught.value)
    assert "a.yaml, line" in str(caught.value)


def test_one_name_in_two_files_is_refused():
    text = named("a", "number: spo2\n")
    with pytest.raises(RuleRefused, match=r"stands in a\.yaml as well"):
        read_named({"a.yaml": text, "b.yaml": text})


def test_its_course_over_a_day_is_computed_where_it_is_needed():
    made = NAMED["bathroom_visits"].plan(Almanac(ZONE))
    hour, start = 3_600_000, 1_762_214_400_000
    points = [("coverage", "motion@bathroom", start - 30 * hour, 1, 0)]
    points += [("motion", "bathroom", start + h * hour, 1, h) for h in (3, 9)]
    turns = over(made, points, start, start + 24 * hour)
    assert [(turn.at - start, turn.answer) for turn in turns] == [
        (0, 0), (3 * hour, 1), (9 * hour, 2),
    ]  # fmt: skip
    again = pickle.loads(pickle.dumps(made))
    assert [step.identity for step in again.steps] == [step.identity for step in made.steps]


def test_parameters_of_a_rule_are_not_mixed_up_with_inputs_of_the_same_name():
    texts = {
        "inner.yaml": named(
            "inner",
            "truth: {lasting: {for: $for, condition: {is: {signal: bed, state: empty}}}}\n",
            inputs="inputs: {for: {label: l, default: 5 min, low: 1 min, high: 1 h}}\n",
        ),
        "outer.yaml": named(
            "outer",
            "truth:\n  any:\n    - named: {name: inner, for: $long}\n"
            "    - named: {name: inner, for: $for}\n",
            inputs="inputs:\n  for: {label: l, default: 7 min, low: 1 min, high: 1 h}\n"
            "  long: {label: l, default: 30 min, low: 1 min, high: 1 h}\n",
        ),
    }
    known = read_named(texts)
    tree = known["outer"].tree
    assert [str(node.argument("for").value) for node in tree.children] == ["30 min", "7 min"]
    maker = Maker(load(HEAD, "trial.yaml"), {}, known)
    swapped = maker.root({"named": {"name": "outer", "for": "2 min", "long": "3 min"}}, "when")
    assert [str(node.argument("for").value) for node in swapped.children] == ["3 min", "2 min"]


MEANINGS = Path(__file__).with_name("named_meanings.txt")


def test_what_rules_rely_on_never_changes_its_meaning():
    """Rules that were decided on use them: a better one gets a new name, as an operator a version.

    One that no site runs yet may still change: write its new line.
    """
    kept = dict(line.split() for line in MEANINGS.read_text(encoding="utf-8").splitlines())
    now = {name: meaning(one.open_tree) for name, one in NAMED.items()}
    assert kept == now


def meaning(tree):
    """Without the versions of operators, which have their own rule."""
    plain = re.sub(r"/\d+\(", "(", tree.canonical())
    return hashlib.blake2b(plain.encode(), digest_size=6).hexdigest()
