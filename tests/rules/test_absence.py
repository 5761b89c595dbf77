"""Absence is said only of what would have been heard, and to the millisecond."""

import pytest

from rules.engine.live import Engine
from rules.plan import plan
from tests.rules.stories import ANNA, HOUR, NOON, ZONE, Home, rule, starter


def test_absence_without_coverage_is_never_said():
    home = Home(starter("no-movement-by-ten"), start=NOON - 12 * HOUR)
    home.say(1, "motion", place="hall")
    assert home.until(14 * 60) == []  # nobody said that the sensors could be heard


def test_a_rule_of_absence_says_that_it_cannot_see():
    home = Home(starter("no-movement-by-ten"), start=NOON - 12 * HOUR)
    home.say(1, "coverage", 1, place="motion")
    home.say(7 * 60, "motion", place="hall")
    assert home.until(24 * 60) == []
    home.say(32 * 60, "coverage", 0, place="motion")
    assert home.until(33 * 60) == []  # it is not ten yet
    assert home.until(35 * 60) == [("unknown", 34 * 60)]
    assert home.engine.state_of("no-movement-by-ten") == (False, True)
    home.say(36 * 60, "motion", place="hall")
    assert home.until(37 * 60) == [("known", 36 * 60)]


@pytest.mark.parametrize(("ms", "counts"), [(-1, False), (0, True), (1, True)])
def test_movement_counts_from_the_first_millisecond_of_the_window(ms, counts):
    start = NOON - 12 * HOUR
    engine = Engine(ZONE, start)
    engine.enrol("k", "h", ANNA, plan(starter("no-movement-by-ten"), {}, ZONE), start)
    engine.feed(ANNA, "coverage", "motion", start + 1, 1, 1)
    engine.feed(ANNA, "motion", "hall", start + 6 * HOUR + ms, 1, 2)
    onsets = [c.at for c in engine.advance(start + 11 * HOUR) if c.kind == "onset"]
    assert onsets == ([] if counts else [start + 10 * HOUR])


@pytest.mark.parametrize(("ms", "seen"), [(0, True), (1, False)])
def test_coverage_must_hold_from_the_first_millisecond(ms, seen):
    start = NOON - 12 * HOUR
    engine = Engine(ZONE, start)
    engine.enrol("k", "h", ANNA, plan(starter("no-movement-by-ten"), {}, ZONE), start)
    engine.feed(ANNA, "coverage", "motion", start + 6 * HOUR + ms, 1, 1)
    onsets = [c.at for c in engine.advance(start + 11 * HOUR) if c.kind == "onset"]
    assert bool(onsets) is seen


@pytest.mark.parametrize(("ms", "seen"), [(-1, False), (0, True)])
def test_coverage_must_hold_to_the_last_millisecond(ms, seen):
    start = NOON - 12 * HOUR
    engine = Engine(ZONE, start)
    engine.enrol("k", "h", ANNA, plan(starter("no-movement-by-ten"), {}, ZONE), start)
    engine.feed(ANNA, "coverage", "motion", start + 1, 1, 1)
    engine.feed(ANNA, "coverage", "motion", start + 10 * HOUR + ms, 0, 2)
    onsets = [c.at for c in engine.advance(start + 11 * HOUR) if c.kind == "onset"]
    assert bool(onsets) is seen


AT_NIGHT = """
when:
  all:
    - time_between: {from: "22:00", until: "06:00"}
    - none_for: {signal: motion, for: 4 h}
"""


def test_where_nothing_was_ever_heard_no_night_says_that_it_cannot_see():
    """By day the whole is known to be false: that is no sight to be lost in the evening."""
    home = Home(rule(AT_NIGHT), start=NOON - 12 * HOUR)
    assert home.until(5 * 24 * 60) == []


def test_what_was_heard_once_is_missed_at_the_hours_of_the_rule():
    home = Home(rule(AT_NIGHT), start=NOON - 12 * HOUR)
    home.say(9 * 60, "coverage", 1, place="motion")
    home.say(10 * 60, "motion", place="hall")
    home.say(18 * 60, "coverage", 0, place="motion")
    assert home.until(3 * 24 * 60) == [
        ("unknown", 22 * 60),
        ("known", 30 * 60),
        ("unknown", 46 * 60),
        ("known", 54 * 60),
        ("unknown", 70 * 60),
    ]
