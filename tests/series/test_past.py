"""A simulated past in the store: below the journal, whole days, once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from devices.errors import Refused
from gateway.series import past as pasts
from gateway.series.duckdb import DuckDBStore
from gateway.series.past import MISSING, Day, Owner, Past, Word
from gateway.series.sealed import ORDER_BITS, Sealed
from gateway.series.store import FOREVER, Query
from tests.series.builders import T0, reading

HOUR = 3_600_000


@pytest.fixture
def store(tmp_path: Path):
    made = DuckDBStore(tmp_path / "readings.duckdb", memory_mib=128)
    yield made
    made.close()


def a_past(day: int = 20_000, home: str = "home-1", messages: int = 6, maker: str = "a") -> Past:
    """Messages of two readings, a pulse of Anna's and the battery of her cuff, an hour apart."""
    size = 2 * messages
    at = T0 - 100 * HOUR + np.arange(size) // 2 * HOUR
    return Past(
        message=np.arange(size) // 2,
        index=np.arange(size) % 2,
        owner=np.zeros(size, np.int64),
        word=np.arange(size) % 2,
        x=np.where(np.arange(size) % 2, 80, 71),
        at=at,
        measured_at=np.where(np.arange(size) == 0, MISSING, at),
        received_at=at + 5,
        quality=np.zeros(size, np.int64),
        owners=(Owner("donegal", home, "cuff-1", "res-1", None),),
        words=(Word("pulse", "71", "/min"), Word("battery", "80", "%")),
        days=(Day("donegal", home, day, maker),),
    )


