"""From the broker into the journal, on real brokers: nothing lost, nothing doubled."""

import collections
import itertools
import os
import signal
import threading
from dataclasses import replace

import pytest

from devices.dialects.head import peek
from gateway.clock import SystemClock
from gateway.intake.broker import Backlog
from gateway.intake.broker_config import WINDOW_OF_ONE
from gateway.intake.journal import Flag
from gateway.intake.sequence import PATIENCE_MS
from gateway.mqtt import Publisher, Ticket, Will
from tests.building import PASSWORD
from tests.intake.building import (
    TOPIC,
    Parts,
    Process,
    a_journal,
    mosquitto,
    prepared,
    running,
    said,
    until,
)
from tests.intake.certificates import a_certificate

pytestmark = [pytest.mark.broker, pytest.mark.enable_socket]

HUB = "donegal.home-1.hub"
USERS = {"gateway": "secret", HUB: PASSWORD}
EMBEDDED, EXTERNAL = "nats-server", "mosquitto"


@pytest.fixture(params=[EMBEDDED, "mosquitto 3.1.1", "mosquitto 5"])
def parts(request, tmp_path):
    """An intake at either broker, in either version; its link stands."""
    if request.param == EMBEDDED:
        with running(tmp_path) as parts:
            yield parts
        return
    version = request.param.split()[1]
    with mosquitto(tmp_path / "broker", USERS) as (port, _):
        parts = Parts(
            tmp_path,
            url=f"mqtt://127.0.0.1:{port}",
            username="gateway",
            password="secret",
            protocol=version,
        )
        intake = parts.start_intake()
        until(lambda: intake.status().connected)
        yield parts
        parts.intake.stop()  # the last of them


class Steppable(SystemClock):
    """The machine's clock, whose wall time can be moved on."""

    ahead = 0

    def now(self):
        return super().now() + self.ahead

    def step(self, milliseconds):
        self.ahead += milliseconds


def sequence(parts_or_journal, topic=TOPIC):
    journal = getattr(parts_or_journal, "journal", parts_or_journal)
    rows = journal.read(0, 1_000_000)
    return [peek(row.payload).seq for row in rows if row.topic == topic]


def test_what_is_published_is_journalled_and_acknowledged(parts):
    with parts.publisher() as publisher:
        for n in range(500):
            publisher.publish(TOPIC, said(seq=n))
        assert publisher.flush(20)
    until(lambda: len(sequence(parts)) == 500)
    assert sequence(parts) == list(range(500))
    status = parts.intake.status()
    assert (status.problem, status.faults, status.duplicates) == ("", 0, 0)


def test_a_message_comes_through_the_broker_and_back(parts):
    until(lambda: parts.intake.status().probe_age_s is not None)
    until(lambda: parts.intake.status().drained)
    assert parts.journal.last_offset() == 0  # a probe is no message


def test_any_bytes_on_any_topic_are_taken(parts):
    with parts.publisher() as publisher:
        for payload in (b"", b"\xff\x00", b"[" * 5_000, b"x" * 200_000):
            publisher.publish(TOPIC, payload)
        assert publisher.flush(20)
    until(lambda: parts.journal.last_offset() == 4)
    assert parts.journal.read(3, 1)[0].flags & Flag.OVERSIZED
    assert parts.intake.status().faults == 0


def test_a_retained_message_is_marked(tmp_path):
    with running(tmp_path, intake=False) as parts:
        with parts.publisher() as publisher:
            publisher.publish(TOPIC.replace("reading", "status"), b"online", retain=True)
            assert publisher.flush(20)
        parts.start_intake()
        until(lambda: parts.journal.last_offset() >= 1)
        until(lambda: any(row.flags & Flag.RETAINED for row in parts.rows()))


def test_a_last_will_comes_when_a_hub_vanishes(parts):
    topic = TOPIC.replace("reading", "status")
    hub = Publisher(parts.address(HUB), "hub", Will(topic, b"offline")).connect()
    hub.publish(topic, b"online", retain=True)
    assert hub.flush(20)
    hub.drop()
    until(lambda: parts.rows() and parts.rows()[-1].payload == b"offline")


def test_what_waited_while_the_gateway_was_away_comes(parts):
    parts.intake.stop()
    with parts.publisher() as publisher:
        for n in range(50):
            publisher.publish(TOPIC, said(seq=n))
        assert publisher.flush(20)
    parts.start_intake()
    until(lambda: len(sequence(parts)) == 50)
    until(lambda: parts.gaps)  # told when it is subscribed, maybe after what had waited
    assert [gap.kind for gap in parts.gaps] == ["link"]


