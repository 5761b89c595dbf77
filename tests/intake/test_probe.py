"""The probe: connected is not the same as alive."""

from gateway.mqtt.probe import DEAD_S, EVERY_S, Probe

PREFIX = "homecare/v1/_gateway/_probe/"


def a_probe():
    probe = Probe(PREFIX)
    probe.begin(0.0)
    return probe


def test_it_goes_out_at_once_and_then_now_and_then():
    probe = a_probe()
    assert probe.next(0.0) == b"1"
    assert probe.next(EVERY_S - 0.1) is None
    assert probe.next(EVERY_S) == b"2"


def test_what_waited_has_come_once_this_epochs_probe_is_back():
    probe = a_probe()
    first = probe.next(0.0)
    probe.begin(1.0)  # connected anew before it came
    second = probe.next(1.0)
    probe.came(probe.topic, first, 2.0)
    assert (probe.caught_up, probe.came_at) == (False, 2.0)
    probe.came(probe.topic, second, 3.0)
    assert probe.caught_up


def test_a_probe_of_an_earlier_life_proves_nothing():
    probe = a_probe()
    probe.came(Probe(PREFIX).topic, b"1", 1.0)
    probe.came(probe.topic, b"what?", 1.0)
    assert (probe.caught_up, probe.came_at) == (False, None)


def test_silence_is_not_believed_for_long():
    probe = a_probe()
    assert not probe.overdue(DEAD_S)
    assert probe.overdue(DEAD_S + 0.1)
    probe.came(probe.topic, b"1", 20.0)
    assert not probe.overdue(20.0 + DEAD_S)
    probe.heard(30.0)  # a backlog comes in before it
    assert not probe.overdue(30.0 + DEAD_S)
    probe.begin(500.0)
    assert not probe.overdue(500.0 + DEAD_S)


def test_a_lag_is_how_long_a_message_takes():
    probe = a_probe()
    one = probe.next(0.0)
    assert probe.lag(0.4) == 0.4  # not back yet
    two = probe.next(EVERY_S)
    assert probe.lag(3.0) == 3.0  # the oldest that is away
    probe.came(probe.topic, one, 3.0)
    assert probe.lag(3.0) == 3.0
    probe.came(probe.topic, two, 3.1)
    assert round(probe.lag(4.0), 3) == 2.1
    three = probe.next(5.0)
    probe.came(probe.topic, three, 5.01)
    assert round(probe.lag(9.0), 3) == 0.01
