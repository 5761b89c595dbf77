"""What is seen and what is not: absence needs coverage, silence is an event of its own."""

import pytest

from gateway.intake.status import IntakeStatus
from tests.building import a_device, a_home, a_site
from tests.stories.world import DAY, HOUR, MINUTE, SECOND, START

NIGHT = START - 8 * HOUR  # Monday 00:00 in Dublin
TEN = NIGHT + 10 * HOUR


def a_usual_day(it):
    """The day before: heard throughout, and she got up."""
    it.say("hall", "motion")
    beats(it, NIGHT - 16 * HOUR)
    it.say("hall", "motion")
    beats(it, NIGHT)
    it.say("hall", "motion")


def a_flat(interval=30 * MINUTE, **fields):
    """One resident, a motion sensor that reports its battery every half hour."""
    sensor = a_device(
        "hall", place="hall", signals=("motion", "battery"), interval_ms=interval, **fields
    )
    return a_site(homes=[a_home(devices=[sensor])])


def beats(it, until, device="hall", every=30 * MINUTE):
    """The sensor is alive and sees nobody."""
    while it.clock.now() < until:
        it.say(device, "battery", 80)
        it.wait(min(every, until - it.clock.now()), step=10 * MINUTE)


def test_nobody_moved_by_ten(world):
    it = world(a_flat(), now=NIGHT)
    it.say("hall", "motion")
    beats(it, TEN - MINUTE)
    assert it.care() == []
    it.wait(2 * MINUTE)
    [alert] = it.care()
    assert (alert.rule_name, alert.onset_at) == ("no-movement-by-ten", TEN)


def test_she_got_up(world):
    it = world(a_flat(), now=NIGHT)
    it.say("hall", "motion")
    beats(it, TEN - 2 * HOUR)
    it.say("hall", "motion")
    beats(it, TEN + HOUR)
    assert it.care() == []


def test_a_dead_sensor_is_no_still_resident(world):
    """Not "no movement", but "we cannot see"."""
    it = world(a_flat(), now=NIGHT - DAY)
    a_usual_day(it)
    beats(it, NIGHT + 7 * HOUR)
    it.wait(4 * HOUR, step=10 * MINUTE)
    assert it.care() == []
    assert it.alert("home-cannot-see").onset_at == TEN
    assert it.alert("device-silent") is not None
    it.say("hall", "motion")
    it.wait(MINUTE)
    assert not it.alert("home-cannot-see").active
    assert not it.alert("device-silent").active


def test_silence_is_noticed_at_the_deadline_not_when_somebody_looks(world):
    """thingsboard#6821: 600 s, not 19,123."""
    it = world(a_flat(interval=10 * MINUTE))
    it.say("hall", "battery", 80)
    it.wait(29 * MINUTE, step=10 * SECOND)
    assert it.alert("device-silent") is None
    it.wait(MINUTE + 10 * SECOND, step=10 * SECOND)
    alert = it.alert("device-silent")
    assert (alert.since, alert.noticed_at) == (START, START + 30 * MINUTE)


def test_a_device_that_was_taken_away_is_not_missed(world):
    it = world(a_flat(interval=10 * MINUTE, until=START + 20 * MINUTE))
    it.say("hall", "battery", 80)
    it.wait(HOUR)
    assert it.alerts() == []


def test_a_silent_device_that_is_taken_away_is_missed_no_more(world):
    it = world(a_flat(interval=10 * MINUTE, until=START + HOUR))
    it.say("hall", "battery", 80)
    it.wait(2 * HOUR)
    assert not it.alert("device-silent").active


def test_connected_but_one_measurement_is_silent(world):
    """thingsboard#8614, openremote#1449."""
    it = world(a_site(homes=[a_home(devices=[a_device("cuff", owner="anna", interval_ms=HOUR)])]))
    for _ in range(6):
        it.publish("cuff", [_now(it, "systolic", 120), _now(it, "pulse", 70)])
        it.wait(HOUR, step=HOUR)
    for _ in range(12):
        it.publish("cuff", [_now(it, "pulse", 70)])
        it.wait(HOUR, step=HOUR)
    assert it.alert("device-silent") is None
    assert it.alert("metric-silent").phrase == {"signal": "systolic"}


def _now(it, signal, value):
    return {"signal": signal, "value": value, "time": it.clock.now()}


def test_a_silent_hub_is_one_alert_not_one_a_device(world):
    devices = [
        a_device(name, hub="hub", interval_ms=10 * MINUTE) for name in ("hall", "bath", "door")
    ]
    it = world(a_site(homes=[a_home(devices=devices)]))
    for name in ("hall", "bath", "door"):
        it.say(name, "battery", 80)
    it.wait(HOUR)
    assert [row.rule_name for row in it.alerts()] == ["home-silent"]
    it.say("bath", "battery", 80)
    it.wait(MINUTE)
    assert not it.alert("home-silent").active