def test_without_time_and_number_what_waited_is_backlog(tmp_path):
    with running(tmp_path) as parts:
        parts.intake.stop()
        with parts.publisher() as publisher:
            publisher.publish(TOPIC, said())
            publisher.publish(TOPIC, said(time=SystemClock().now()))
            assert publisher.flush(20)
        parts.start_intake()
        until(lambda: parts.journal.last_offset() == 2)
        assert [row.flags for row in parts.rows()] == [Flag.REPEATED | Flag.BACKLOG, 0]


def test_a_call_finds_room_however_many_readings_are_on_their_way(tmp_path):
    with running(tmp_path, intake=False) as parts, parts.publisher() as publisher:
        intake = parts.start_intake()
        intake._writer._acknowledge = lambda _: None  # the window fills, and stays full
        for n in range(WINDOW_OF_ONE + 100):
            publisher.publish(TOPIC, said(seq=n))
        until(lambda: parts.broker.monitor().unacknowledged == WINDOW_OF_ONE)
        until(lambda: parts.journal.last_offset() >= WINDOW_OF_ONE - 8)  # a probe may be among them
        call = TOPIC.replace("reading", "urgent")
        publisher.publish(call, said(signal="sos"))
        until(lambda: parts.rows()[-1].topic == call)


def test_a_stream_of_messages_that_never_pauses_is_found_to_be_in(tmp_path):
    with running(tmp_path) as parts, parts.publisher() as publisher:
        parts.intake.stop()
        stopping, numbers = threading.Event(), itertools.count()

        def go_on():
            while not stopping.is_set():
                publisher.publish(TOPIC, said(seq=next(numbers)))
                if publisher.unacknowledged > 100:
                    publisher.flush(20)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            intake = parts.start_intake()
            until(lambda: intake.status().drained)
        finally:
            stopping.set()
            thread.join()


def test_numbers_that_never_came_are_a_gap(tmp_path):
    with running(tmp_path, clock=Steppable()) as parts, parts.publisher() as publisher:
        for n in range(30):
            publisher.publish(TOPIC, said(seq=n))
        publisher.publish(TOPIC, said(seq=31))
        until(lambda: len(sequence(parts)) == 31)
        parts.clock.step(2 * PATIENCE_MS)
        publisher.publish(TOPIC, said(seq=32))
        until(lambda: parts.gaps)
        (gap,) = parts.gaps
        assert (gap.kind, gap.device, gap.missing) == ("sequence", "donegal/home-1/meter", 1)


def test_a_stale_acknowledgement_is_dropped(tmp_path):
    with running(tmp_path) as parts, parts.publisher() as publisher:
        intake, epoch = parts.intake, parts.intake.status().epoch
        sent = []
        intake._subscriber.acknowledge = sent.extend  # the writer's is bound already
        publisher.publish(TOPIC, said(seq=1))
        assert publisher.flush(20)
        until(lambda: parts.journal.last_offset() == 1)
        wire_out = []
        intake._subscriber._acks.extend([Ticket(epoch - 1, 9), Ticket(epoch, 0)])
        wire = type("W", (), {"send": lambda _, data: wire_out.append(bytes(data))})()
        intake._subscriber._send_acks(wire)
        assert wire_out == []


