"""Consent at the door: what may not be kept is not written, or goes as soon as it can."""

import pytest

from gateway.clock import ManualClock
from gateway.config import load
from gateway.db import journal_metadata, open_journal
from gateway.intake.consent import gate
from gateway.intake.keyring import Keyring
from gateway.intake.run import open_journal_of
from gateway.intake.seals import Seals
from tests.building import (
    a_device,
    a_home,
    a_resident,
    a_site,
    directory_of,
    registry_with,
    state_engine,
)
from tests.intake.building import AT, TOPIC, a_message

HOUR = 3_600_000


def withheld(payload, *, clock="wall", site_at=None, at=AT, topic=TOPIC, **resident):
    site = a_site(
        clock=clock,
        homes=[
            a_home(residents=[a_resident(**resident)], devices=[a_device("meter", owner="anna")])
        ],
    )
    withhold = gate(lambda: directory_of(site), lambda _: site_at)
    return withhold(a_message(payload, topic, at))


def spo2(time=None):
    return b'{"signal":"spo2","value":97%s}' % (b"" if time is None else b',"time":%d' % time)


def test_with_consent_everything_is_written():
    assert not withheld(spo2())
    assert not withheld(b"rubbish")


def test_without_consent_no_value_is_written():
    assert withheld(spo2(), consent=None)
    assert withheld(spo2(), consent=0, consent_until=AT)


def test_a_value_from_before_a_withdrawal_is_written():
    assert not withheld(spo2(AT - HOUR), consent=0, consent_until=AT - 1)
    assert withheld(spo2(AT - HOUR), consent=0, consent_until=AT - 2 * HOUR)


def test_rubbish_is_written_so_that_it_can_be_looked_into():
    assert not withheld(b"rubbish", consent=None)


def test_who_is_nobody_is_written_as_a_dead_letter():
    assert not withheld(spo2(), topic=TOPIC.replace("meter", "ghost"), consent=None)
    assert not withheld(spo2(), topic="rubbish", consent=None)


def test_a_data_site_asks_for_consent_at_its_own_time():
    assert not withheld(spo2(), clock="data", site_at=5_000, consent=0, consent_until=10_000)
    assert withheld(spo2(), clock="data", site_at=50_000, consent=0, consent_until=10_000)


@pytest.fixture
def built(tmp_path):
    clock = ManualClock(AT)
    anna = a_resident("anna", until=AT + HOUR)
    bert = a_resident("bert", since=AT + HOUR)
    home = a_home("home-1", residents=[anna, bert], devices=["meter"])
    registry = registry_with(state_engine(tmp_path), a_site(homes=[home]), clock=clock)
    engine = open_journal(tmp_path / "journal.db")
    journal_metadata.create_all(engine)
    journal, seals = open_journal_of(load(None, data=tmp_path), engine, clock, registry)
    return clock, registry, journal, seals


def test_a_new_occupancy_gets_a_new_key(built):
    clock, registry, journal, seals = built
    journal.append([a_message(spo2())])
    (first,) = journal.keyring.keys("donegal", "home-1")
    seals.follow(registry.directory)
    assert journal.keyring.keys("donegal", "home-1") == [first]
    clock.advance(2 * HOUR)
    seals.follow(registry.directory)
    journal.append([a_message(spo2())])
    assert len(journal.keyring.keys("donegal", "home-1")) == 2
    journal.keyring.destroy(first)
    assert [row.payload for row in _fresh(journal)] == [b"", spo2()]


def _fresh(journal):
    """Rows as the file has them."""
    journal._tail.clear()
    return journal.read(0, 10)


def test_who_lives_there_is_remembered_between_lives(tmp_path, built):
    clock, registry, journal, _ = built
    journal.append([a_message(spo2())])
    clock.advance(2 * HOUR)
    keyring = Keyring(tmp_path / "keys")
    Seals(keyring, tmp_path / "keys", clock).follow(registry.directory)
    assert len(keyring.keys("donegal", "home-1")) == 2


def test_homes_that_are_none_share_one_key(built):
    _, _, journal, _ = built
    for n in range(20):
        journal.append([a_message(spo2(), TOPIC.replace("home-1", f"made-up-{n}"))])
    assert journal.keyring.keys("donegal", "made-up-1") == []
    assert len(journal.keyring.keys("_", "_")) == 1