def test_what_was_written_is_read_with_offsets_below_the_journal(store) -> None:
    store.write([reading(1), reading(2)], 2)
    pasts.write(store, a_past())
    found = store.read(Query("donegal"))
    assert len(found) == 14
    past = found.offset < 0
    assert past.sum() == 12
    assert found.at[past].max() < found.at[~past].min()
    assert sorted(zip(found.offset[past].tolist(), found.index[past].tolist(), strict=True)) == [
        (-6 + n // 2, n % 2) for n in range(12)
    ]
    assert (np.diff(found.offset[past]) >= 0).all()
    assert store.offset() == 2
    store.write([reading(3)], 3)
    assert store.counts() == {"battery": 6, "pulse": 9}


def test_each_piece_lies_below_those_before_it(store) -> None:
    for day in (20_000, 20_001, 20_002):
        pasts.write(store, a_past(day))
    offsets = store.read(Query("donegal")).offset
    index = store.read(Query("donegal")).index
    assert set(offsets.tolist()) == set(range(-18, 0))
    assert len({*zip(offsets.tolist(), index.tolist(), strict=True)}) == 36


def test_a_day_without_a_reading_is_written_too(store) -> None:
    quiet = a_past()
    pasts.write(store, quiet.where(np.zeros(len(quiet), np.bool_)))
    assert pasts.days_of(store, "donegal") == {("home-1", 20_000): "a"}
    pasts.write(store, a_past(20_001))
    assert set(store.read(Query("donegal")).offset.tolist()) == set(range(-7, -1))


def test_a_day_is_written_once_and_a_refused_piece_leaves_nothing(store) -> None:
    pasts.write(store, a_past(20_000))
    both = replace(a_past(), days=(Day("donegal", "home-2", 9, "a"), a_past(20_000).days[0]))
    with pytest.raises(Refused, match="written already"):
        pasts.write(store, both)
    assert len(store.read(Query("donegal"))) == 12
    assert set(pasts.days_of(store, "donegal")) == {("home-1", 20_000)}


def test_what_fails_in_the_middle_leaves_nothing(store, monkeypatch) -> None:
    monkeypatch.setattr(pasts, "_WRITTEN", "INSERT INTO past SELECT no_such_column FROM past_days")
    with pytest.raises(Exception, match="no_such_column"):
        pasts.write(store, a_past())
    monkeypatch.undo()
    assert len(store.read(Query("donegal"))) == 0
    pasts.write(store, a_past())
    assert len(store.read(Query("donegal"))) == 12


def test_it_is_found_again_after_closing(store, tmp_path) -> None:
    pasts.write(store, a_past())
    store.close()
    again = DuckDBStore(tmp_path / "readings.duckdb", memory_mib=128)
    assert pasts.days_of(again, "donegal") == {("home-1", 20_000): "a"}
    assert pasts.days_of(again, "elsewhere") == {}
    pasts.write(again, a_past(20_001))
    assert again.read(Query("donegal")).offset.min() == -12
    again.close()


def test_the_newest_reading_is_the_pasts_where_nothing_newer_was_heard(store) -> None:
    assert store.latest(Query("donegal")) == []
    pasts.write(store, a_past())
    assert {row.signal: row.x for row in store.latest(Query("donegal"))} == {
        "pulse": 71,
        "battery": 80,
    }
    store.write([reading(1, x=99)], 1)
    assert {row.signal: row.x for row in store.latest(Query("donegal"))}["pulse"] == 99


def test_a_sealed_snapshot_holds_it_in_order(store, tmp_path) -> None:
    pasts.write(store, a_past())
    store.write([reading(1, at=T0 - 100 * HOUR)], 1)  # at the same moment as the first of the past
    digest = store.seal("donegal", 0, FOREVER, tmp_path / "s.sealed")
    snapshot = Sealed(tmp_path / "s.sealed", digest)
    (home,) = list(snapshot)
    pulse = next(channel for channel in home.channels if channel.signal == "pulse")
    assert (np.diff(pulse.at) >= 0).all()
    assert (pulse.order[:3] >> ORDER_BITS).tolist() == [-6, 1, -5]
    assert (pulse.order & ((1 << ORDER_BITS) - 1)).max() == 0
    snapshot.close()


def test_what_is_erased_stays_erased(store) -> None:
    pasts.write(store, a_past())
    assert store.erase("res-1") == 12
    assert len(store.read(Query("donegal"))) == 0
    with pytest.raises(Refused, match="written already"):
        pasts.write(store, a_past())


def test_a_past_is_removed_and_the_journals_readings_are_not(store) -> None:
    store.write([reading(1)], 1)
    pasts.write(store, a_past())
    pasts.write(store, a_past(home="home-2"))
    assert pasts.remove(store, "elsewhere") == 0
    assert pasts.remove(store, "donegal") == 24
    assert store.read(Query("donegal")).offset.tolist() == [1]
    pasts.write(store, a_past(maker="another"))
    assert len(store.read(Query("donegal"))) == 13


def test_who_was_heard_over_the_broker_is_known(store) -> None:
    store.write([reading(1), reading(2, home="home-2", at=T0 + HOUR)], 2)
    pasts.write(store, a_past(home="home-3"))
    homes = ["home-1", "home-2", "home-3"]
    assert pasts.journalled(store, "donegal", homes, 0, FOREVER) == {
        "home-1": T0 + 1000,
        "home-2": T0 + HOUR,
    }
    assert pasts.journalled(store, "donegal", homes, 0, T0) == {}


def test_a_parquet_file_holds_what_was_written(store, tmp_path) -> None:
    import duckdb

    store.write([reading(1)], 1)
    pasts.write(store, a_past())
    file = tmp_path / "it's donegal.parquet"
    assert pasts.export(store, "donegal", file) == 12
    assert pasts.export(store, "elsewhere", tmp_path / "none.parquet") == 0
    with duckdb.connect() as own:
        rows = own.execute(
            'SELECT min("offset"), count(*), sum(x), min(value), max(unit) FROM read_parquet(?)',
            [str(file)],
        ).fetchall()
    assert rows == [(-6, 12, 6 * 71 + 6 * 80, "71", "/min")]
