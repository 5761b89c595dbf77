"""What is particular to the embedded store: one file, one process, atomic, erased for good."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.errors import Failed
from gateway.config import Settings
from gateway.series import open_store
from gateway.series.duckdb import DuckDBStore
from gateway.series.store import FOREVER, Query
from tests.series.builders import T0, motion, reading

WRITER = """
import sys
from pathlib import Path
from gateway.series.duckdb import DuckDBStore
from tests.series.builders import reading
store = DuckDBStore(Path(sys.argv[1]), memory_mib=128)
offset = store.offset()
while True:
    batch = [reading(offset + 1 + n // 3, index=n % 3) for n in range(300)]
    offset += 100
    store.write(batch, offset)
    print(offset, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "readings.duckdb"


def test_rows_and_offset_are_one_when_killed_in_between(path) -> None:
    """SIGKILL at any moment: each offset's readings are there exactly once, or not at all."""
    acknowledged = 0
    for round_ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(3 + round_):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        store = DuckDBStore(path, memory_mib=128)
        offset = store.offset()
        assert offset >= acknowledged, "what was written is there after a kill"
        columns = store.read(Query("donegal"))
        held = list(zip(columns.offset.tolist(), columns.index.tolist(), strict=True))
        assert held == [(n, i) for n in range(1, offset + 1) for i in range(3)]
        store.close()


def test_a_failed_write_leaves_nothing(path) -> None:
    store = DuckDBStore(path)
    store.write([reading(1)], 1)
    bad = reading(2, x="not a number")
    with pytest.raises(ValueError, match="not a number"):
        store.write([reading(3), bad], 3)
    assert store.offset() == 1
    assert len(store.read(Query("donegal"))) == 1
    store.write([reading(2), reading(3)], 3)
    assert len(store.read(Query("donegal"))) == 3
    store.close()


def test_erased_bytes_are_gone_from_the_file(path) -> None:
    store = DuckDBStore(path)
    mark, other = "res-erase-me-entirely", "res-who-stays-here"
    rows = [reading(n, resident=mark if n % 2 else other) for n in range(1, 3001)]
    store.write(rows, 3000)
    store.close()  # into the file itself
    assert mark.encode() in path.read_bytes()
    store = DuckDBStore(path)
    store.write([reading(3001, resident=mark)], 3001)  # and into the write-ahead log
    assert store.erase(mark) == 1501
    folder = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    assert mark.encode() not in folder
    assert other.encode() in folder
    assert len(store.read(Query("donegal", resident=other))) == 1500
    assert store.offset() == 3001
    store.close()


def test_an_erasure_killed_half_way_is_as_if_it_had_not_begun(path) -> None:
    store = DuckDBStore(path)
    store.write([reading(1)], 1)
    store.close()
    half = path.with_suffix(".rewritten")
    half.write_bytes(b"half a file")
    store = DuckDBStore(path)
    assert not half.exists()
    assert store.erase("res-1") == 1
    store.close()


def test_a_second_process_is_told_why(path) -> None:
    store = DuckDBStore(path)
    code = f"from gateway.series.duckdb import *; DuckDBStore(Path({str(path)!r}))"
    command = [sys.executable, "-c", code]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert other.returncode != 0
    assert "One process at a time" in other.stderr
    store.close()


def test_the_file_is_its_owners_alone(path) -> None:
    store = DuckDBStore(path)
    assert path.stat().st_mode & 0o077 == 0
    store.close()


def test_it_is_read_from_many_threads_while_it_is_written_and_erased(path) -> None:
    store = DuckDBStore(path)
    store.write([motion(1)], 1)
    problems: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        last = 0
        try:
            while not done.is_set():
                size = len(store.read(Query("donegal", own=True)))
                assert size >= last, "a reader never goes back in time"
                last = size
                store.latest(Query("donegal"))
        except BaseException as error:  # noqa: BLE001  # brought to the test's own thread
            problems.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(2, 80):
        store.write([motion(n), reading(n, index=1)], n)
        if n % 20 == 0:
            assert store.erase("res-1") > 0
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(store.read(Query("donegal", own=True))) == 79
    store.close()


def test_the_log_is_emptied_while_it_is_written_and_read(path, monkeypatch) -> None:
    """A transaction left open anywhere would stop every checkpoint, and memory would grow."""
    monkeypatch.setattr("gateway.series.duckdb.WAL_LIMIT", "1MB")
    store = DuckDBStore(path, memory_mib=128)
    log = path.with_name(path.name + ".wal")
    for n in range(40):
        store.write([reading(n + 1, index=i) for i in range(1000)], n + 1)
        store.latest(Query("donegal"))
        store.buckets(Query("donegal", start=T0, end=T0 + 50_000), 1000)
        assert store.health().ok
    assert not log.exists() or log.stat().st_size < 2 * 2**20
    assert path.stat().st_size > 100_000
    store.close()


def test_a_closed_store_says_so(path) -> None:
    store = DuckDBStore(path)
    store.close()
    with pytest.raises(Failed, match="closed"):
        store.read(Query("donegal"))
    assert not store.health().ok


def test_it_opens_again_after_a_fatal_write(path, monkeypatch) -> None:
    """A full disk makes DuckDB refuse everything until it is opened anew."""
    store = DuckDBStore(path)
    store.write([reading(1)], 1)

    def full(*_: object) -> None:
        raise duckdb.IOException("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("gateway.series.duckdb._write", full)
        with pytest.raises(Failed, match="No space"):
            store.write([reading(2)], 2)
    store.write([reading(2)], 2)
    assert store.offset() == 2
    assert len(store.read(Query("donegal"))) == 2
    store.close()


def test_settings_bind_memory_and_threads(tmp_path) -> None:
    store = open_store(Settings(data=tmp_path, series={"memory_mib": 200}))
    assert isinstance(store, DuckDBStore)
    with store._cursor("test") as cursor:
        row = cursor.execute(
            "SELECT current_setting('threads'), current_setting('memory_limit')"
        ).fetchone()
    assert row == (1, "200.0 MiB")
    store.close()


WRITES = st.lists(
    st.builds(
        lambda at, who, device, place: {
            "at": T0 + at,
            "resident": who,
            "device": device,
            "place": place,
        },
        st.integers(0, 9),
        st.sampled_from([None, "res-1", "res-2"]),
        st.sampled_from(["cuff-1", "cuff-2"]),
        st.sampled_from([None, "hall"]),
    ),
    max_size=25,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=WRITES, after=WRITES, erased=st.booleans())
def test_the_newest_at_hand_are_the_newest_in_the_file(
    tmp_path_factory, before, after, erased
) -> None:
    store = DuckDBStore(tmp_path_factory.mktemp("n") / "r.duckdb", memory_mib=128)
    rows = [reading(n // 2, index=n % 2, **said) for n, said in enumerate([*before, *after], 2)]
    store.write(rows[: len(before)], 1000)
    store.latest(Query("donegal"))
    store.write([msgspec.structs.replace(r, offset=r.offset + 1000) for r in rows], 2000)
    if erased:
        store.erase("res-1")
    for narrow in ({}, {"resident": "res-2"}, {"own": True}, {"start": T0 + 5}, {"home": "x"}):
        at_hand = store.latest(Query("donegal", **narrow))
        in_file = store.latest(Query("donegal", **narrow, end=FOREVER - 1))
        assert at_hand == in_file
    store.close()
