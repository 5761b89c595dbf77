"""The journal: what is recognised as the same, what is kept, and for how long."""

import sqlite3

import pytest

from gateway.clock import ManualClock
from gateway.intake.journal import DAY_MS, Flag
from tests.intake.building import AT, TOPIC, a_journal, a_message, said

URGENT = "homecare/v1/donegal/home-1/meter/urgent"
HOUR = 3_600_000


@pytest.fixture
def clock():
    return ManualClock(AT)


@pytest.fixture
def journal(tmp_path, clock):
    return a_journal(tmp_path, clock)


def payloads(journal):
    return [row.payload for row in journal.read(0, 1000)]


def test_rows_come_back_in_the_order_of_arrival(journal):
    journal.append([a_message(said(90 + n, seq=n)) for n in range(5)])
    assert [row.offset for row in journal.read(0, 1000)] == [1, 2, 3, 4, 5]
    assert [row.offset for row in journal.read(2, 2)] == [3, 4]
    assert journal.last_offset() == 5


def test_the_next_life_goes_on_where_the_last_ended(tmp_path, clock):
    a_journal(tmp_path, clock).append([a_message(said(seq=1))])
    again = a_journal(tmp_path, clock)
    assert payloads(again) == [said(seq=1)]
    assert again.append([a_message(said(seq=1)), a_message(said(seq=2))]).stored == 1
    assert again.last_offset() == 2


@pytest.mark.parametrize("payload", [said(seq=7), said(time=AT), said(seq=7, time=AT)])
def test_what_a_number_or_a_time_identifies_is_kept_once(tmp_path, clock, journal, payload):
    assert journal.append([a_message(payload), a_message(payload)]).duplicates == 1
    assert journal.append([a_message(payload)]).duplicates == 1
    assert a_journal(tmp_path, clock).append([a_message(payload)]).duplicates == 1


def test_the_same_payload_of_two_devices_is_two(journal):
    other = TOPIC.replace("home-1", "home-2")
    assert journal.append([a_message(said(seq=1)), a_message(said(seq=1), other)]).stored == 2


def test_two_identical_motions_are_two_and_marked(journal):
    assert journal.append([a_message(), a_message()]).stored == 2
    assert {row.flags for row in journal.read(0, 10)} == {Flag.REPEATED}


def test_a_counter_that_began_anew_is_taken_as_new_and_flagged(journal):
    journal.append([a_message(said(95, seq=n)) for n in range(40)])
    journal.append([a_message(said(88, seq=3))])
    assert journal.read(0, 100)[-1].flags == Flag.CLASH


def test_a_redelivery_is_no_clash(journal):
    batch = [a_message(said(95, seq=n)) for n in range(40)]
    journal.append(batch)
    assert journal.append(batch[20:]).duplicates == 20


def test_missing_numbers_are_told_once_they_can_no_longer_come(journal):
    journal.append([a_message(said(seq=n)) for n in range(100) if n not in {50, 51}])
    appended = journal.append([a_message(said(seq=100), at=AT + 61_000)])
    assert appended.missing == (("donegal/home-1/meter", 2),)


def test_an_sos_after_a_battery_change_never_vanishes(journal):
    press = said(1, seq=1, signal="sos")
    journal.append([a_message(press, URGENT)])
    assert journal.append([a_message(press, URGENT, AT + HOUR - 1)]).duplicates == 1
    assert journal.append([a_message(press, URGENT, AT + HOUR + 1)]).stored == 1
    again = journal.read(1, 10)[0]
    assert again.flags == Flag.URGENT | Flag.CLASH
    # The broker brings the second one again: it is known.
    assert journal.append([a_message(press, URGENT, AT + HOUR + 60_000)]).duplicates == 1


def test_receipt_never_falls_and_a_stepped_clock_is_marked(journal):
    journal.append([a_message(said(seq=1), at=AT + 60_000)])
    journal.append([a_message(said(seq=2), at=AT)])
    first, second = journal.read(0, 10)
    assert first.received_at == second.received_at == AT + 60_000
    assert second.flags == Flag.UNSURE


def test_a_clock_before_the_last_receipt_is_told(tmp_path, clock):
    a_journal(tmp_path, clock).append([a_message(said(seq=1), at=AT + 60_000)])
    assert a_journal(tmp_path, clock).behind_ms() == 60_000


def test_an_oversized_message_keeps_its_head_and_size(tmp_path, clock):
    journal = a_journal(tmp_path, clock, payload_limit=256)
    journal.append([a_message(b"[" * 300)])
    (row,) = journal.read(0, 10)
    assert (row.flags & Flag.OVERSIZED, row.part, len(row.payload)) == (Flag.OVERSIZED, 300, 256)


def test_the_file_tells_no_value(tmp_path, journal):
    journal.append([a_message(said(61, seq=n, signal="spo2"), at=AT + n) for n in range(50)])
    written = b"".join(
        file.read_bytes() for file in tmp_path.iterdir() if file.name.startswith("journal.db")
    )
    assert b"donegal" in written
    assert b"spo2" not in written
    assert b'"value"' not in written


