"""When parts of the machine fail: alerts come first, nothing is lost, nothing is told twice."""

import pytest
from sqlalchemy.exc import OperationalError

from devices.errors import Failed
from gateway.series.duckdb import DuckDBStore
from tests.building import a_device, a_home, a_site
from tests.stories.world import HOUR, MINUTE, SECOND, START


def a_clip():
    return a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])])


class Fragile(DuckDBStore):
    """A store that is down when told to be."""

    down = False

    def write(self, readings, offset):
        if self.down:
            raise Failed("store readings", "duckdb", "down")
        super().write(readings, offset)

    def read(self, query):
        if self.down:
            raise Failed("read readings", "duckdb", "down")
        return super().read(query)


def test_alerts_come_while_the_store_is_down_and_it_catches_up_by_itself(world, tmp_path):
    store = Fragile(tmp_path / "series" / "readings.duckdb", 128)
    it = world(a_clip(), store=store)
    store.down = True
    for minute in range(60):
        it.say("clip", "spo2", 97 if minute < 50 else 85)
        it.wait(MINUTE)
        it.projector.step()
    assert len(it.care()) == 1
    assert store.offset() == 0
    store.down = False
    it.clock.advance(2 * MINUTE)
    it.stored()
    assert store.offset() == it.journal.last_offset()
    assert store.counts("donegal") == {"spo2": 60}


def test_a_replay_waits_for_the_store(world, tmp_path):
    """After a restart there is no checkpoint to go back to: only the store knows the past."""
    store = Fragile(tmp_path / "series" / "readings.duckdb", 128)
    it = world(a_clip(), store=store)
    it.say("clip", "spo2", 97)
    it.stored()
    it.wait(HOUR, step=10 * MINUTE)
    it.kill()
    store.down = True
    at = it.clock.now() - 30 * MINUTE
    for minute in range(8):
        it.say("clip", "spo2", 86, at=at + minute * MINUTE)
    it.wait(MINUTE)
    assert it.care() == []
    store.down = False
    it.wait(MINUTE)
    assert len(it.care()) == 1


def test_a_replay_from_a_checkpoint_needs_no_store(world, tmp_path):
    store = Fragile(tmp_path / "series" / "readings.duckdb", 128)
    it = world(a_clip(), store=store)
    it.say("clip", "spo2", 97)
    it.wait(HOUR, step=10 * MINUTE)
    store.down = True
    at = it.clock.now() - 30 * MINUTE
    for minute in range(8):
        it.say("clip", "spo2", 86, at=at + minute * MINUTE)
    it.wait(MINUTE)
    [alert] = it.care()
    assert (alert.onset_at, alert.late) == (at + 5 * MINUTE, True)


def test_a_database_that_refuses_loses_and_doubles_nothing(world, monkeypatch):
    from gateway.watch import settling as module

    it = world(a_clip())
    monkeypatch.setattr(module, "RETRY_S", 0)
    it.say("clip", "spo2", 85)
    it.wait(4 * MINUTE)
    real = module.keeping.keep

    def refuse(*args):
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    monkeypatch.setattr(module.keeping, "keep", refuse)
    it.wait(3 * MINUTE)
    assert it.care() == []
    assert it.host.problem
    monkeypatch.setattr(module.keeping, "keep", real)
    it.wait(MINUTE)
    [alert] = it.care()
    assert alert.occurrences == 1
    assert not it.host.problem


def test_a_fault_in_a_handler_is_itself_an_alert_and_the_rest_goes_on(world, monkeypatch):
    from gateway.watch import sites

    it = world(a_clip())
    real = sites.place
    broken = []

    def fail(row, directory):
        if b"boom" in row.payload:
            broken.append(row.offset)
            raise ZeroDivisionError
        return real(row, directory)

    monkeypatch.setattr(sites, "place", fail)
    it.publish("clip", b'{"signal": "boom"}')
    it.say("clip", "spo2", 85)
    it.wait(6 * MINUTE)
    assert broken
    assert it.alert("handler-failed") is not None
    assert len(it.care()) == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"signal": "spo2", "value": NaN}',
        b'{"signal": "spo2", "value": 1e999}',
        b'{"signal": "spo2", "value": 85, "value": 97}',
        b"[" * 500 + b"]" * 500,
        b'{"signal": "unknown", "value": 1}',
        b'{"signal": "spo2", "value": 85, "time": "1970-01-01T00:00:00Z"}',
    ],
)
def test_bad_input_ends_somewhere_and_raises_no_care_alert(world, payload):
    it = world(a_clip())
    it.publish("clip", payload)
    it.wait(2 * MINUTE)
    assert it.care() == []
    assert it.host.offset == it.journal.last_offset()


def test_a_stranger_and_a_spoofed_home_are_dead_letters(world):
    from gateway.db import reading
    from gateway.intake import deadletters

    it = world(a_clip())
    it.publish("nobody", {"signal": "spo2", "value": 85})
    it.publish("clip", {"signal": "spo2", "value": 85}, home="home-9")
    it.wait(10 * SECOND, step=SECOND)
    from gateway.access import Role
    from tests.building import viewer

    with reading(it.engine) as conn:
        found = deadletters.listing(conn, viewer(Role.COORDINATOR, "*"), "donegal", 10, None)
    assert {letter.code for letter in found} == {"unknown-device", "unknown-home"}
    assert it.care() == []


def test_an_acknowledgement_that_ran_out_while_the_gateway_was_down(world):
    it = world(a_clip())
    it.say("clip", "spo2", 85)
    it.wait(6 * MINUTE)
    it.takes(it.care()[0])
    it.clock.advance(HOUR)
    it.kill()
    it.run()
    [alert] = it.care()
    assert (alert.state, alert.owner_name) == ("unacknowledged", None)
    assert alert.raised_at > START
