"""A disk that fails or is full: nothing is acknowledged that is not safe, and it is said."""

import os

import pytest

from devices.dialects.head import peek
from gateway.clock import ManualClock, SystemClock
from gateway.intake.ballast import Ballast
from gateway.intake.broker import Backlog
from gateway.intake.faults import EXIT_CODE, JournalBusy, JournalFull
from gateway.intake.writer import Writer
from gateway.mqtt import Delivery, Ticket
from tests.intake.building import (
    AT,
    TOPIC,
    Process,
    a_journal,
    a_message,
    prepared,
    said,
    until,
)
from tests.parts import need_program

MIB = 1_048_576


def traced(folder, *inject: str) -> Process:
    """An intake whose write-ahead log meets a fault."""
    strace = need_program("strace", "apt-get install strace")
    log = folder / "journal.db-wal"
    options = [part for fault in inject for part in ("-e", f"inject={fault}")]
    calls = ",".join(fault.partition(":")[0] for fault in inject)
    quiet = ("-D", "-f", "-qq", "-o", "/dev/null")
    return Process(folder, strace, *quiet, "-P", str(log), "-e", f"trace={calls}", *options)


def numbers(folder):
    return [peek(row.payload).seq for row in a_journal(folder, SystemClock()).read(0, 10_000)]


def one_by_one(parts, numbers, ended=None):
    """Publish each by itself, so that each has its own commit; how many, until it `ended`."""
    with parts.publisher() as publisher:
        for n in numbers:
            if ended is not None and ended():
                return n
            publisher.publish(TOPIC, said(seq=n))
            assert publisher.flush(20)
            if ended is not None:
                until(lambda: ended() or parts.broker.monitor() == Backlog(0, 0))
    return numbers.stop


@pytest.mark.broker
@pytest.mark.enable_socket
def test_after_a_failed_fsync_the_process_ends_and_the_next_goes_on(tmp_path):
    parts = prepared(tmp_path).start_broker()
    try:
        with traced(tmp_path, "fsync,fdatasync:error=EIO:when=15") as process:
            sent = one_by_one(parts, range(60), process.ending)
            code, errors = process.ended()
        assert sent < 60
        assert code == EXIT_CODE
        assert "the gateway ends and starts anew from what is safely on disk" in errors
        one_by_one(parts, range(sent, 60))
        with Process(tmp_path) as again:
            until(lambda: parts.broker.monitor() == Backlog(0, 0), 40)
            again.stop()
        assert sorted(numbers(tmp_path)) == list(range(60))
    finally:
        parts.broker.stop()


@pytest.mark.broker
@pytest.mark.enable_socket
def test_on_a_full_disk_nothing_is_acknowledged_until_there_is_space(tmp_path):
    parts = prepared(tmp_path).start_broker()
    try:
        with traced(tmp_path, "pwrite64:error=ENOSPC:when=30..33") as process:
            one_by_one(parts, range(60), process.ending)
            errors = process.stop()
        assert "journal.refused" in errors
        assert "database or disk is full" in errors
        assert "journal.recovered" in errors
        assert sorted(numbers(tmp_path)) == list(range(60))
    finally:
        parts.broker.stop()


class Disk:
    """A journal whose disk is full, or held by another, until told otherwise."""

    def __init__(self, journal, error):
        self._journal, self.error = journal, error

    def append(self, messages):
        if self.error:
            raise self.error
        return self._journal.append(messages)

    def queued_by(self, queued):
        self._journal.queued_by(queued)


def full():
    return JournalFull("journal", "messages", "database or disk is full", "make room")


def busy():
    return JournalBusy("journal", "messages", "database is locked", "close the other")


