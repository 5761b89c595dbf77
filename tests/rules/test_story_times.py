"""The times of an example, as they are written where a person reads them."""

from rules.checks.examples import run_example
from rules.packs import starter_rules

DAY = 86_400_000


def test_a_day_before_the_first_is_minus_and_one_after_it_plus() -> None:
    rule = next(rule for rule in starter_rules() if rule.name == "spo2-low")
    story = run_example(rule, rule.examples[0]).story
    at = story.read("09:05")
    assert story.write(at) == "09:05:00"
    assert story.write(at + DAY) == "+1d 09:05:00"
    assert story.write(at - DAY) == "-1d 09:05:00"
