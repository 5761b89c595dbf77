"""The projector: everything reaches the store once, through full queues, outages and restarts."""

import itertools
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.errors import Failed
from devices.reading import Reading
from gateway.clock import ManualClock, SystemClock
from gateway.series.duckdb import DuckDBStore
from gateway.series.projector import QUEUE, Projector
from gateway.series.store import Query
from tests.series.builders import reading

HOUR_MS = 3_600_000


class FakeJournal:
    """What a projector sees of the journal: rows that can be read again."""

    def __init__(self) -> None:
        self.rows: list[list[Reading]] = []
        self.read_again = 0

    def add(self, *readings: Reading) -> int:
        """One more row; its offset."""
        self.rows.append(list(readings))
        return len(self.rows)

    def reread(self, after: int, limit: int) -> tuple[list[Reading], int]:
        self.read_again += 1
        rows = self.rows[after : after + limit]
        return list(itertools.chain.from_iterable(rows)), after + len(rows)


class FickleStore:
    """A real store that can be switched off."""

    def __init__(self, store: DuckDBStore) -> None:
        self.inner = store
        self.down = False
        self.attempts = 0

    name = "fickle"

    def offset(self) -> int:
        return self.inner.offset()

    def write(self, readings, offset: int) -> None:
        self.attempts += 1
        if self.down:
            raise Failed("store readings", "fickle", "it is down", "Start it")
        self.inner.write(readings, offset)


class Scene:
    """A journal, a store, a projector, and a clock that stands still."""

    def __init__(self, path: Path) -> None:
        self.clock = ManualClock()
        self.journal = FakeJournal()
        self.store = FickleStore(DuckDBStore(path, memory_mib=128))
        self.projector = self.restart()

    def restart(self) -> Projector:
        self.projector = Projector(self.store, self.journal.reread, self.clock)
        return self.projector

    def journalled(self, count: int = 1) -> int:
        """Rows that arrive while nobody offers them."""
        for _ in range(count):
            offset = len(self.journal.rows) + 1
            self.journal.add(reading(offset))
        return len(self.journal.rows)

    def offered(self, count: int = 1) -> None:
        first = len(self.journal.rows) + 1
        last = self.journalled(count)
        batch = [r for row in self.journal.rows[first - 1 : last] for r in row]
        self.projector.offer(first, last, batch)

    def settle(self) -> None:
        """Step, moving the clock on, until nothing is left to do."""
        for _ in range(500):
            if self.projector.status().lag == 0 and not self.projector.status().behind:
                return
            self.clock.advance(int(self.projector.step() * 1000) + 1)
        raise AssertionError(self.projector.status())

    def exactly_once(self) -> None:
        held = self.store.inner.read(Query("donegal")).offset.tolist()
        assert held == list(range(1, len(self.journal.rows) + 1))


@pytest.fixture
def scene(tmp_path):
    scene = Scene(tmp_path / "r.duckdb")
    yield scene
    scene.store.inner.close()


def test_what_is_offered_is_stored_within_a_second(scene) -> None:
    scene.settle()
    scene.offered(5)
    scene.projector.step()
    assert scene.store.offset() == 0, "small batches wait a moment for company"
    scene.clock.advance(1001)
    scene.projector.step()
    assert scene.store.offset() == 5
    scene.exactly_once()


def test_what_was_journalled_while_it_was_away_is_read_first(scene) -> None:
    scene.journalled(5000)
    scene.offered(3)
    scene.settle()
    scene.exactly_once()


def test_a_full_queue_is_read_from_the_journal(scene) -> None:
    scene.settle()
    before = scene.journal.read_again
    for _ in range(QUEUE * 3 + 7):
        scene.offered(2)
    assert scene.projector.status().behind
    scene.settle()
    assert scene.journal.read_again > before
    scene.exactly_once()


def test_a_hole_between_batches_is_read_from_the_journal(scene) -> None:
    scene.settle()
    scene.offered(2)
    scene.journalled(3)
    scene.offered(2)
    scene.settle()
    scene.exactly_once()


