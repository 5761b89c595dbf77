"""A score counts what was told against what was planted, and detection never sees the latter."""

from dataclasses import fields, replace

import numpy as np
import pytest

from reviews.detecting import Chosen, Detector, Lived, Rulebook, Told
from reviews.score import Wish, courses, play, run
from reviews.scoring import DAY, OfHome, Planted, difference, judge, plain, score
from rules.compiled import Backtest
from rules.packs import library_rules

HOUR = 3_600_000
START = 1_780_272_000_000  # midnight in Reykjavik
RULES = {rule.name: rule for rule in library_rules()}
HELP = Planted("fall", "anna", START + 10 * HOUR, START + 14 * HOUR, "now", frozenset({"fall"}))


def told(at: int, rule="fall", subject="resident:anna", priority="now", signal="fall", end=None):
    return Told(rule, priority, frozenset({signal}), subject, at, end)


def judged(*alerts: Told, planted=(HELP,), calm=None) -> OfHome:
    return judge(("x", 1), START, "home-1", "Atlantic/Reykjavik", 3.0, 40, alerts, planted, calm)


def book(*names: str) -> Rulebook:
    return Rulebook("mine", tuple(Chosen(RULES[name], {}) for name in names))


def course(name: str):
    return next(one for one in courses() if one.name == name)


def test_told_while_it_goes_on_is_noticed_and_the_first_word_counts() -> None:
    home = judged(told(START + 11 * HOUR), told(START + 12 * HOUR))
    (found,) = home.found
    assert (found.delay_ms, home.alerts, dict(home.false)) == (HOUR, 2, {})


@pytest.mark.parametrize(
    "alert",
    [
        told(START + 15 * HOUR),
        told(START + 9 * HOUR, end=START + 9 * HOUR + 1),
        told(START + 11 * HOUR, subject="resident:bjorn"),
        told(START + 11 * HOUR, signal="glucose"),
    ],
)
def test_too_late_too_early_of_somebody_else_or_of_something_else_is_no_notice(alert) -> None:
    assert judged(alert).found[0].delay_ms is None


def test_an_alert_that_stands_open_when_it_begins_has_told_somebody() -> None:
    assert judged(told(START + 9 * HOUR, end=START + 12 * HOUR)).found[0].delay_ms == 0


def test_what_touches_nothing_is_false_and_what_wakes_is_counted() -> None:
    home = judged(told(START + 2 * HOUR, "spo2-low", signal="spo2"), told(START + 11 * HOUR))
    assert dict(home.false) == {"spo2-low": 1}
    assert (home.nights, home.journeys, home.minutes) == (1, 2, 160)


def test_of_a_change_without_hurry_a_word_today_is_fine_and_a_call_at_once_is_not() -> None:
    grief = HELP._replace(how_soon="no-hurry")
    assert judged(planted=(grief,)).found == ()
    assert not judged(told(START + 11 * HOUR, priority="today"), planted=(grief,)).false
    assert judged(told(START + 11 * HOUR), planted=(grief,)).false


def test_chance_is_what_the_calm_home_would_have_told_too() -> None:
    home = judged(told(START + 11 * HOUR), calm=[told(START + 13 * HOUR)])
    assert (score([home]).chance.value, score([home]).beyond.value) == (1, 0)
    assert score([judged(told(START + 11 * HOUR), calm=[])]).chance.value == 0


def test_figures_and_their_intervals() -> None:
    good, bad = judged(told(START + 11 * HOUR)), judged(told(START, "spo2-low", signal="spo2"))
    many = score([good, bad] * 10)
    assert (many.sensitivity.value, many.false.value, many.days) == (0.5, 5.0, 60)
    assert 0.2 < many.sensitivity.low < 0.5 < many.sensitivity.high < 0.8
    few = score([good, bad] * 3)
    assert few.sensitivity.high - few.sensitivity.low > many.sensitivity.high - many.sensitivity.low
    assert plain(many) == plain(score([good, bad] * 10))
    less = difference([bad] * 5, [good] * 5)
    assert (less["sensitivity"].value, less["sensitivity"].low) == (1, 1)
    assert score([judged(planted=())]).sensitivity.value is None


def small(name: str, **words) -> Wish:
    return Wish((course(name),), (1,), 2, 3, 2, **words)


def test_a_fall_is_told_at_once_by_the_rule_of_it_and_by_no_other() -> None:
    with_it, without = run([book("fall"), book("sos")], small("fall-with-detector"), None)
    assert [home.found[0].delay_ms for home in with_it] == [0, 0]
    assert [home.found[0].delay_ms for home in without] == [None, None]


def test_the_watchdog_stands_beside_every_rulebook() -> None:
    (homes,) = run([book("sos")], small("power-cut"), None)
    assert homes
    assert all(home.found[0].delay_ms is not None for home in homes)


def test_one_person_of_two_is_told_of_and_not_the_other() -> None:
    one = next(play(course("couple-one-falls"), 1, small("couple-one-falls")))
    alerts = Detector(Backtest(None)).told(book("fall"), one.lived)
    assert {alert.subject for alert in alerts} == {f"resident:{one.lived.residents[0]}"}


def test_what_detects_is_handed_nothing_of_what_was_planted() -> None:
    """The same readings with another truth, or none, give the same alerts."""
    name = "wandering-at-night"
    one = next(play(course(name), 1, small(name)))
    bare = next(play(replace(course(name), truths=()), 1, small(name)))
    assert not bare.planted
    names = {field.name for field in fields(Lived)}
    assert not names & {"planted", "truth", "situation", "scenario"}
    for mine, other in zip(one.lived.sealed.channels, bare.lived.sealed.channels, strict=True):
        assert np.array_equal(mine.at, other.at)
        assert np.array_equal(mine.x, other.x)
    detector = Detector(Backtest(None))
    rules = book("outer-door-open-at-night", "gone-out-at-night")
    assert detector.told(rules, one.lived) == detector.told(rules, bare.lived)


def test_ordinary_days_before_it_are_counted_and_the_day_after() -> None:
    one = next(play(course("smoke-in-the-kitchen"), 1, small("smoke-in-the-kitchen")))
    assert (one.lived.end - one.lived.start) / DAY == pytest.approx(2 + 2 + 1, abs=0.1)
