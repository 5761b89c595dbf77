"""Carries readings from the journal's consumer to the store, at the store's own pace.

The consumer offers what it has placed and never waits: a full queue drops the batch, and the
projector reads the journal again from its own offset. A store that is down costs nothing but the
lag that `status` shows; when it is back, everything follows by itself. The store's own offset makes
each reading count once, however often it comes this way.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from devices.errors import HomecareError
from devices.reading import Reading
from gateway.clock import Clock
from gateway.series.store import Store

# (after, limit) -> readings of at most `limit` rows after that offset, and the last row's offset;
# that offset is `after` where there is nothing more.
Reread = Callable[[int, int], tuple[list[Reading], int]]

QUEUE = 64  # batches
FLUSH_READINGS = 8_000  # a durable write of 2,000 takes 10 ms, of 8,000 twice that
FLUSH_S = 1.0
REREAD_ROWS = 2_000
BACKOFF_S = (1.0, 60.0)
IDLE_S = 0.5

_log = structlog.get_logger("series")


@dataclass(frozen=True, slots=True)
class ProjectorStatus:
    """Where the store stands against what the consumer has seen."""

    stored: int  # the store's offset
    seen: int  # the newest offset that was offered
    behind: bool  # it is reading the journal again
    problem: str | None  # why the store does not take readings now
    down_since: float | None  # monotonic seconds
    refusals: int  # attempts that failed since the start

    @property
    def lag(self) -> int:
        """Messages not yet stored."""
        return max(0, self.seen - self.stored)


class Projector:
    """One thread; `step` is all it does, so that tests can do it themselves."""

    def __init__(self, store: Store, reread: Reread, clock: Clock) -> None:
        self._store = store
        self._reread = reread
        self._clock = clock
        self._changed = threading.Condition()
        self._queue: deque[tuple[int, int, Sequence[Reading]]] = deque()
        self._behind = True  # what was journalled while nobody projected
        self._seen = 0
        self._readings: list[Reading] = []  # taken from the queue, not yet stored
        self._position = store.offset()  # offset up to which `_readings` reach
        self._since: float | None = None  # when the first of them was taken
        self._again_at: float | None = None
        self._pause = BACKOFF_S[0]
        self._problem: str | None = None
        self._down_since: float | None = None
        self._refusals = 0
        self._hurry = False
        self._stopping = False
        self._thread: threading.Thread | None = None

    def offer(self, first_offset: int, last_offset: int, readings: Sequence[Reading]) -> None:
        """What the rows first..last of the journal hold; never waits."""
        with self._changed:
            self._seen = max(self._seen, last_offset)
            if len(self._queue) >= QUEUE:
                self._queue.clear()  # the journal has it all, in one piece
                self._behind = True
            elif not self._behind:
                self._queue.append((first_offset, last_offset, readings))
            self._changed.notify_all()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="projector", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Store what is at hand, then end. What is left is read from the journal at next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None
        else:
            self._finish()

    def wait_stored(self, offset: int, timeout_s: float) -> bool:
        """Whether the store holds everything up to `offset`, at the latest after `timeout_s`."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: self._store.offset() >= offset, timeout_s)
            finally:
                self._hurry = False

    def status(self) -> ProjectorStatus:
        with self._changed:
            return ProjectorStatus(
                stored=self._store.offset(),
                seen=self._seen,
                behind=self._behind,
                problem=self._problem,
                down_since=self._down_since,
                refusals=self._refusals,
            )

    def step(self) -> float:
        """Do what can be done now; seconds until there is something to do again (0: at once)."""
        wait = self._waiting()
        if wait > 0:
            return wait
        if self._is_behind():
            return 0.0 if self._catch_up() else IDLE_S
        self._take()
        if not self._is_due():
            return self._until_due()
        return 0.0 if self._flush() else self._waiting()

    def _run(self) -> None:
        while True:
            try:
                wait = self.step()
            except Exception:  # noqa: BLE001  # a fault of ours must not end projection for good
                _log.exception("projection_failed")
                self._failed("a fault in the gateway, see its log")
                wait = self._waiting()
            with self._changed:
                if wait > 0 and not self._stopping and not (self._hurry and self._readings):
                    self._changed.wait(wait)
                if self._stopping:
                    break
        self._finish()

    def _finish(self) -> None:
        if not self._is_behind():
            self._take()
        if self._readings:
            self._flush()

    def _waiting(self) -> float:
        """Seconds that a failed store is still left alone."""
        if self._again_at is None:
            return 0.0
        return max(0.0, self._again_at - self._clock.monotonic())

    def _is_behind(self) -> bool:
        with self._changed:
            return self._behind

    def _take(self) -> None:
        """Batches from the queue that follow on what is at hand; after a hole, be behind."""
        with self._changed:
            while self._queue and len(self._readings) < FLUSH_READINGS:
                first, last, readings = self._queue.popleft()
                if last <= self._position:
                    continue
                if first > self._position + 1:
                    self._queue.clear()
                    self._behind = True
                    return
                if self._since is None:
                    self._since = self._clock.monotonic()
                self._readings += [r for r in readings if r.offset > self._position]
                self._position = last

    def _is_due(self) -> bool:
        if self._since is None:
            return False
        full = len(self._readings) >= FLUSH_READINGS
        return full or self._hurry or self._clock.monotonic() - self._since >= FLUSH_S

    def _until_due(self) -> float:
        if self._since is None:
            return IDLE_S
        return max(0.001, FLUSH_S - (self._clock.monotonic() - self._since))

    def _catch_up(self) -> bool:
        """One piece of the journal into the store; whether there may be more."""
        if self._since is not None and not self._flush():
            return True
        try:
            readings, last = self._reread(self._position, REREAD_ROWS)
        except HomecareError as error:
            self._failed(str(error))
            return True
        if last <= self._position:
            with self._changed:
                if self._seen <= self._position:
                    self._behind = False
                    return True
            return False  # seen but not readable yet: look again soon
        self._readings, self._position = list(readings), last
        self._since = self._clock.monotonic()
        self._flush()
        return True

    def _flush(self) -> bool:
        """Store what is at hand. A failure keeps it, and backs off."""
        try:
            self._store.write(self._readings, self._position)
        except HomecareError as error:
            self._failed(str(error))
            return False
        if self._problem is not None:
            _log.info("store_is_back", store=self._store.name, offset=self._position)
        with self._changed:
            self._readings, self._since = [], None
            self._again_at, self._pause = None, BACKOFF_S[0]
            self._problem = self._down_since = None
            self._changed.notify_all()
        return True

    def _failed(self, problem: str) -> None:
        now = self._clock.monotonic()
        if self._problem is None:
            _log.warning("store_takes_no_readings", store=self._store.name, problem=problem)
        with self._changed:
            self._refusals += 1
            self._problem = problem
            self._down_since = now if self._down_since is None else self._down_since
            self._again_at = now + self._pause
            self._pause = min(self._pause * 2, BACKOFF_S[1])
            # what waits in the queue is in the journal too; a long outage must not fill memory
            self._readings, self._since = [], None
            self._position = self._store.offset()
            self._queue.clear()
            self._behind = True
