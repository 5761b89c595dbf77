"""One contract suite that every store passes."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.errors import Failed, Refused
from devices.reading import Quality, Reading
from gateway.series.duckdb import DuckDBStore
from gateway.series.influx import InfluxStore
from gateway.series.sealed import ORDER_BITS, Sealed
from gateway.series.store import Bucket, Query, Stay, Store
from tests.series.builders import T0, identities, motion, reading
from tests.series.servers import influxd

pytestmark = pytest.mark.enable_socket

Open = Callable[[], Store]
_numbers = count()


@pytest.fixture(scope="module")
def influx_url(tmp_path_factory) -> Iterator[str]:
    with influxd(tmp_path_factory.mktemp("influx")) as url:
        yield url


@pytest.fixture(params=["duckdb", pytest.param("influxdb", marks=pytest.mark.server)])
def reopen(request, tmp_path: Path) -> Iterator[Open]:
    """Opens the same store again and again, as a gateway that is restarted does."""
    opened: list[Store] = []
    bucket = f"homecare{next(_numbers)}"

    def open_it() -> Store:
        if request.param == "duckdb":
            store: Store = DuckDBStore(tmp_path / "readings.duckdb", memory_mib=256)
        else:
            url = request.getfixturevalue("influx_url")
            store = InfluxStore(tmp_path, url, bucket=bucket)
        opened.append(store)
        return store

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Open) -> Store:
    return reopen()


def found(store: Store, **asked) -> list[tuple[int, int]]:
    columns = store.read(Query("donegal", **asked))
    return list(zip(columns.offset.tolist(), columns.index.tolist(), strict=True))


def test_a_new_store_is_empty(store) -> None:
    assert store.offset() == 0
    assert len(store.read(Query("donegal"))) == 0
    assert store.latest(Query("donegal")) == []
    assert store.buckets(Query("donegal", start=0, end=10_000), 1000) == []
    assert store.counts() == {}
    assert store.health().ok


def test_what_is_written_is_read_in_order(store) -> None:
    late = reading(3, at=T0, signal="spo2", x=97, quality=int(Quality.UNTIMED), place="hall")
    store.write([reading(1), motion(2), late], 3)
    columns = store.read(Query("donegal"))
    assert columns.at.tolist() == [T0, T0 + 1000, T0 + 2000]
    assert columns.x.tolist() == [97, 61, 1]
    assert columns.offset.tolist() == [3, 1, 2]
    assert columns.quality.tolist() == [4, 0, 0]
    assert columns.signal.tolist() == ["spo2", "pulse", "motion"]
    assert columns.place.tolist() == ["hall", None, "kitchen"]
    assert columns.device.tolist() == ["cuff-1", "cuff-1", "pir-1"]
    assert columns.resident.tolist() == ["res-1", "res-1", None]
    assert columns.home.tolist() == ["home-1"] * 3
    assert columns.at.dtype == np.int64
    assert store.offset() == 3


def test_feeding_again_changes_nothing(reopen) -> None:
    store = reopen()
    everything = [reading(n) for n in range(1, 11)]
    store.write(everything[:6], 6)
    store.write(everything[:6], 6)
    store.write(everything[:4], 4)
    store.write(everything[3:], 10)
    assert found(store) == identities(everything)
    assert store.offset() == 10
    store.close()
    again = reopen()
    assert again.offset() == 10
    again.write(everything, 10)
    assert found(again) == identities(everything)


def test_the_offset_moves_without_readings(reopen) -> None:
    store = reopen()
    store.write([], 500)
    store.close()
    assert reopen().offset() == 500


def test_no_reading_overwrites_another(store) -> None:
    """Same device, signal and millisecond: told apart by journal offset and index alone."""
    same = [motion(n, at=T0, received_at=T0) for n in (1, 2)]
    listed = [motion(3, at=T0, received_at=T0, index=i) for i in range(4)]
    stuck = [motion(n, at=T0, received_at=T0 + 10**8) for n in (4, 1_000_004, 2_000_004)]
    store.write([*same, *listed, *stuck], 2_000_004)
    assert found(store) == identities([*same, *listed, *stuck])


def test_queries_narrow(store) -> None:
    store.write(
        [
            reading(1),
            motion(2),
            reading(3, resident="res-2", device="cuff-2"),
            reading(4, home="home-2", resident="res-3"),
            reading(5, site="vestland"),
            reading(6, signal="spo2", x=97, place="bedroom"),
            reading(7, quality=int(Quality.IMPLAUSIBLE | Quality.UNTIMED)),
        ],
        7,
    )

    def offsets(**asked) -> list[int]:
        return [offset for offset, _ in found(store, **asked)]

    assert offsets() == [1, 2, 3, 4, 6, 7]
    assert offsets(home="home-1") == [1, 2, 3, 6, 7]
    assert offsets(resident="res-1") == [1, 6, 7]
    assert offsets(home="home-1", own=True) == [2]
    assert offsets(signals=("spo2", "motion")) == [2, 6]
    assert offsets(place="bedroom") == [6]
    assert offsets(device="cuff-2") == [3]
    assert offsets(without=int(Quality.IMPLAUSIBLE)) == [1, 2, 3, 4, 6]
    assert offsets(before_offset=4) == [1, 2, 3]
    assert offsets(start=T0 + 2000, end=T0 + 4000) == [2, 3]
    assert offsets(limit=2) == [1, 2]
    assert offsets(limit=0) == []
    assert offsets(home="nowhere") == []


def test_a_limit_cuts_after_the_order_is_known(store) -> None:
    """Inside a millisecond the order is the journal's, wherever the cut falls."""
    rows = [motion(n, at=T0, received_at=T0 + (10**8 if n % 2 else 0)) for n in range(1, 8)]
    store.write([reading(0, at=T0 - 5), *rows], 7)
    for limit in range(1, 9):
        assert found(store, limit=limit) == found(store)[:limit]
    store.write([motion(1_000_001, at=T0)], 1_000_001)
    assert [offset for offset, _ in found(store, limit=9)][-1] == 1_000_001