def test_a_store_that_is_down_for_an_hour_catches_up_by_itself(scene) -> None:
    scene.settle()
    scene.offered(10)
    scene.store.down = True
    attempts = scene.store.attempts
    for _ in range(60):
        scene.clock.advance(HOUR_MS // 60)
        scene.offered(20)
        scene.projector.step()
        scene.projector.step()
    status = scene.projector.status()
    assert status.problem is not None
    assert status.lag == 10 + 60 * 20
    assert status.down_since is not None
    assert scene.store.attempts - attempts <= 61, "it is asked at most once a minute in the end"
    assert len(scene.projector._queue) <= QUEUE
    scene.store.down = False
    scene.settle()
    scene.exactly_once()
    assert scene.projector.status().problem is None


def test_it_backs_off_and_forgets_that_when_it_is_well(scene) -> None:
    scene.settle()
    scene.store.down = True
    scene.offered(1)
    scene.clock.advance(1001)
    waits = []
    for _ in range(9):
        waits.append(round(scene.projector.step()))
        scene.clock.advance(waits[-1] * 1000)
    assert [wait for wait in waits if wait] == sorted(wait for wait in waits if wait)
    assert max(waits) <= 60
    scene.store.down = False
    scene.settle()
    assert scene.projector._pause == 1.0


def test_a_restart_in_the_middle_loses_and_doubles_nothing(scene) -> None:
    scene.settle()
    scene.offered(10)
    scene.clock.advance(1001)
    scene.projector.step()
    scene.offered(10)
    scene.projector.step()  # taken, not yet stored; then the process dies
    scene.restart()
    scene.offered(4)
    scene.settle()
    scene.exactly_once()


def test_a_row_without_readings_moves_the_offset(scene) -> None:
    scene.settle()
    offset = scene.journal.add()
    scene.projector.offer(offset, offset, [])
    scene.projector.step()
    scene.clock.advance(1001)
    scene.projector.step()
    assert scene.store.offset() == 1


def test_a_journal_that_cannot_be_read_is_asked_again(scene) -> None:
    scene.journalled(3)
    working, scene.projector._reread = scene.projector._reread, _broken
    scene.projector.step()
    assert "disk" in (scene.projector.status().problem or "")
    scene.projector._reread = working
    scene.settle()
    scene.projector.offer(3, 3, [])
    scene.settle()
    scene.exactly_once()


def _broken(after: int, limit: int) -> tuple[list[Reading], int]:
    raise Failed("read the journal", "journal.db", "the disk is away", "Mount it")


ACTS = st.lists(
    st.sampled_from(["offer", "journal", "step", "wait", "down", "up", "restart", "flood"]),
    max_size=40,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_each_reading_is_there_once(tmp_path_factory, acts) -> None:
    scene = Scene(tmp_path_factory.mktemp("p") / "r.duckdb")
    for act in acts:
        match act:
            case "offer":
                scene.offered(3)
            case "flood":
                for _ in range(QUEUE + 1):
                    scene.offered(1)
            case "journal":
                scene.journalled(2)
            case "step":
                scene.projector.step()
            case "wait":
                scene.clock.advance(1500)
            case "restart":
                scene.restart()
            case _:
                scene.store.down = act == "down"
    scene.store.down = False
    scene.offered(1)
    scene.settle()
    scene.exactly_once()
    scene.store.inner.close()


def test_the_thread_stores_what_is_offered_and_stops(tmp_path) -> None:
    scene = Scene(tmp_path / "r.duckdb")
    scene.clock = SystemClock()
    scene.restart()
    scene.projector.start()
    feeders = threading.Thread(target=lambda: [scene.offered(2) for _ in range(50)])
    feeders.start()
    feeders.join()
    assert scene.projector.wait_stored(100, 20)
    scene.offered(3)
    scene.projector.stop()
    assert scene.store.offset() == 103
    scene.exactly_once()
    scene.store.inner.close()


def test_a_fault_of_ours_does_not_end_the_thread(tmp_path) -> None:
    scene = Scene(tmp_path / "r.duckdb")
    faults = iter([ZeroDivisionError("a fault")])
    working = scene.journal.reread

    def reread(after: int, limit: int) -> tuple[list[Reading], int]:
        for fault in faults:
            raise fault
        return working(after, limit)

    scene.journalled(2)
    projector = Projector(scene.store, reread, SystemClock())
    projector.start()
    assert projector.wait_stored(2, 20)
    projector.stop()
    scene.store.inner.close()
