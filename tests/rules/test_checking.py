"""What a rule must not be, beyond its language: said with the line and a reason, before it runs."""

import pytest

from rules.checks.checking import check, checked_rule
from rules.engine.memory import memory
from rules.errors import RuleRefused
from rules.file.language import parse_rule
from rules.packs import library_rules
from tests.rules.stories import HEAD, rule

TIMES = "{from: $from, until: $until}"
RANGES = """\
parameters:
  from: {label: f, default: "22:00", low: "20:00", high: "23:00", step: 15 min}
  until: {label: u, default: "06:00", low: "05:00", high: "%s", step: 15 min}
"""
LIMITS = """\
parameters:
  low: {label: l, default: 55 /min, low: 40 /min, high: 90 /min, step: 1 /min}
  high: {label: h, default: 100 /min, low: 80 /min, high: 140 /min, step: 1 /min}
"""

WRONG = {
    "above the highest": (
        "when: {above: {value: spo2, limit: 100 %}}\n", "above can never be true",
    ),
    "above the highest, with a way back": (
        "when: {above: {value: spo2, limit: 100 %, back_by: 2 %}}\n", "above can never be true",
    ),
    "below the lowest": ("when: {below: {value: spo2, limit: 50 %}}\n", "below can never be true"),
    "all that there is": (
        "when: {between: {value: spo2, low: 50 %, high: 100 %}}\n", "between can never be false",
    ),
    "two sides at once": (
        ("when:\n  all:\n    - above: {value: pulse, limit: 100 /min}\n"
        "    - below: {value: pulse, limit: 60 /min}\n"),
        "all can never be true",
    ),
    "either side": (
        ("when:\n  any:\n    - above: {value: pulse, limit: 60 /min}\n"
        "    - below: {value: pulse, limit: 100 /min}\n"),
        "any can never be false",
    ),
    "open and closed": (
        ("when:\n  all:\n    - is: {signal: door@outer, state: open}\n"
        "    - is: {signal: door@outer, state: closed}\n"),
        "all can never be true",
    ),
    "open or closed": (
        ("when:\n  any:\n    - is: {signal: door@outer, state: open}\n"
        "    - is: {signal: door@outer, state: closed}\n"),
        "any can never be false",
    ),
    "day and night": (
        ("when:\n  all:\n    - time_between: {from: 22:00, until: 06:00}\n"
        "    - time_between: {from: 08:00, until: 20:00}\n"),
        "all can never be true",
    ),
    "weekday and weekend": (
        ("when:\n  all:\n    - time_between: {from: 22:00, until: 06:00, days: [mon]}\n"
        "    - time_between: {from: 22:00, until: 06:00, days: [wed]}\n"),
        "all can never be true",
    ),
    "day or night": (
        ("when:\n  any:\n    - time_between: {from: 06:00, until: 18:00}\n"
        "    - time_between: {from: 18:00, until: 06:00}\n"),
        "any can never be false",
    ),
    "not at all": (
        "when: {not: {between: {value: spo2, low: 50 %, high: 100 %}}}\n", "can never be false",
    ),
    "longer than the night": (
        ("when:\n  lasting:\n    for: 10 h\n    condition:\n      all:\n"
        "        - is: {signal: bed, state: empty}\n"
        "        - time_between: {from: 22:00, until: 06:00}\n"),
        "lasting can never be true",
    ),
    "longer than the value is known": (
        ("when:\n  lasting:\n    for: 2 d\n    condition:\n"
        "      above: {value: {latest: {signal: body_weight, max_age: 1 d}}, limit: 90 kg}\n"),
        "outlasts the value",
    ),
    "silence taken for absence": (
        "when: {not: {any: [{event: {signal: motion, keep: 4 h}}]}}\n", "not heard does not mean",
    ),
    "silence taken for few": (
        (
            "when:\n  below:\n    limit: 3\n    value:\n      times_true:\n        within: 24 h\n"
            "        condition: {event: {signal: motion@kitchen, keep: 15 min}}\n"
        ),
        "silence is taken for few",
    ),
    "the gateway's own": ("when: {none_for: {signal: tick, for: 1 h}}\n", "no coverage"),
    "ends that are one": (
        RANGES % "21:00" + f"when: {{time_between: {TIMES}}}\n", "contradict each other",
    ),
    "the highest of a range": (
        ("parameters: {limit: {label: l, default: 92 %, low: 80 %, high: 100 %, step: 1 %}}\n"
        "when: {above: {value: spo2, limit: $limit}}\n"),
        "can never be true with $limit at its highest, 100 %",
    ),
    "limits that cross": (
        LIMITS + "when: {between: {value: pulse, low: $low, high: $high}}\n",
        "low is above high",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_sense_is_refused_with_its_line_and_a_reason(name):
    body, reason = WRONG[name]
    text = HEAD + body
    with pytest.raises(RuleRefused) as caught:
        checked_rule(text, "trial.yaml")
    said = str(caught.value)
    assert reason in said, said
    line = int(said.split("line ")[1].split(",", maxsplit=1)[0])
    assert 9 <= line <= text.count("\n"), said


RIGHT = {
    "a way back": "when: {above: {value: spo2, limit: 99 %, back_by: 5 %}}\n",
    "two things": "when:\n  all:\n    - above: {value: pulse, limit: 100 /min}\n"
    "    - below: {value: spo2, limit: 90 %}\n",
    "two ages": "when:\n  all:\n"
    "    - above: {value: {latest: {signal: pulse, max_age: 1 h}}, limit: 100 /min}\n"
    "    - below: {value: {latest: {signal: pulse, max_age: 1 d}}, limit: 60 /min}\n",
    "an hour more in autumn": "when:\n  lasting:\n    for: 9 h\n    condition:\n"
    "      time_between: {from: 22:00, until: 06:00}\n",
    "neighbouring windows": "when:\n  lasting:\n    for: 12 h\n    condition:\n      any:\n"
    "        - time_between: {from: 22:00, until: 06:00}\n"
    "        - time_between: {from: 06:00, until: 14:00}\n",
    "an exception is no absence": "when:\n  unless:\n    condition: {event: {signal: fall}}\n"
    "    exception: {event: {signal: motion, keep: 5 min}}\n",
    "absence with coverage": "when: {not: {not: {none_for: {signal: motion, for: 4 h}}}}\n",
    "few, with coverage": "when:\n  below:\n    limit: 3\n"
    "    value: {count: {signal: motion, within: 9 h}}\n",
    "few visits": "when: {below: {value: {named: bathroom_visits}, limit: 3}}\n",
    "over midnight on Sunday": "when:\n  all:\n"
    "    - time_between: {from: 22:00, until: 06:00, days: [sun]}\n"
    "    - time_between: {from: 05:00, until: 07:00}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_what_makes_sense_is_left_alone(name):
    text = HEAD + RIGHT[name]
    assert checked_rule(text, "trial.yaml").version == parse_rule(text).version


def test_the_rules_that_ship_make_sense():
    for one in library_rules():
        assert not [found for found in check(one) if found.refused], one.name


def test_remarks_refuse_nothing():
    twice = rule(
        "when:\n  any:\n    - event: {signal: sos}\n    - event: {signal: sos}\n", urgent="true"
    )
    found = check(twice)
    assert not any(one.refused for one in found)
    assert [one.problem for one in found] == [
        "no example of this kind: fires, quiet, clears, boundary",
        "the same condition stands here twice",
    ]


def test_what_is_decided_already_is_read_even_if_it_would_be_refused_today():
    assert rule("when: {above: {value: spo2, limit: 100 %}}\n").version


def test_memory_is_what_the_states_hold_at_the_widest():
    narrow = rule(
        "when: {above: {value: {rise: {signal: body_weight, within: 2 d}}, limit: 2 kg}}\n"
    )
    needed = memory(narrow)
    assert needed.steps == 2
    assert needed.numbers > 3
    assert needed.state_bytes == 8 * needed.numbers
    assert max(needed.spans.values()) == 2 * 86_400_000
    twice = rule(
        "when:\n  any:\n    - below: {value: spo2, limit: 90 %}\n"
        "    - all: [{below: {value: spo2, limit: 90 %}}, {event: {signal: sos}}]\n"
    )
    assert memory(twice).steps == 5  # equal operators are one


def test_held_back_by_others_and_by_time():
    held = rule(
        "when: {none_for: {signal: motion, for: 4 h}}\n",
        at_most="24 h",
        yields_to="[wandering, hub-silent]",
    )
    assert held.at_most_ms == 86_400_000
    assert held.yields_to == ("hub-silent", "wandering")
    plain = rule("when: {none_for: {signal: motion, for: 4 h}}\n")
    assert plain.at_most_ms is None
    assert plain.yields_to == ()
    assert held.version != plain.version


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"at_most": "24 kg"}, "length of time"),
        ({"yields_to": "[trial]"}, "the rule itself"),
        ({"yields_to": "[No Name]"}, "pattern"),
        ({"urgent": "true", "at_most": "1 h"}, "at once"),
        ({"urgent": "true", "yields_to": "[others]"}, "at once"),
    ],
)
def test_what_cannot_be_held_back_is_refused(keys, reason):
    with pytest.raises(RuleRefused, match=reason):
        rule("when: {event: {signal: sos}}\n", **keys)
