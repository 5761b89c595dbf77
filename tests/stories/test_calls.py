"""Calls for help: at once, each press, whoever has the alert, however late it arrives."""

from gateway.series.store import Query
from tests.building import a_device, a_home, a_resident, a_site
from tests.stories.world import DAY, HOUR, MINUTE, SECOND, START


def a_button(**fields):
    return a_site(homes=[a_home(devices=[a_device("button", owner="anna")], **fields)])


def test_a_press_is_told_before_any_clock_moves(world):
    it = world(a_button())
    it.say("button", "sos", channel="urgent")
    [alert] = it.care()
    assert (alert.rule_name, alert.priority, alert.onset_at) == ("sos", "now", START)


def test_a_second_press_takes_it_from_its_owner(world):
    it = world(a_button())
    it.say("button", "sos", channel="urgent")
    it.takes(it.care()[0])
    it.wait(MINUTE)
    it.say("button", "sos", channel="urgent")
    [alert] = it.care()
    assert (alert.state, alert.occurrences, alert.owner_name) == ("unacknowledged", 2, None)


def test_a_press_that_is_over_is_not_back_to_usual(world):
    it = world(a_button())
    it.say("button", "sos", channel="urgent")
    it.wait(2 * HOUR)
    assert it.care()[0].state == "unacknowledged"


def test_the_same_message_delivered_twice_is_one_press(world):
    it = world(a_button())
    it.say("button", "sos", channel="urgent", at=START)
    it.say("button", "sos", channel="urgent", at=START)
    assert it.care()[0].occurrences == 1


def test_a_press_on_the_ordinary_topic_is_as_urgent(world):
    it = world(a_button())
    it.say("button", "sos")
    assert len(it.care()) == 1


def test_a_fall_buffered_since_03_10_is_told_at_07_00_with_its_age(world):
    """The hub was offline; somebody may still lie there."""
    it = world(a_button())
    it.wait(MINUTE)
    it.say("button", "sos", channel="urgent", at=START - 4 * HOUR)
    [alert] = it.care()
    assert (alert.onset_at, alert.late) == (START - 4 * HOUR, True)
    assert alert.noticed_at >= START


def test_one_of_the_day_before_yesterday_is_kept_and_not_told(world):
    it = world(a_button())
    at = START - 2 * DAY
    it.say("button", "sos", channel="urgent", at=at)
    it.wait(MINUTE)
    assert it.care() == []
    it.stored()
    assert len(it.store.read(Query("donegal", start=at, end=at + 1))) == 1


def test_killed_between_two_presses_both_count_once(world):
    it = world(a_button())
    it.say("button", "sos", channel="urgent")
    it.kill()
    it.wait(10 * SECOND)
    it.say("button", "sos", channel="urgent")
    it.kill()
    it.wait(MINUTE)
    assert it.care()[0].occurrences == 2


def test_a_button_of_a_shared_home_calls_for_the_home(world):
    """Nobody knows who pressed; it is told all the same, as nobody's."""
    it = world(a_site(homes=[a_home(residents=["anna", "brian"], devices=[a_device("button")])]))
    it.say("button", "sos", channel="urgent")
    [alert] = it.care()
    assert (alert.rule_name, alert.resident_id, alert.priority) == (
        "call-unattributed",
        None,
        "now",
    )


def test_a_retained_press_is_state_and_alerts_nobody(world):
    """OpenMQTTGateway#922."""
    it = world(a_button())
    it.publish("button", {"signal": "sos"}, "urgent", retained=True)
    it.wait(MINUTE)
    assert it.care() == []


def test_a_press_without_consent_keeps_no_value_and_asks_somebody_to_look(world):
    it = world(a_button(residents=[a_resident("anna", consent=None)]))
    it.say("button", "sos", channel="urgent")
    it.wait(MINUTE)
    assert it.care() == []
    assert it.alert("call-refused") is not None


def test_withdrawn_consent_leaves_an_open_sos_open(world):
    until = START + HOUR
    it = world(a_button(residents=[a_resident("anna", consent_until=until)]))
    it.say("button", "sos", channel="urgent")
    it.wait(2 * HOUR)
    [alert] = it.care()
    assert alert.state == "unacknowledged"
