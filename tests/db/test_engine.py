"""Opening, writing, reading: what holds for every use of the databases."""

import stat
import threading

import pytest
from sqlalchemy import Column, ForeignKey, MetaData, String, Table, func, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from devices.errors import Failed
from gateway.db import Id, Int64, open_journal, open_state, reading, writing

metadata = MetaData()
thing = Table("thing", metadata, Column("id", Id, primary_key=True), Column("at", Int64))
part = Table(
    "part",
    metadata,
    Column("id", Id, primary_key=True),
    Column("thing", Id, ForeignKey("thing.id"), nullable=False),
    Column("word", String),
)


@pytest.fixture
def engine(tmp_path):
    made = open_state(tmp_path / "state.db")
    metadata.create_all(made)
    yield made
    made.dispose()


def count(engine):
    with reading(engine) as conn:
        return conn.execute(select(func.count()).select_from(thing)).scalar_one()


@pytest.mark.parametrize("opener", [open_state, open_journal])
def test_every_commit_is_on_disk_and_readers_never_wait(tmp_path, opener):
    engine = opener(tmp_path / "new" / "file.db")
    with reading(engine) as conn:
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "FULL"
        assert conn.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000
    engine.dispose()


def test_only_its_owner_can_read_the_file(tmp_path, engine):
    modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("state.db", "state.db-wal", "state.db-shm"), 0o600)


def test_writing_commits(engine):
    with writing(engine) as conn:
        conn.execute(insert(thing).values(at=2**53))
    assert count(engine) == 1


def test_writing_rolls_all_back_when_the_block_raises(engine):
    with pytest.raises(IntegrityError), writing(engine) as conn:
        conn.execute(insert(thing), [{"id": 1}, {"id": 1}])
    assert count(engine) == 0


def test_a_write_inside_reading_is_refused_not_lost(engine):
    with pytest.raises(OperationalError, match="readonly"), reading(engine) as conn:
        conn.execute(insert(thing).values(at=1))
    with writing(engine) as conn:
        conn.execute(insert(thing).values(at=1))
    assert count(engine) == 1, "the pooled connection writes again"


def test_a_reader_sees_one_moment(engine):
    with reading(engine) as conn:
        before = conn.execute(select(func.count()).select_from(thing)).scalar_one()
        with writing(engine) as other:
            other.execute(insert(thing).values(at=1))
        assert conn.execute(select(func.count()).select_from(thing)).scalar_one() == before
    assert count(engine) == before + 1


def test_many_threads_write_and_none_is_turned_away(engine):
    failures = []

    def write():
        try:
            for _ in range(20):
                with writing(engine) as conn:
                    seen = conn.execute(select(func.count()).select_from(thing)).scalar_one()
                    conn.execute(insert(thing).values(at=seen))
        except OperationalError as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with reading(engine) as conn:
        seen = conn.execute(select(thing.c.at).order_by(thing.c.at)).scalars().all()
    assert seen == list(range(80)), "read and write of one transaction are never torn apart"


def test_foreign_keys_hold(engine):
    with pytest.raises(IntegrityError), writing(engine) as conn:
        conn.execute(insert(part).values(thing=99, word="x"))


def test_an_error_never_quotes_a_bound_value(engine):
    with pytest.raises(IntegrityError) as caught, writing(engine) as conn:
        conn.execute(insert(part).values(thing=99, word="a secret of anna"))
    assert "anna" not in str(caught.value)


def test_another_programs_file_is_refused(tmp_path):
    strange = tmp_path / "state.db"
    strange.write_bytes(b"this is a letter, not a database " * 100)
    with pytest.raises(Failed, match="not a database"):
        open_state(strange)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Failed, match="file"):
        open_state(tmp_path / "file" / "state.db")
