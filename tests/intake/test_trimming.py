"""The embedded broker keeps what a session waits for, and nothing else for long."""

import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.intake.broker_stream import Consumer, Stored, look
from gateway.intake.broker_trimming import Trimmer
from tests.intake.building import TOPIC, Parts, running, said, until


def session(name, acknowledged, waiting=0):
    return Consumer(name, "$MQTT.msgs.>", acknowledged, 0, waiting)


def stored(*consumers, last=100):
    return Stored(by_limits=True, first=1, last=last, size=0, consumers=consumers)


def test_who_waits_for_nothing_holds_nothing():
    assert stored(session("a", acknowledged=3)).done(seen_before=90) == 90


def test_who_waits_holds_what_comes_after_its_acknowledgements():
    idle, busy = session("a", 100), session("b", 40, waiting=2)
    assert stored(idle, busy).done(seen_before=90) == 40
    assert stored(idle, busy).holding() == "b"


def test_what_came_since_the_last_look_stays():
    assert stored(session("a", acknowledged=99, waiting=1)).done(seen_before=90) == 90


def test_without_a_session_everything_stays():
    assert stored().done(seen_before=90) == 0


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3)), min_size=1, max_size=5),
    st.integers(0, 50),
)
def test_never_beyond_what_anybody_waits_for(sessions, seen):
    consumers = [session(str(n), floor, waiting) for n, (floor, waiting) in enumerate(sessions)]
    done = stored(*consumers, last=50).done(seen)
    assert done <= seen
    assert all(done <= c.acknowledged for c in consumers if c.waiting)


def trimmer_of(parts: Parts) -> Trimmer:
    return Trimmer(lambda: parts.broker.endpoint)


@pytest.mark.broker
@pytest.mark.enable_socket
def test_what_is_acknowledged_is_removed_and_the_rest_is_delivered(tmp_path):
    with running(tmp_path) as parts:
        trimmer = trimmer_of(parts)
        with parts.publisher() as publisher:
            for number in range(1, 21):
                publisher.publish(TOPIC, said(seq=number))
            assert publisher.flush(20)
        until(lambda: parts.journal.last_offset() == 20)
        until(lambda: trimmer.turn() >= 20)
        kept = look(parts.broker.endpoint)
        assert kept is not None
        assert kept.by_limits
        assert kept.first > 20
        parts.intake.stop()
        with parts.publisher() as publisher:
            for number in range(21, 31):
                publisher.publish(TOPIC, said(seq=number))
            assert publisher.flush(20)
        trimmer.turn()
        trimmer.turn()
        parts.start_intake()
        until(lambda: parts.journal.last_offset() == 30)


@pytest.mark.broker
@pytest.mark.enable_socket
def test_what_waits_outlives_a_killed_broker_and_is_removed_afterwards(tmp_path):
    with running(tmp_path) as parts:
        parts.intake.stop()
        with parts.publisher() as publisher:
            for number in range(1, 11):
                publisher.publish(TOPIC, said(seq=number))
            assert publisher.flush(20)
        before = parts.broker.pid
        os.kill(before, signal.SIGKILL)
        until(lambda: parts.broker.pid != before)
        parts.start_intake()
        until(lambda: parts.journal.last_offset() == 10)
        trimmer = trimmer_of(parts)

        def removed():
            trimmer.turn()
            kept = look(parts.broker.endpoint)
            return kept is not None and kept.first > 10

        until(removed)


@pytest.mark.broker
@pytest.mark.enable_socket
def test_a_broker_that_is_gone_is_tried_again_and_stops_nothing(tmp_path, caplog):
    with running(tmp_path, intake=False) as parts:
        endpoint = parts.broker.endpoint
    trimmer = Trimmer(lambda: endpoint, every_s=0.02)
    trimmer.start()
    until(lambda: caplog.text.count("broker.untrimmed") >= 2)
    trimmer.stop()


def test_a_session_that_never_comes_back_is_named(caplog):
    trimmer = Trimmer(lambda: None)
    lost = Stored(
        by_limits=True,
        first=1,
        last=1000,
        size=2 << 30,
        consumers=(session("old-hub", 0, waiting=9),),
    )
    trimmer.warn(lost, done=0)
    trimmer.warn(lost, done=0)
    assert caplog.text.count("broker.held") == 1
    assert caplog.records[0].by == "old-hub"
