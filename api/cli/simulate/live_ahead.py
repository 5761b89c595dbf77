"""Hours made ahead in a thread of their own, so that publishing is never starved.

Never more than a few are held. A scenario or fault that is put in now throws away what is made and
not yet said, and makes it again with it.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Self

from api.cli.perform import Stopped
from api.cli.simulate.live_source import Hour, Source, from_moment
from simulators.actions import Action

HOURS = 2  # held ahead, beside the one that is being said


class Ahead:
    """Actions of a source, in order; `due(until)` hands out those whose time has come."""

    def __init__(self, source: Source, hours: int = HOURS) -> None:
        self._source, self._hours = source, hours
        self._moved = threading.Condition()
        self._making = threading.Lock()  # the source is one thread's at a time
        self._made: deque[Hour] = deque()
        self._now: deque[Action] = deque()  # of the hour that is being said
        self._now_ends = source.at
        self._said_to = source.at
        self._problem: BaseException | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="homes", daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        """Make no more."""
        with self._moved:
            self._ended = True
            self._moved.notify_all()
        self._thread.join(30)

    def due(self, until: int, stopping: Callable[[float], bool]) -> Iterator[Action]:
        """All actions before `until` that were not handed out yet; waits where they are not made.

        Raises what generation raised, and Stopped.
        """
        while True:
            while self._now and self._now[0].at < until:
                yield self._now.popleft()
            if self._now or self._now_ends >= until:
                self._said_to = max(self._said_to, until)
                return
            self._take(stopping)

    @contextlib.contextmanager
    def changed(self) -> Iterator[Source]:
        """Put something into the source from what was said on; what is made ahead is made anew.

        Waits for the hour that is being made. `said_to` is the first moment that can be changed.
        """
        with self._making:
            with self._moved:
                self._source.back_to(self._said_to)
                self._made.clear()
                self._now.clear()  # made again, without what was said of it
                self._now_ends = self._said_to
            try:
                yield self._source
            finally:
                with self._moved:
                    self._moved.notify_all()

    @property
    def filled(self) -> bool:
        """Whether as much is made ahead as is ever held; also where making failed."""
        return len(self._made) >= self._hours or self._problem is not None

    @property
    def said_to(self) -> int:
        """All before it has been handed out."""
        return self._said_to

    def _take(self, stopping: Callable[[float], bool]) -> None:
        while True:
            with self._moved:
                if self._problem is not None:
                    raise self._problem
                if self._made:
                    hour = self._made.popleft()
                    if hour.start < self._said_to:
                        hour = from_moment(hour, self._said_to)
                    self._now, self._now_ends = deque(hour.actions), hour.end
                    self._moved.notify_all()
                    return
            if stopping(0.01):
                raise Stopped

    def _run(self) -> None:
        while True:
            with self._moved:
                self._moved.wait_for(lambda: self._ended or len(self._made) < self._hours)
                if self._ended:
                    return
            with self._making:
                try:
                    hour = self._source.hour()
                except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                    self._problem = error
                    return
                with self._moved:
                    self._made.append(hour)
                    self._moved.notify_all()