def kept_busy(parts, kill, *, kills=3, count=4_000):
    """Publish steadily while something is killed again and again; what was acknowledged."""
    publisher = parts.publisher()
    acknowledged = []
    receipts = collections.deque()
    for n in range(count):
        receipts.append((n, publisher.publish(TOPIC, said(seq=n))))
        while len(receipts) > 200 or (receipts and n == count - 1):
            number, receipt = receipts.popleft()
            assert receipt.wait(60)
            acknowledged.append(number)
        if n and n % (count // (kills + 1)) == 0:
            kill()
    publisher.close()
    return acknowledged


def test_killed_gateways_lose_and_double_nothing(tmp_path):
    parts = prepared(tmp_path).start_broker()
    try:
        with Process(tmp_path) as process:

            def kill():
                process.kill()
                process.start()

            acknowledged = kept_busy(parts, kill)
            until(lambda: parts.broker.monitor() == Backlog(0, 0), 40)
            process.stop()
        assert sorted(sequence(a_journal(tmp_path, SystemClock()))) == acknowledged
    finally:
        parts.broker.stop()


def test_a_killed_broker_keeps_what_it_acknowledged(tmp_path):
    with running(tmp_path, durable=True) as parts:

        def kill():
            pid = parts.broker.pid
            os.kill(pid, signal.SIGKILL)
            until(lambda: parts.broker.pid != pid and parts.intake.status().connected)

        acknowledged = kept_busy(parts, kill, count=1_200)
        until(lambda: set(acknowledged) <= set(sequence(parts)), 40)
        found = sequence(parts)
        assert len(found) == len(set(found))
        assert parts.broker.restarts == 3
        assert {gap.kind for gap in parts.gaps} == {"link"}


def test_a_killed_mosquitto_comes_back(tmp_path):
    folder = tmp_path / "broker"
    with mosquitto(folder, USERS) as (port, process):
        parts = Parts(
            tmp_path, url=f"mqtt://127.0.0.1:{port}", username="gateway", password="secret"
        )
        intake = parts.start_intake()
        until(lambda: intake.status().connected)
        process.kill()
        process.wait()
        until(lambda: not intake.status().connected)
        assert intake.status().problem
    with mosquitto(folder, USERS, port=port):
        until(lambda: intake.status().connected)
        with parts.publisher() as publisher:
            publisher.publish(TOPIC, said(seq=1))
            assert publisher.flush(20)
        until(lambda: sequence(parts) == [1])
        intake.stop()


def test_a_broker_of_ones_own_speaks_tls(tmp_path):
    files = a_certificate(tmp_path)
    with mosquitto(tmp_path / "broker", USERS, tls=files) as (port, _):
        parts = Parts(
            tmp_path,
            url=f"mqtts://127.0.0.1:{port}",
            username="gateway",
            password="secret",
            authority=files[0],
            protocol="5",
        )
        intake = parts.start_intake()
        until(lambda: intake.status().connected)
        address = replace(intake.address(), username=HUB, password=PASSWORD)
        with Publisher(address) as publisher:
            for n in range(200):
                publisher.publish(TOPIC, said(seq=n))
            assert publisher.flush(20)
        until(lambda: len(sequence(parts)) == 200)
        intake.stop()


def test_a_broker_that_forgot_the_session_is_a_gap(tmp_path):
    users = {"gateway": "secret", HUB: PASSWORD}
    with mosquitto(tmp_path / "one", users) as (port, _):
        url = f"mqtt://127.0.0.1:{port}"
        parts = Parts(tmp_path, url=url, username="gateway", password="secret")
        intake = parts.start_intake()
        until(lambda: intake.status().connected)
    with mosquitto(tmp_path / "two", users, port=port):
        until(lambda: parts.gaps)
        assert [gap.kind for gap in parts.gaps] == ["session-lost"]
        intake.stop()


def test_urgent_overtakes_a_flood(tmp_path):
    """The journal is held up, a flood piles up before it; the SOS comes before the flood's end."""
    urgent = TOPIC.replace("reading", "urgent")
    with running(tmp_path) as parts, parts.publisher() as publisher:
        parts.intake.stop()
        # Once something waits, nothing goes into the connection that is being closed.
        publisher.publish(TOPIC, said(seq=0))
        until(lambda: parts.broker.monitor().undelivered > 0)
        for n in range(1, 12_000):
            publisher.publish(TOPIC, said(seq=n))
        assert publisher.flush(60)
        publisher.publish(urgent, said(1, seq=99_999, signal="sos"))
        assert publisher.flush(20)
        parts.start_intake()
        until(lambda: parts.journal.last_offset() == 12_001, 60)
        (place,) = [row.offset for row in parts.rows() if row.topic == urgent]
        assert place < 12_001


def test_a_journal_that_lags_stops_the_reading(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.intake.writer.MOST_QUEUED", 200)
    with running(tmp_path) as parts, parts.publisher() as publisher:
        with parts.journal._lock:  # as a stalled disk would
            for n in range(6_000):
                publisher.publish(TOPIC, said(seq=n))
            assert publisher.flush(60)  # the broker takes it all
            until(parts.intake._writer.full)
            held = parts.intake.status().queue
            assert held < 6_000
            assert parts.journal.idle_at() is None
        until(lambda: len(sequence(parts)) == 6_000, 60)
        assert sorted(sequence(parts)) == list(range(6_000))