def test_many_homes_at_once_are_one_alert_of_the_site(world):
    homes = [
        a_home(f"home-{n}", residents=[f"r{n}"], devices=[a_device("hall", interval_ms=MINUTE)])
        for n in range(6)
    ]
    it = world(a_site(homes=homes))
    for minute in range(60):
        for n in range(6):
            if minute < 30 or n >= 4:
                it.say("hall", "battery", 80, home=f"home-{n}")
        it.wait(MINUTE)
    assert [row.rule_name for row in it.alerts()] == ["site-offline"]
    for n in range(6):
        it.say("hall", "battery", 80, home=f"home-{n}")
    it.wait(MINUTE)
    assert not it.alert("site-offline").active


def test_a_retained_message_is_no_sign_of_life(world):
    it = world(a_flat(interval=10 * MINUTE))
    it.say("hall", "battery", 80)
    it.wait(25 * MINUTE)
    it.publish("hall", _now(it, "battery", 80), retained=True)
    it.wait(10 * MINUTE)
    assert it.alert("device-silent") is not None


def test_three_impossible_values_are_a_device_s_fault_and_no_care_alert(world):
    it = world(a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])]))
    for _ in range(3):
        it.say("clip", "spo2", 3)
        it.wait(6 * MINUTE)
    assert it.care() == []
    assert it.alert("implausible").active
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    assert not it.alert("implausible").active


def test_a_hub_a_minute_fast_makes_nobody_late(world):
    it = world(a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])]))
    it.say("clip", "spo2", 86, at=START + MINUTE)
    it.wait(6 * MINUTE)
    [alert] = it.care()
    assert alert.onset_at == START + 5 * MINUTE  # the time of receipt, not of the fast clock
    assert not alert.late
    assert it.alert("clock-future") is None


def test_a_clock_of_next_year_is_a_device_s_fault(world):
    it = world(a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])]))
    it.say("clip", "spo2", 97, at=START + 365 * DAY)
    it.wait(MINUTE)
    assert it.alert("clock-future").active
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    assert not it.alert("clock-future").active


def link(connected=True, drained=True, epoch=1):
    return IntakeStatus(connected, epoch, 0.0, drained, 0, 0, 0, 0, 0, 0, "", 0)


def test_our_own_outage_is_not_her_silence(world):
    """The gateway was down from 07:00 to 08:30; she may have been up then."""
    it = world(a_flat(), now=NIGHT - DAY)
    a_usual_day(it)
    beats(it, NIGHT + 7 * HOUR)
    it.clock.advance(90 * MINUTE)  # nothing is heard, nothing is journalled, nobody looks
    it.status = link(drained=False, epoch=2)
    it.kill()
    it.run()
    assert it.host.frozen
    assert it.alert("device-silent") is None
    it.status = link(epoch=2)
    it.wait(MINUTE, step=SECOND)
    assert not it.host.frozen
    beats(it, TEN + 2 * MINUTE)
    assert it.care() == []
    assert it.alert("home-cannot-see") is not None
    assert it.alert("gateway-gap") is not None
    assert it.alert("device-silent") is None  # nobody is blamed for our outage


def test_what_waited_at_the_broker_is_heard_before_absence_is_said(world):
    it = world(a_flat(), now=NIGHT - DAY)
    a_usual_day(it)
    beats(it, NIGHT + 9 * HOUR)
    it.clock.advance(61 * MINUTE)  # down from 09:00 to 10:01
    it.status = link(drained=False, epoch=2)
    it.kill()
    it.say("hall", "motion", at=NIGHT + 9 * HOUR + 30 * MINUTE)  # it came late, with its time
    it.wait(10 * SECOND, step=SECOND)
    it.status = link(epoch=2)
    it.wait(MINUTE, step=SECOND)
    assert it.care() == []
    assert it.alert("home-cannot-see") is None  # she was seen


@pytest.mark.parametrize("minutes", [1, 30])
def test_a_broken_link_becomes_a_gap_after_a_while(world, minutes):
    it = world(a_flat(), now=NIGHT)
    it.status = link()
    it.kill()
    it.say("hall", "motion")
    beats(it, NIGHT + 7 * HOUR)
    it.status = link(connected=False)
    it.wait(minutes * MINUTE - 30 * SECOND, step=10 * SECOND)
    it.status = link(epoch=3)
    it.wait(MINUTE, step=SECOND)
    beats(it, TEN + 2 * MINUTE)
    if minutes == 1:
        assert [row.rule_name for row in it.care()] == ["no-movement-by-ten"]
        assert it.alert("gateway-gap") is None
    else:
        assert it.care() == []
        assert it.alert("gateway-gap") is not None


def test_killed_while_the_backlog_comes_in_what_was_due_is_still_said(world):
    """The clocks stood when those rows were taken: repeating them must not move them on, mute."""
    it = world(a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])]))
    it.say("clip", "spo2", 86)
    it.wait(5 * MINUTE - 2 * SECOND, step=10 * SECOND)
    it.status = link(drained=False, epoch=2)
    it.kill()
    it.clock.advance(5 * SECOND)  # the alert is due meanwhile
    it.say("clip", "spo2", 86)
    it.wait(2 * SECOND, step=2 * SECOND)
    assert it.host.frozen
    assert it.care() == []
    it.kill()
    it.status = link(epoch=3)
    it.wait(MINUTE, step=SECOND)
    [alert] = it.care()
    assert alert.onset_at == START + 5 * MINUTE