def test_a_bucket_never_hides_a_peak(store) -> None:
    calm = [reading(n, x=70) for n in range(1, 600)]
    calm[300] = reading(301, x=190)
    calm[301] = reading(302, x=31)
    store.write(calm, 600)
    buckets = store.buckets(Query("donegal", start=T0, end=T0 + 600_000), 60_000)
    assert [b.start for b in buckets] == [T0 + n * 60_000 for n in range(10)]
    assert [b.count for b in buckets] == [59, *[60] * 9]
    assert (buckets[5].low, buckets[5].high) == (31, 190)
    assert buckets[5].mean == pytest.approx((58 * 70 + 190 + 31) / 60)
    assert {(b.low, b.high) for n, b in enumerate(buckets) if n != 5} == {(70, 70)}


def test_buckets_begin_where_the_query_does_and_empty_ones_are_left_out(store) -> None:
    store.write([reading(1, at=1_050, x=5), reading(2, at=9_999, x=7)], 2)
    assert store.buckets(Query("donegal", start=50, end=10_000), 1000) == [
        Bucket(1_050, 5, 5, 5.0, 1),
        Bucket(9_050, 7, 7, 7.0, 1),
    ]
    with pytest.raises(Refused):
        store.buckets(Query("donegal"), 0)
    with pytest.raises(Refused):
        Query("donegal", start=5, end=4)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.lists(st.tuples(st.integers(0, 99), st.integers(-500, 500)), max_size=30),
    width=st.integers(1, 40),
    start=st.integers(0, 50),
)
def test_buckets_agree_with_the_readings(reopen, values, width, start) -> None:
    store = reopen()
    base = store.offset()
    site = f"site-{base}"
    rows = [reading(base + n + 1, site=site, at=T0 + at, x=x) for n, (at, x) in enumerate(values)]
    store.write(rows, base + len(rows) + 1)
    begin = T0 + start
    expected: dict[int, list[int]] = {}
    for row in rows:
        if row.at >= begin:
            expected.setdefault(begin + (row.at - begin) // width * width, []).append(row.x)
    assert store.buckets(Query(site, start=begin, end=T0 + 100), width) == [
        Bucket(at, min(xs), max(xs), pytest.approx(sum(xs) / len(xs)), len(xs))
        for at, xs in sorted(expected.items())
    ]
    store.close()


def test_latest_takes_the_newest_and_the_journal_decides_ties(store) -> None:
    store.write(
        [
            reading(1, x=60),
            reading(2, at=T0 + 1000, x=61),
            reading(3, at=T0 - 5000, x=62, received_at=T0 + 3000),
            motion(4),
            reading(5, signal="spo2", x=93, quality=int(Quality.UNTIMED)),
            reading(6, home="home-2", resident="res-2", x=88),
        ],
        6,
    )
    rows = store.latest(Query("donegal", home="home-1"))
    assert [(r.device, r.signal, r.at - T0, r.x, r.offset) for r in rows] == [
        ("cuff-1", "pulse", 1000, 61, 2),
        ("cuff-1", "spo2", 5000, 93, 5),
        ("pir-1", "motion", 4000, 1, 4),
    ]
    assert rows[1].quality == 4
    assert (rows[2].resident, rows[2].place) == (None, "kitchen")
    assert [r.x for r in store.latest(Query("donegal", resident="res-2"))] == [88]
    assert [r.signal for r in store.latest(Query("donegal", start=T0 + 4500))] == ["spo2", "pulse"]
    assert len(store.latest(Query("donegal", own=True))) == 1


def test_counts(store) -> None:
    store.write([reading(1), reading(2), motion(3), reading(4, site="vestland")], 4)
    assert store.counts() == {"motion": 1, "pulse": 3}
    assert store.counts("donegal") == {"motion": 1, "pulse": 2}
    assert store.counts("donegal", start=T0 + 2000, end=T0 + 3000) == {"pulse": 1}


def test_erasing_a_resident_leaves_the_others(reopen) -> None:
    store = reopen()
    store.write(
        [
            reading(1),
            reading(2, resident="res-2"),
            motion(3),
            motion(4, home="home-2"),
            reading(5),
            motion(6),
        ],
        6,
    )
    stay = Stay("donegal", "home-1", T0, T0 + 5000)
    assert store.erase("res-1", end=T0 + 4000, stays=[stay]) == 2
    assert [offset for offset, _ in found(store)] == [2, 4, 5, 6]
    assert store.erase("res-1") == 1
    assert store.erase("res-1") == 0
    assert [offset for offset, _ in found(store)] == [2, 4, 6]
    assert store.offset() == 6
    store.write([reading(1), reading(7)], 7)
    store.close()
    assert [offset for offset, _ in found(reopen())] == [2, 4, 6, 7]


def test_a_sealed_snapshot_holds_the_interval_and_is_checked(store, tmp_path) -> None:
    rows: list[Reading] = [
        reading(1, home="home-2"),
        motion(2),
        reading(3),
        reading(4, site="vestland"),
        reading(5, at=T0 + 99_000),
        reading(6, at=T0 + 4000, quality=int(Quality.IMPLAUSIBLE)),
        motion(7, place="hall"),
        reading(8, at=T0 + 1000, x=1 << 40),
    ]
    store.write(rows, 8)
    path = tmp_path / "sealed" / "it's donegal.sealed"
    digest = store.seal("donegal", T0, T0 + 60_000, path)
    sealed = Sealed(path, digest)
    assert sealed.homes == ("home-1", "home-2")
    assert (len(sealed), sealed.rows("home-1"), sealed.rows("elsewhere")) == (6, 5, 0)
    first = sealed.home("home-1")
    told = [
        (c.signal, c.place, c.resident, c.ignored, (c.order >> ORDER_BITS).tolist())
        for c in first.channels
    ]
    assert told == [
        ("motion", "hall", None, False, [7]),
        ("motion", "kitchen", None, False, [2]),
        ("pulse", None, "res-1", False, [8, 3]),
        ("pulse", None, "res-1", True, [6]),
    ]
    assert first.channels[2].x.tolist() == [1 << 40, 63]
    assert first.channels[2].at.tolist() == [T0 + 1000, T0 + 3000]
    assert [first.devices[i] for i in first.channels[2].device] == ["cuff-1", "cuff-1"]
    assert first.channels[3].quality.tolist() == [int(Quality.IMPLAUSIBLE)]
    assert len(sealed.home("elsewhere")) == 0
    again = tmp_path / "again.sealed"
    assert store.seal("donegal", T0, T0 + 60_000, again) == digest
    assert again.read_bytes() == path.read_bytes()
    del first


def test_a_snapshot_that_was_altered_is_refused(store, tmp_path) -> None:
    store.write([reading(1), reading(2)], 2)
    path = tmp_path / "one.sealed"
    digest = store.seal("donegal", T0, T0 + 60_000, path)
    whole = path.read_bytes()
    with pytest.raises(Refused, match="its sha256 is"):
        Sealed(path, digest[::-1])
    path.write_bytes(b"x" + whole[1:])
    with pytest.raises(Refused, match="home-1 are not those"):
        Sealed(path, digest).home("home-1")
    path.write_bytes(whole[:-20])
    with pytest.raises(Refused, match="its end is lost"):
        Sealed(path, digest)
    path.unlink()
    with pytest.raises(Failed, match="Seal it again"):
        Sealed(path, digest)


def test_an_empty_interval_can_be_sealed(store, tmp_path) -> None:
    digest = store.seal("donegal", 0, 1, tmp_path / "empty.sealed")
    assert list(Sealed(tmp_path / "empty.sealed", digest)) == []


def test_many_readings_at_once(store) -> None:
    rows = [
        reading(n // 10, index=n % 10, device=f"dev-{n % 7}", home=f"home-{n % 3}")
        for n in range(10, 12_010)
    ]
    store.write(rows, 1200)
    assert len(store.read(Query("donegal"))) == 12_000
    assert store.counts() == {"pulse": 12_000}
