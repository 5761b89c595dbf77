"""The main story: a reading becomes an alert, somebody takes it, and says what it was."""

from tests.building import a_device, a_home, a_site
from tests.stories.world import HOUR, MINUTE, START


def a_clip():
    return a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])])


def test_low_oxygen_is_told_taken_and_closed(world):
    it = world(a_clip())
    it.say("clip", "spo2", 86)
    it.wait(4 * MINUTE)
    assert it.care() == []
    it.wait(2 * MINUTE)
    [alert] = it.care()
    assert (alert.rule_name, alert.resident_name, alert.onset_at) == (
        "spo2-low",
        "Anna J.",
        START + 5 * MINUTE,
    )
    it.takes(alert)
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    [alert] = it.care()
    assert alert.state == "acknowledged-returned"
    it.closes(alert)
    assert it.care() == []


def test_what_was_cleared_is_not_raised_again_by_the_same_condition(world):
    """thingsboard#7811, #13050: closing while it holds raises nothing on the next reading."""
    it = world(a_clip())
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    it.closes(it.care()[0])
    for _ in range(10):
        it.say("clip", "spo2", 86)
        it.wait(MINUTE)
    assert it.care() == []
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    assert len(it.care()) == 1


def test_one_open_alert_however_often_it_occurs(world):
    """thingsboard#15583."""
    it = world(a_clip())
    for _ in range(3):
        it.say("clip", "spo2", 86)
        it.wait(6 * MINUTE)
        it.say("clip", "spo2", 97)
        it.wait(MINUTE)
    [alert] = it.care()
    assert alert.occurrences == 3


def test_a_timer_survives_being_killed_in_mid_for(world):
    """home-assistant core#56642: three minutes before the kill and two after are five."""
    it = world(a_clip())
    it.say("clip", "spo2", 86)
    it.wait(3 * MINUTE)
    it.kill()
    it.wait(3 * MINUTE)
    [alert] = it.care()
    assert alert.onset_at == START + 5 * MINUTE


def test_killed_after_the_alert_there_is_still_one(world):
    it = world(a_clip())
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    it.kill()
    it.wait(MINUTE)
    [alert] = it.care()
    assert alert.occurrences == 1
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    assert it.care()[0].state == "unacknowledged-returned"


def test_the_snapshot_may_be_lost(world):
    """The engine's state is a cache: from the past in store and journal it is the same again."""
    from gateway.db import writing
    from gateway.watch import tables

    it = world(a_clip())
    it.say("clip", "spo2", 86)
    it.stored()
    it.wait(3 * MINUTE)
    with writing(it.engine) as conn:
        conn.execute(tables.snapshot.delete())
    it.kill()
    it.wait(3 * MINUTE)
    assert len(it.care()) == 1
    with writing(it.engine) as conn:
        conn.execute(tables.snapshot.delete())
    it.kill()
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    [alert] = it.care()
    assert (alert.occurrences, alert.state) == (1, "unacknowledged-returned")


def test_the_value_in_the_alert_is_the_one_that_made_it(world):
    """openremote#1225: evidence names the reading, not a stale one."""
    from gateway.alerts.detail import detail
    from gateway.db import writing

    it = world(a_clip())
    it.say("clip", "spo2", 97)
    it.wait(HOUR)
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    [alert] = it.care()
    with writing(it.engine) as conn:
        found = detail(conn, it.me, alert.id, it.clock.now())
    assert [point.value for point in found.evidence] == ["86"]
