"""What came late: appended, labelled, never unsent."""

from gateway.alerts.detail import detail
from gateway.alerts.episodes import EventKind
from gateway.db import writing
from gateway.series.store import Query
from tests.building import a_device, a_home, a_resident, a_site
from tests.stories.world import DAY, HOUR, MINUTE, SECOND, START


def a_clip(**fields):
    return a_site(homes=[a_home(devices=[a_device("clip", owner="anna")], **fields)])


def kinds(it, row):
    with writing(it.engine) as conn:
        return [one.kind for one in detail(conn, it.me, row.id, it.clock.now()).timeline]


def test_low_oxygen_measured_while_the_hub_was_offline(world):
    """Began an hour ago, over since: told with its age, and returned."""
    it = world(a_clip())
    it.say("clip", "spo2", 97)
    it.wait(HOUR)
    at = it.clock.now() - 40 * MINUTE
    for minute in range(8):
        it.say("clip", "spo2", 86, at=at + minute * MINUTE)
    it.say("clip", "spo2", 97, at=at + 9 * MINUTE)
    it.wait(10 * SECOND, step=SECOND)
    [alert] = it.care()
    assert (alert.onset_at, alert.late) == (at + 5 * MINUTE, True)
    assert alert.state == "unacknowledged-returned"


def test_it_does_not_matter_where_the_past_comes_from(world):
    """Half of it in the store, half still in the journal."""
    it = world(a_clip())
    it.say("clip", "spo2", 97)
    it.wait(HOUR)
    at = it.clock.now() - 40 * MINUTE
    it.say("clip", "spo2", 86, at=at)
    it.stored()
    for minute in range(1, 8):
        it.say("clip", "spo2", 86, at=at + minute * MINUTE)
    it.wait(10 * SECOND, step=SECOND)
    [alert] = it.care()
    assert (alert.onset_at, alert.occurrences) == (at + 5 * MINUTE, 1)


def test_a_replay_moves_an_onset_and_makes_no_second_alert(world):
    it = world(a_clip())
    it.say("clip", "spo2", 97)
    it.wait(10 * MINUTE)
    low_since = it.clock.now()
    it.wait(3 * MINUTE)
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    [alert] = it.care()
    assert alert.onset_at == low_since + 8 * MINUTE
    it.say("clip", "spo2", 86, at=low_since)  # it came late
    it.wait(10 * SECOND, step=SECOND)
    [again] = it.care()
    assert (again.id, again.onset_at, again.occurrences) == (alert.id, low_since + 5 * MINUTE, 1)
    assert EventKind.MOVED in kinds(it, again)


def test_a_late_reading_never_unsends_and_never_closes(world):
    """With it the rule would have been silent: the alert says so and stays for a person."""
    it = world(a_clip())
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    [alert] = it.care()
    it.say("clip", "spo2", 97, at=START + MINUTE)
    it.wait(10 * SECOND, step=SECOND)
    [again] = it.care()
    assert again.id == alert.id
    assert again.state == "unacknowledged-returned"
    assert EventKind.UNFOUNDED in kinds(it, again)


def test_after_a_replay_the_engine_goes_on_as_if_all_had_come_in_time(world):
    it = world(a_clip())
    it.say("clip", "spo2", 97)
    it.wait(10 * MINUTE)
    it.say("clip", "spo2", 86, at=it.clock.now() - 4 * MINUTE)
    it.wait(2 * MINUTE)
    [alert] = it.care()
    assert alert.onset_at == START + 11 * MINUTE
    assert not alert.late  # its onset came after the late reading


def test_a_week_old_is_kept_and_not_told(world):
    it = world(a_clip(residents=[a_resident("anna")]))
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    at = it.clock.now() - 7 * DAY
    for minute in range(8):
        it.say("clip", "spo2", 86, at=at + minute * MINUTE)
    it.say("clip", "spo2", 97, at=at + 9 * MINUTE)
    it.wait(10 * SECOND, step=SECOND)
    assert it.care() == []
    it.stored()
    assert len(it.store.read(Query("donegal", start=at, end=at + 10 * MINUTE))) == 9


def test_a_scale_that_syncs_once_a_day(world):
    """thingsboard#4207: a batch of the past is taken in its order."""
    scale = a_site(homes=[a_home(devices=[a_device("scale", owner="anna")])])
    it = world(scale)
    it.wait(DAY, step=HOUR)
    now = it.clock.now()
    batch = [
        {"signal": "body_weight", "value": value, "time": now - age}
        for value, age in ((72.6, HOUR), (70.1, 23 * HOUR))
    ]
    it.publish("scale", batch)
    it.wait(10 * SECOND, step=SECOND)
    [alert] = it.care()
    assert (alert.rule_name, alert.onset_at) == ("weight-up", now - HOUR)


def test_killed_before_the_replay_it_is_made_up_for(world):
    it = world(a_clip())
    it.say("clip", "spo2", 97)
    it.wait(HOUR)
    at = it.clock.now() - 40 * MINUTE
    for minute in range(8):
        it.publish("clip", {"signal": "spo2", "value": 86, "time": at + minute * MINUTE})
    it.kill()
    it.wait(10 * SECOND, step=SECOND)
    it.kill()
    it.wait(10 * SECOND, step=SECOND)
    [alert] = it.care()
    assert (alert.onset_at, alert.occurrences) == (at + 5 * MINUTE, 1)
