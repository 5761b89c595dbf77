"""The live engine: watermark, urgent calls, changes of rules, restarts, what is unknown."""

import random

import pytest

from rules.engine.backtest import episodes, replay
from rules.engine.live import Engine
from rules.engine.snapshots import SnapshotRefused
from rules.errors import PointRefused, ValueOutOfRange
from rules.packs import starter_rules
from rules.plan import plan
from tests.rules.stories import ANNA, DAY, HOUR, MINUTE, NOON, ZONE, Home, rule, starter

LOW = "when: {below: {value: spo2, limit: 92 %}}\n"


def test_nothing_is_said_before_the_watermark_has_passed():
    home = Home(rule(LOW))
    home.say(1, "spo2", 85)
    assert home.until(0.9) == []
    assert home.until(1) == [("onset", 1)]


def test_the_order_of_arrival_does_not_matter_before_the_watermark():
    home = Home(rule(LOW))
    home.say(3, "spo2", 97)
    home.say(1, "spo2", 85)
    assert home.until(5) == [("onset", 1), ("end", 3)]


def test_a_late_reading_is_refused_and_changes_nothing():
    home = Home(rule(LOW))
    home.until(10)
    assert home.say(10, "spo2", 85) is False
    assert home.until(20) == []
    assert home.say(20.1, "spo2", 85) is True


def test_a_new_systolic_with_an_old_diastolic_makes_no_blink():
    tree = "when: {all: [{above: {value: systolic, limit: 150 mmHg}},"
    tree += " {above: {value: diastolic, limit: 90 mmHg}}]}\n"
    home = Home(rule(tree))
    home.say(1, "systolic", 160)
    home.say(1, "diastolic", 80)
    home.say(9, "diastolic", 95)  # both at once: the pair is never seen half
    home.say(9, "systolic", 140)
    assert home.until(60) == []


def test_an_sos_is_told_at_once_and_once():
    home = Home(starter("sos"))
    assert home.press(1) == [("onset", 1)]
    assert home.until(2) == []
    assert home.until(90) == [("end", 61)]


def test_a_second_press_is_a_new_occurrence():
    home = Home(starter("sos"))
    home.press(1)
    assert home.press(2) == [("end", 2), ("onset", 2)]
    assert home.until(3) == []


def test_a_press_that_comes_late_is_told_with_its_own_time():
    """A fall that was buffered since ten past three may still be a person on the floor."""
    home = Home(starter("sos"))
    home.until(230)
    assert home.press(0.5) == [("onset", 0.5)]
    assert home.press(0.7) == [("end", 0.7), ("onset", 0.7)]
    evidence = home.engine.advance(NOON + 5 * HOUR)
    assert [c.kind for c in evidence] == ["end"]


def test_an_urgent_press_is_seen_in_order_by_rules_that_are_not_urgent():
    slow = rule("when: {lasting: {for: 2 min, condition: {event: {signal: sos, keep: 10 min}}}}\n")
    home = Home(starter("sos"), slow)
    assert home.press(1) == [("onset", 1)]
    assert home.until(4) == [("onset", 3)]


def test_presses_on_the_ordinary_topic_are_told_when_the_watermark_passes():
    home = Home(starter("sos"))
    home.say(1, "sos")
    assert home.until(2) == [("onset", 1)]


def test_an_open_episode_is_held_while_nothing_is_measured():
    home = Home(rule(LOW))
    home.say(1, "spo2", 85)
    assert home.until(10) == [("onset", 1)]
    assert home.until(30) == [("unknown", 16)]
    assert home.engine.state_of("trial") == (True, True)
    home.say(40, "spo2", 86)
    assert home.until(41) == [("known", 40)]
    home.say(42, "spo2", 98)
    assert home.until(43) == [("end", 42)]


def test_a_spot_measurement_that_ages_is_no_news_while_all_is_well():
    home = Home(rule(LOW))
    home.say(1, "spo2", 97)
    assert home.until(60) == []


def test_clear_when_holds_an_episode_open_until_it_is_true():
    home = Home(rule(LOW + "clear_when: {lasting: {for: 5 min, condition: "
                     "{above: {value: spo2, limit: 94 %}}}}\n"))  # fmt: skip
    for minute, x in ((1, 85), (2, 93), (3, 91), (4, 96), (20, 96)):
        home.say(minute, "spo2", x)
    assert home.until(30) == [("onset", 1), ("end", 9)]


def test_a_changed_number_keeps_what_it_does_not_touch_and_raises_nothing_anew():
    trial = starter("spo2-low")
    home = Home(trial)
    home.say(1, "spo2", 85)
    assert home.until(7) == [("onset", 6)]
    home.enrol(trial, minute=8, limit=90, history=[("spo2", None, 1, 85)])
    assert home.until(9) == []
    assert home.engine.state_of("spo2-low") == (True, False)
    home.say(10, "spo2", 93)
    assert home.until(11) == [("end", 10)]


def test_a_changed_number_without_a_past_holds_what_is_open():
    trial = starter("spo2-low")
    home = Home(trial)
    home.say(1, "spo2", 85)
    assert home.until(7) == [("onset", 6)]
    home.enrol(trial, minute=8, limit=90)
    assert home.until(14) == [("unknown", 8), ("known", 13)]
    assert home.engine.state_of("spo2-low") == (True, False)


def test_a_changed_number_takes_effect_at_its_instant():
    home = Home(rule("parameters: {limit: {label: l, default: 92 %, low: 80 %, high: 95 %}}\n"
                     "when: {below: {value: spo2, limit: $limit}}\n"))  # fmt: skip
    trial = home.plans["trial"].rule
    home.say(1, "spo2", 93)
    home.enrol(trial, minute=5, limit=94)
    assert home.until(4) == []
    assert home.until(6) == [("onset", 5)]