@pytest.mark.parametrize("error", [full(), busy()])
def test_a_refused_batch_is_kept_and_stored_later(tmp_path, monkeypatch, error):
    monkeypatch.setattr("gateway.intake.writer.RETRY_S", 0.01)
    journal = a_journal(tmp_path)
    disk, acknowledged, missing = Disk(journal, error), [], []
    ballast = Ballast(tmp_path / "ballast", 1)
    writer = Writer(
        disk, ballast, ManualClock(AT), acknowledged.extend, on_missing=lambda *m: missing.append(m)
    )
    writer.start()
    for n in range(10):
        writer.offer(Delivery(TOPIC, said(seq=n), False, Ticket(1, n + 1)), backlog=False)
    until(lambda: writer.written().problem)
    assert (acknowledged, journal.last_offset(), writer.written().queued) == ([], 0, 10)
    disk.error = None
    until(lambda: writer.settled == 10)
    writer.stop()
    assert [ticket.mid for ticket in acknowledged] == list(range(1, 11))
    assert writer.written().problem == ""


def test_a_full_disk_gives_its_ballast_to_the_alerts(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.intake.writer.RETRY_S", 0.01)
    disk = Disk(a_journal(tmp_path), full())
    ballast = Ballast(tmp_path / "ballast", 1)
    writer = Writer(disk, ballast, ManualClock(AT), lambda _: None, on_missing=lambda *_: None)
    writer.start()
    assert (tmp_path / "ballast").stat().st_size == MIB
    space = [False]
    hold = ballast.hold
    monkeypatch.setattr(ballast, "hold", lambda: space[0] and hold())
    writer.offer(Delivery(TOPIC, said(seq=1), False, Ticket(1, 1)), backlog=False)
    until(lambda: not (tmp_path / "ballast").exists())
    disk.error = None  # a little space came back, but not yet the ballast's
    assert writer.settled == 0
    space[0] = True
    until(lambda: writer.settled == 1)
    writer.stop()
    assert (tmp_path / "ballast").stat().st_size == MIB


def test_a_writer_that_is_stopped_on_a_full_disk_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.intake.writer.RETRY_S", 0.01)
    disk, acknowledged = Disk(a_journal(tmp_path), full()), []
    writer = Writer(
        disk,
        Ballast(tmp_path / "ballast", 0),
        ManualClock(AT),
        acknowledged.extend,
        on_missing=lambda *_: None,
    )
    writer.start()
    writer.offer(Delivery(TOPIC, b"", False, Ticket(1, 1)), backlog=False)
    until(lambda: writer.written().problem)
    writer.stop()
    assert (acknowledged, writer._thread.is_alive()) == ([], False)


def test_a_message_that_nobody_foresaw_holds_up_no_other(tmp_path):
    journal = a_journal(tmp_path)
    poison = "homecare/v1/\ud800/x/y/reading"  # cannot be written as UTF-8
    appended = []
    real = journal.append

    class Picky(Disk):
        def append(self, messages):
            if any("\ud800" in message.topic for message in messages):
                raise ValueError("what is this?")
            appended.extend(messages)
            return real(messages)

    acknowledged = []
    writer = Writer(
        Picky(journal, None),
        Ballast(tmp_path / "ballast", 0),
        ManualClock(AT),
        acknowledged.extend,
        on_missing=lambda *_: None,
    )
    for mid, topic in enumerate((TOPIC, poison, TOPIC), start=1):
        writer.offer(Delivery(topic, said(seq=mid), False, Ticket(1, mid)), backlog=False)
    writer.start()
    until(lambda: len(acknowledged) == 3)
    writer.stop()
    assert [row.topic == TOPIC for row in journal.read(0, 10)] == [True, False, True]


def test_another_program_that_holds_the_journal_is_named(tmp_path, monkeypatch):
    import sqlite3

    monkeypatch.setattr("gateway.db.engine.BUSY_TIMEOUT_S", 0.05)
    journal = a_journal(tmp_path)
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(JournalBusy, match="Close the program that holds"):
            journal.append([a_message(said(seq=1))])
    finally:
        other.close()
    assert journal.append([a_message(said(seq=1))]).stored == 1


def test_a_ballast_without_room_is_not_held(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    ballast = Ballast(tmp_path / "ballast", 1)
    assert not ballast.hold()
    assert not (tmp_path / "ballast").exists()
