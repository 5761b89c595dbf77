"""Time that goes back, ten thousand readings of one instant, values out of every bound: what comes
of them is defined, and the resident is watched on.
"""

import json

import pytest

from tests.building import a_device, a_home, a_site
from tests.stories.world import DAY, HOUR, MINUTE, SECOND, START


def a_clip(**fields):
    return a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])], **fields)


def is_still_watched(it):
    """Whatever came before: low oxygen is told, back to usual is seen."""
    it.say("clip", "spo2", 97)
    it.wait(20 * MINUTE)
    before = len(it.care())
    it.say("clip", "spo2", 85)
    it.wait(6 * MINUTE)
    assert [one.rule_name for one in it.care() if one.active] == ["spo2-low"]
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    assert not [one for one in it.care() if one.active]
    assert len(it.care()) <= before + 1
    assert not it.host.problem
    assert it.host.offset == it.journal.last_offset()


def test_ten_thousand_readings_of_one_instant(world):
    it = world(a_clip())
    for batch in range(100):
        body = [{"signal": "spo2", "value": 85 + n % 10, "time": START} for n in range(100)]
        it.publish("clip", json.dumps(body).encode() + b" " * batch)
    it.wait(6 * MINUTE)
    assert it.care() == []  # the last of the instant counts, and it was 94
    is_still_watched(it)


def test_ten_thousand_late_readings_of_one_instant(world):
    it = world(a_clip())
    it.say("clip", "spo2", 97)
    it.wait(HOUR, step=10 * MINUTE)
    late = it.clock.now() - 30 * MINUTE
    for batch in range(100):
        body = [{"signal": "spo2", "value": 85, "time": late} for _ in range(100)]
        it.publish("clip", json.dumps(body).encode() + b" " * batch)
    it.wait(20 * SECOND, step=SECOND)
    [alert] = it.care()
    assert (alert.onset_at, alert.late) == (late + 5 * MINUTE, True)
    is_still_watched(it)


def test_a_device_whose_clock_runs_backwards(world):
    it = world(a_clip())
    for minute in range(60):
        it.say("clip", "spo2", 97 if minute % 7 else 85, at=START - minute * 10 * MINUTE)
        it.wait(10 * SECOND, step=10 * SECOND)
    is_still_watched(it)


def test_a_data_site_whose_ticks_go_back(world):
    it = world(a_clip(clock="data"))
    it.say("clip", "spo2", 97, at=START)
    it.tick(START + HOUR)
    it.tick(START - DAY)
    it.tick(0)
    it.say("clip", "spo2", 85, at=START + HOUR + MINUTE)
    it.tick(START + HOUR + 30 * MINUTE)
    [alert] = it.care()
    assert alert.onset_at == START + HOUR + 6 * MINUTE
    assert it.host.sites.watches["donegal"].watermark == START + HOUR + 30 * MINUTE


@pytest.mark.parametrize(
    "reading",
    [
        {"signal": "spo2", "value": 10**30},
        {"signal": "spo2", "value": -(10**30)},
        {"signal": "spo2", "value": 1e308},
        {"signal": "spo2", "value": 85, "time": 2**63 - 1},
        {"signal": "spo2", "value": 85, "time": -(2**63)},
        {"signal": "spo2", "value": 85, "time": 2**200},
        {"signal": "spo2", "value": 85, "time": 0},
        {"signal": "body_weight", "value": 1e-300},
        {"signal": "sos", "time": 2**63 - 1},
        {"signal": "sos", "time": -1},
    ],
)
def test_values_and_times_out_of_every_bound(world, reading):
    it = world(a_clip())
    it.publish("clip", reading)
    it.publish("clip", reading, "urgent")
    it.wait(MINUTE)
    for alert in it.care():  # a call for help is told whatever its clock says
        assert alert.rule_name == "sos"
        it.closes(alert)
    is_still_watched(it)


def test_a_fault_in_one_home_s_replay_stops_nobody(world, monkeypatch):
    from gateway.watch import replaying

    it = world(a_clip())
    it.say("clip", "spo2", 97)
    it.wait(HOUR, step=10 * MINUTE)

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(replaying, "replay", fail)
    it.say("clip", "spo2", 85, at=it.clock.now() - 20 * MINUTE)
    it.wait(10 * SECOND, step=SECOND)
    assert it.alert("handler-failed") is not None
    monkeypatch.undo()
    is_still_watched(it)
