"""Who may read what, and that a look leaves a trace."""

import pytest

from devices.errors import Refused
from gateway.access import SYSTEM, NotFound
from gateway.access.audit import LOOK_AGAIN_MS, read_audit
from gateway.clock import ManualClock
from gateway.db import reading as reading_from
from gateway.series.duckdb import DuckDBStore
from gateway.series.reading_room import ReadingRoom
from gateway.series.store import Query
from tests.building import a_home, a_resident, a_site, registry_with, state_engine, viewer
from tests.series.builders import T0, motion, reading

MOVED = T0 + 500_000  # Conor leaves the home that he shared with Brid


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(T0 + 1_000_000)


@pytest.fixture
def engine(tmp_path):
    engine = state_engine(tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def room(tmp_path, engine, clock):
    shared = a_home("home-2", residents=["brid", a_resident("conor", until=MOVED)])
    couple = a_home("home-3", residents=["dara", "eoin"])
    registry = registry_with(engine, a_site(homes=[a_home(), shared, couple]), clock=clock)
    store = DuckDBStore(tmp_path / "r.duckdb", memory_mib=128)
    store.write(
        [
            reading(1, resident="anna"),
            motion(2),
            reading(3, home="home-2", resident="brid"),
            motion(4, home="home-2"),
            motion(5, home="home-2", at=MOVED + 5),
            motion(6, home="home-3"),
        ],
        6,
    )
    yield ReadingRoom(store, engine, registry, clock)
    store.close()


def looks(engine, resident: str) -> list[tuple[str, str]]:
    with reading_from(engine) as conn:
        entries = read_audit(conn, viewer("coordinator"), resident, "donegal")
    return [(entry.login, entry.object) for entry in entries]


def test_a_carer_reads_a_resident_and_leaves_a_trace(room, engine) -> None:
    columns = room.columns(viewer("carer"), Query("donegal", resident="anna"))
    assert columns.offset.tolist() == [1]
    assert looks(engine, "anna") == [("carer", "resident:anna")]


def test_a_page_that_refreshes_itself_leaves_one_trace(room, engine, clock) -> None:
    for _ in range(5):
        room.buckets(viewer("carer"), Query("donegal", resident="anna"), 60_000)
        room.latest(viewer("carer"), "donegal", resident="anna")
        clock.advance(60_000)
    assert len(looks(engine, "anna")) == 1
    clock.advance(LOOK_AGAIN_MS)
    room.latest(viewer("carer"), "donegal", resident="anna")
    assert len(looks(engine, "anna")) == 2


@pytest.mark.parametrize(
    "who",
    [
        viewer("technician"),
        viewer("admin", "*"),
        viewer("decider", "*"),
        viewer("facilitator"),
        viewer("carer", "vestland"),
        viewer("resident", resident="brid"),
        viewer("family", residents=["brid"]),
        viewer([]),
    ],
    ids=lambda who: f"{who.login}-{sorted(who.residents)}",
)
def test_others_do_not_learn_that_there_is_a_resident(room, engine, who) -> None:
    for query in (Query("donegal", resident="anna"), Query("donegal", home="home-1")):
        with pytest.raises(NotFound):
            room.columns(who, query)
        with pytest.raises(NotFound):
            room.buckets(who, query, 1000)
    with pytest.raises(NotFound):
        room.latest(who, "donegal", resident="anna")
    assert looks(engine, "anna") == []


@pytest.mark.parametrize(
    "query",
    [
        Query("donegal", resident="nobody"),
        Query("vestland", resident="anna"),  # a resident of another site
        Query("donegal", home="nowhere"),
    ],
)
def test_what_is_not_there_is_not_found(room, query) -> None:
    with pytest.raises(NotFound):
        room.columns(viewer("carer", "*"), query)


def test_a_whole_site_is_no_look(room) -> None:
    with pytest.raises(Refused, match="one resident or one home"):
        room.columns(viewer("carer"), Query("donegal"))


def test_a_look_at_a_home_is_a_look_at_all_who_live_there(room, engine) -> None:
    columns = room.columns(viewer("nurse"), Query("donegal", home="home-2"))
    assert columns.offset.tolist() == [3, 4, 5]
    assert looks(engine, "brid") == [("nurse", "home:home-2 of brid")]
    assert looks(engine, "conor") == [("nurse", "home:home-2 of conor")]
    later = Query("donegal", home="home-2", start=MOVED)
    room.columns(viewer("carer"), later)
    assert len(looks(engine, "conor")) == 1


def test_a_resident_sees_the_homes_own_signals_while_living_there_alone(room) -> None:
    brid = viewer("resident", resident="brid")
    columns = room.columns(brid, Query("donegal", home="home-2"))
    assert columns.offset.tolist() == [5], "what both of them did stays both of theirs"
    assert [row.offset for row in room.latest(brid, "donegal", home="home-2")] == [5]
    before = Query("donegal", home="home-2", start=T0, end=MOVED - 1000)
    with pytest.raises(NotFound):
        room.columns(brid, before)
    anna = viewer("family", residents=["anna"])
    assert room.columns(anna, Query("donegal", home="home-1")).offset.tolist() == [2]


def test_who_lives_with_another_reads_no_signals_of_the_home(room) -> None:
    with pytest.raises(NotFound):
        room.columns(viewer("resident", resident="dara"), Query("donegal", home="home-3"))


def test_the_gateways_own_jobs_leave_no_trace(room, engine) -> None:
    assert len(room.columns(SYSTEM, Query("donegal", resident="anna"))) == 1
    assert looks(engine, "anna") == []