def test_equal_values_look_different_in_the_file(tmp_path, journal):
    journal.append([a_message(), a_message()])
    with sqlite3.connect(tmp_path / "journal.db") as file:
        sealed = [row[0] for row in file.execute("SELECT payload FROM journal")]
    file.close()
    assert sealed[0] != sealed[1]


def test_destroying_a_key_erases_what_it_sealed(tmp_path, clock, journal):
    journal.append([a_message(said(seq=1))])
    (old,) = journal.keyring.keys("donegal", "home-1")
    journal.keyring.rotate("donegal", "home-1")
    journal.append([a_message(said(seq=2))])
    journal.keyring.destroy(old)
    later = a_journal(tmp_path, clock)
    erased, kept = later.read(0, 10)
    assert (erased.payload, erased.flags & Flag.WITHHELD) == (b"", Flag.WITHHELD)
    assert kept.payload == said(seq=2)


def test_a_payload_cannot_be_moved_to_another_home(tmp_path, clock, journal):
    journal.append([a_message(said(seq=1))])
    with sqlite3.connect(tmp_path / "journal.db") as file:
        file.execute("UPDATE journal SET topic = replace(topic, 'home-1', 'home-2')")
    file.close()
    assert payloads(a_journal(tmp_path, clock)) == [b""]


def test_idle_is_a_promise(journal, clock):
    promised = journal.idle_at()
    assert promised == AT
    journal.append([a_message(said(seq=1), at=AT - 500)])
    assert journal.read(0, 1)[0].received_at >= promised


def test_nothing_is_promised_while_messages_wait(journal):
    journal.queued_by(lambda: True)
    assert journal.idle_at() is None


def test_pruning_stops_at_what_a_projection_has_not_consumed(tmp_path, clock):
    journal = a_journal(tmp_path, clock, retention_days=1)
    journal.append([a_message(said(seq=n)) for n in range(10)])
    late = AT + 2 * DAY_MS
    assert journal.prune(late) == 0  # nobody has claimed anything
    journal.claim("rules", 7)
    journal.claim("series", 4)
    assert journal.prune(late) == 4
    journal.claim("series", 10)
    journal.claim("rules", 10)
    assert journal.prune(late) == 5  # the last row stays: offsets go on after it
    assert a_journal(tmp_path, clock).last_offset() == 10


def test_pruning_keeps_what_is_young(tmp_path, clock):
    journal = a_journal(tmp_path, clock, retention_days=1)
    journal.append([a_message(said(seq=n)) for n in range(10)])
    journal.claim("rules", 10)
    assert journal.prune(AT + DAY_MS - 1) == 0


def test_claims_survive_once_pruned(tmp_path, clock, journal):
    journal.append([a_message(said(seq=1))])
    journal.claim("rules", 1)
    journal.prune(AT)
    assert a_journal(tmp_path, clock).claims() == {"rules": 1}


def test_a_redaction_waits_for_every_projection_and_leaves_no_byte(tmp_path, clock, journal):
    journal.append([a_message(said(seq=n)) for n in range(3)])
    journal.claim("rules", 3)
    journal.claim("series", 1)
    journal.redact([2])
    journal.prune(AT)
    assert journal.read(1, 1)[0].payload == said(seq=1)
    journal.claim("series", 2)
    journal.prune(AT)
    row = journal.read(1, 1)[0]
    assert (row.payload, row.flags) == (b"", Flag.WITHHELD)


def test_a_withheld_message_leaves_no_byte(tmp_path, clock):
    journal = a_journal(tmp_path, clock, withhold=lambda _: True)
    journal.append([a_message(said(seq=1))])
    with sqlite3.connect(tmp_path / "journal.db") as file:
        assert file.execute("SELECT payload FROM journal").fetchone() == (None,)
    file.close()
    assert journal.read(0, 1)[0].flags == Flag.WITHHELD


def test_a_tick_moves_its_site_clock_and_no_other(journal):
    tick = "homecare/v1/demo/_site/clock/reading"
    here = "homecare/v1/demo/home-1/meter/reading"
    journal.append(
        [
            a_message(said(seq=1), here),
            a_message(b'{"signal":"tick","time":5000}', tick),
            a_message(said(seq=2), here),
            a_message(b'{"signal":"tick","time":4000}', tick),  # never backwards
            a_message(said(seq=3), here),
            a_message(said(seq=1)),
        ]
    )
    assert [row.site_at for row in journal.read(0, 10)] == [None, 5000, 5000, 5000, 5000, None]


def test_consumers_are_woken(journal):
    assert not journal.wait(0, 0.0)
    journal.append([a_message(said(seq=1))])
    assert journal.wait(0, 0.0)


def test_reading_far_back_asks_the_file(tmp_path, clock, monkeypatch):
    monkeypatch.setattr("gateway.intake.journal.TAIL_ROWS", 10)
    journal = a_journal(tmp_path, clock)
    journal.append([a_message(said(seq=n)) for n in range(100)])
    everything = journal.read(0, 1000)
    assert [row.offset for row in everything] == list(range(1, 101))
    assert journal.read(95, 10) == everything[95:]
    assert journal.one(50) == everything[49]
