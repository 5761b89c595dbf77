"""All that waited is in, also while more comes all the time."""

from hypothesis import given
from hypothesis import strategies as st

from devices.errors import Failed
from gateway.intake import topics
from gateway.intake.broker_config import subject
from gateway.intake.broker_stream import Consumer, Stored
from gateway.intake.draining import LAG_S, STRANDED_S, Draining
from gateway.mqtt import Link


def a_link(*, epoch=1, caught_up=True, lag_s=0.0, connected=True):
    return Link(connected, epoch, caught_up, lag_s, 0.0, "", 0, alive=True)


def readings(acknowledged, *, unacknowledged=0, undelivered=0):
    wanted = f"$MQTT.msgs.{subject(topics.READINGS)}"
    return Consumer("readings", wanted, acknowledged, unacknowledged, undelivered)


def kept(*consumers, last):
    return Stored(by_limits=True, first=1, last=last, size=0, consumers=consumers)


class Looks:
    """An intake that looks twice a second."""

    def __init__(self, broker=None):
        self.broker = broker  # what its page says
        self.draining = Draining(self.page)
        self.session_s = 0.0
        self.link = a_link()

    def page(self):
        if self.broker is None:
            raise Failed("ask", "the broker", "it does not answer", "Wait")
        return self.broker

    def look(self, taken, settled, link=None, *, stranded=False):
        self.link = link or a_link()
        self.session_s += 0.5
        found = self.draining.look(
            self.link,
            taken=taken,
            settled=settled,
            session_s=self.session_s,
            stranded=stranded,
        )
        return found, self.draining.done(self.link)


def test_in_is_what_had_come_when_the_probe_was_back():
    intake = Looks()
    assert intake.look(10, 10, a_link(caught_up=False)) == (False, False)
    assert intake.look(500, 400) == (False, False)
    assert intake.look(1_000, 499) == (False, False)
    assert intake.look(1_500, 500) == (True, True)  # a thousand more wait by now
    assert intake.look(9_000, 500) == (False, True)  # told once


def test_it_is_in_at_once_where_nothing_waits():
    assert Looks().look(0, 0) == (True, True)


@given(st.integers(0, 10_000), st.lists(st.integers(1, 5_000), min_size=2, max_size=20))
def test_a_stream_that_never_pauses_is_in_by_the_next_look(first, each):
    intake, taken = Looks(), first
    seen = []
    for more in each:
        settled, taken = taken, taken + more  # something always waits
        seen.append(intake.look(taken, settled)[1])
    assert seen == [False] + [True] * (len(each) - 1)


def test_what_a_killed_gateway_had_in_hand_is_waited_for():
    busy = {"unacknowledged": 40, "undelivered": 7}
    intake = Looks(kept(readings(70, **busy), last=100))
    assert intake.look(50, 50, stranded=True) == (False, False)
    intake.broker = kept(readings(99, **busy), last=900)
    assert intake.look(600, 600, stranded=True) == (False, False)
    intake.broker = kept(readings(100, **busy), last=1_900)
    assert intake.look(1_500, 1_500, stranded=True) == (True, True)


def test_who_waits_for_nothing_has_had_all():
    other = Consumer("hub", "$MQTT.msgs.homecare.v1.>", 0, 0, 5_000)
    intake = Looks(kept(readings(3), other, last=100))
    assert intake.look(0, 0, stranded=True) == (True, True)


def test_a_broker_that_does_not_tell_has_sent_everything_again_after_a_while():
    intake = Looks(None)
    while intake.session_s < STRANDED_S:
        assert intake.look(10, 10, stranded=True) == (False, False)
    assert intake.look(10, 10, stranded=True) == (True, True)


def test_a_new_session_and_a_lag_begin_anew():
    intake = Looks()
    assert intake.look(10, 10) == (True, True)
    assert intake.look(20, 20, a_link(lag_s=2 * LAG_S)) == (False, False)
    assert intake.look(90, 80) == (False, False)
    assert intake.look(95, 90) == (True, True)
    assert intake.look(99, 95, a_link(epoch=2, caught_up=False)) == (False, False)
    assert intake.look(99, 99, a_link(epoch=2)) == (True, True)
