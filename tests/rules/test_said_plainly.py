"""What a reader must not have to guess: where a "not" ends, what else would turn a Yes, and why an
example about holidays fails.
"""

import pytest

from gateway.texts.phrases import render
from rules.checks.admission import admitted
from rules.checks.examples import NO_CALENDAR, run_examples
from rules.errors import RuleRefused
from rules.file.language import parse_rule
from rules.sentences.sentence import sentence
from rules.why.search import each_way
from tests.rules.stories import rule

OPEN = "{is: {signal: door@outer, state: open}}"
AWAY = "{named: {name: away, place: outer, minutes: 20 min}}"
WRITTEN = (
    "{then_no: {first: {is: {signal: door@outer, state: open}}, signal: motion,"
    " within: 20 min, keep: 24 h}}"
)
HOLIDAY = """
rule: quiet-holiday
title: Quiet on a holiday
subject: home
priority: today
audience: [carer]
why: Nobody came on a day on which somebody should.
source: A test
not_for: Anybody
guidance: [Phone her.]
when:
  all:
    - holiday: today
    - above: {value: spo2, limit: 90 %}
examples:
  - name: Saint Patrick's day
    kind: fires
    day: 2026-03-17
    readings: ["10:00 spo2 95"]
    expect: ["10:00 onset"]
    until: "10:10"
  - name: the day after
    kind: quiet
    day: 2026-03-18
    readings: ["10:00 spo2 95"]
    expect: []
    until: "11:00"
"""


@pytest.mark.parametrize("condition", [AWAY, WRITTEN])
def test_a_not_has_its_brackets_whether_named_or_written_out(condition):
    made = rule(f"when: {{all: [{{not: {condition}}}, {OPEN}]}}\n")
    said = render(sentence(made, {}), "en")
    assert said.startswith("It is not so that (")
    assert ") and " in said


def test_a_clause_by_name_needs_none():
    made = rule(f"when: {{all: [{{not: {{named: {{name: in_bed}}}}}}, {OPEN}]}}\n")
    assert "(" not in render(sentence(made, {}), "en").replace("door (outer)", "")


def test_what_turns_an_answer_is_found_in_both_directions():
    assert each_way(5, lambda x: not 0 <= x <= 7) == [8, -1]
    assert each_way(5, lambda x: x > 7, high=6) == []
    assert each_way(5, lambda x: x > 7) == [8]


def test_an_example_that_fails_for_want_of_a_calendar_says_so():
    made = parse_rule(HOLIDAY, "quiet-holiday.yaml")
    first, second = run_examples(made)
    assert (first.passed, first.remark) == (False, NO_CALENDAR)
    assert (second.passed, second.remark) == (True, "")
    with pytest.raises(RuleRefused, match="names no calendar"):
        admitted(HOLIDAY)
    whole = HOLIDAY.replace("    day: 2026", "    holidays: IE\n    day: 2026")
    assert [one.passed for one in run_examples(parse_rule(whole, "x"))] == [True, True]