def test_a_rule_that_goes_live_knows_the_past_without_telling_it():
    home = Home()
    home.until(10)
    home.enrol(starter("weight-up"), minute=10, history=[("body_weight", None, -1440, 700)])
    assert home.until(11) == []
    home.say(12, "body_weight", 725)
    assert home.until(13) == [("onset", 12)]
    home.enrol(starter("sos"), minute=13, history=[("sos", None, 12, 1)])
    assert home.until(14) == []  # a press before it went live is no news


def test_what_is_true_when_a_rule_goes_live_begins_then():
    home = Home()
    home.until(10)
    home.enrol(rule(LOW), minute=10, history=[("spo2", None, 3, 85)])
    assert home.until(11) == [("onset", 10)]


def test_a_withdrawn_rule_says_no_more():
    home = Home(rule(LOW), starter("sos"))
    home.say(1, "spo2", 85)
    home.engine.withdraw("trial")
    assert home.until(10) == []
    assert home.engine.keys() == ("sos",)
    assert home.engine.state_of("trial") is None
    assert home.press(11) == [("onset", 11)]


def test_a_restart_keeps_time_states_buffers_and_open_episodes():
    home = Home(*starter_rules())
    home.say(1, "spo2", 85)
    home.say(8, "spo2", 98)
    assert home.until(6) == [("onset", 6)]
    home.press(7)
    home.restart()
    assert home.engine.state_of("spo2-low") == (True, False)
    assert home.until(9) == [("end", 8)]
    assert home.engine.subjects("sos") == ("home", ANNA)


def test_a_restart_with_a_changed_rule_keeps_what_equal_parts_know():
    trial = starter("spo2-low")
    home = Home(trial)
    home.say(1, "spo2", 85)
    home.until(7)
    home.restart(**{"spo2-low": plan(trial, {"limit": trial.parameters["limit"].low}, ZONE)})
    assert home.engine.state_of("spo2-low")[0] is True
    assert home.until(9) == [("end", 7)]  # 85 is not below 80


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x00" * 9, b"\x94\x63\xa0\x00\x90"])
def test_what_is_no_snapshot_is_refused(data):
    with pytest.raises(SnapshotRefused, match="Start the engine anew"):
        Engine.restore(data, {})


@pytest.mark.parametrize(("at", "x"), [(1 << 60, 1), (NOON + 1, 1 << 60), (NOON + 1, -(1 << 63))])
def test_a_reading_out_of_all_bounds_is_refused(at, x):
    home = Home(rule(LOW))
    with pytest.raises(PointRefused):
        home.engine.feed(ANNA, "spo2", None, at, x, 1)
    assert home.until(10) == []


def test_time_that_goes_back_is_no_time():
    home = Home(rule(LOW))
    home.until(10)
    assert home.until(5) == []
    assert home.engine.watermark == NOON + 10 * MINUTE


def test_timers_of_many_homes_fire_in_order():
    engine = Engine(ZONE, NOON)
    made = plan(starter("spo2-low"), {}, ZONE)
    r = random.Random(1)
    for i in range(50):
        engine.enrol(f"k{i}", f"h{i}", f"resident:{i}", made, NOON)
        engine.feed(f"resident:{i}", "spo2", None, NOON + r.randrange(1, HOUR), 80, i)
    changes = engine.advance(NOON + DAY)
    assert [c.at for c in changes] == sorted(c.at for c in changes)
    assert len([c for c in changes if c.kind == "onset"]) == 50


def test_an_onset_carries_since_and_the_readings_that_made_it():
    home = Home(starter("spo2-low"))
    for minute, x in ((0.5, 97), (1, 90), (3, 88), (5, 91)):
        home.say(minute, "spo2", x)
    (onset,) = home.engine.advance(NOON + 7 * MINUTE)
    assert onset.since == NOON + MINUTE
    assert [(e.x, e.order) for e in onset.evidence] == [(90, 2), (88, 3), (91, 4)]


def test_evidence_of_a_flood_stays_small_and_keeps_the_extremes():
    home = Home(starter("spo2-low"))
    for second in range(1, 301):
        home.say(second / 60, "spo2", 70 if second == 77 else 88)
    (onset,) = home.engine.advance(NOON + 6 * MINUTE)
    assert len(onset.evidence) <= 12
    assert 70 in {e.x for e in onset.evidence}


def test_a_back_test_from_the_middle_is_primed_by_what_came_before():
    made = plan(starter("weight-up"), {}, ZONE)
    points = [
        (ANNA, "body_weight", None, NOON - DAY, 700, 1),
        (ANNA, "body_weight", None, NOON + HOUR, 730, 2),
        (ANNA, "body_weight", None, NOON + 2 * HOUR, 710, 3),
    ]
    seen = []
    found = replay([("k", "h", ANNA, made)], points, ZONE, NOON, NOON + DAY, seen.append)
    assert [(e.onset, e.end) for e in found] == [(NOON + HOUR, NOON + 2 * HOUR)]
    assert episodes([]) == []


def test_values_that_contradict_each_other_are_refused():
    trial = starter("no-movement-by-ten")
    with pytest.raises(ValueOutOfRange, match="outside its range"):
        plan(trial, {"by": trial.parameters["start"].low}, ZONE)


def test_a_full_ring_says_unknown_rather_than_a_wrong_rise():
    home = Home(starter("weight-up"))
    for i in range(400):
        home.say(1 + i / 10, "body_weight", 600 + i)
    changes = home.engine.advance(NOON + HOUR)
    assert changes[0].kind == "onset"
    assert home.engine.state_of("weight-up") == (True, True)
