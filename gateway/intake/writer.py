"""The journal's writer: takes what waits, commits it, and only then lets it be acknowledged.

The queue before it is bounded: past its mark the subscriber stops reading, the broker's window
fills, and the broker keeps the rest on its disk.
"""

import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from gateway.clock import Clock
from gateway.intake.ballast import Ballast
from gateway.intake.faults import EXIT_CODE, JournalBroken, JournalBusy, JournalFull
from gateway.intake.journal import Journal, Message
from gateway.mqtt import Delivery, Ticket

log = logging.getLogger(__name__)

BATCH = 512
MOST_QUEUED = 16_384
MOST_BYTES = 32 * 1_048_576
RETRY_S = 1.0


class Waiting(NamedTuple):
    """A message, and what acknowledges it."""

    message: Message
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Written:
    """What the writer has done since it started."""

    stored: int
    duplicates: int
    queued: int
    problem: str  # why nothing is acknowledged; empty: it is


def die(error: JournalBroken) -> NoReturn:
    """At once, without any cleaning up that might write: what is on disk is the truth."""
    log.critical("journal.broken", extra={"problem": str(error)})
    sys.stderr.write(f"{error}\n")
    sys.stderr.flush()
    os._exit(EXIT_CODE)


class Writer:
    """One thread between subscriber and journal."""

    def __init__(
        self,
        journal: Journal,
        ballast: Ballast,
        clock: Clock,
        acknowledge: Callable[[Iterable[Ticket]], None],
        *,
        on_missing: Callable[[str, int], None],
        resume: Callable[[], None] = lambda: None,
        die: Callable[[JournalBroken], NoReturn] = die,
    ) -> None:
        """`on_missing(site/home/device, count)`: sequence numbers that never came."""
        self._journal, self._ballast, self._clock = journal, ballast, clock
        self._acknowledge, self._resume = acknowledge, resume
        self._on_missing, self._die = on_missing, die
        self._queue: deque[Waiting] = deque()
        self._bytes_in = self._bytes_out = 0  # each written by one thread only
        self._offered = self._settled = 0
        self._arrived = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._stored = self._duplicates = 0
        self._problem = ""
        self._paused = False
        journal.queued_by(lambda: self._offered != self._settled)

    def start(self) -> None:
        self._ballast.hold()
        self._thread.start()

    def stop(self) -> None:
        """Write what is queued (unless the disk refuses), then end."""
        self._stopping.set()
        self._arrived.set()
        self._thread.join(30)

    def offer(self, delivery: Delivery, *, backlog: bool) -> None:
        """From the network thread: never blocks, never raises."""
        message = Message(
            delivery.topic, delivery.payload, self._clock.now(), delivery.retained, backlog
        )
        self._bytes_in += len(delivery.payload)
        self._offered += 1
        self._queue.append(Waiting(message, delivery.ticket))
        if not self._arrived.is_set():
            self._arrived.set()

    def full(self) -> bool:
        """Whether the subscriber is to stop reading, until `resume` is called."""
        full = len(self._queue) > MOST_QUEUED or self._bytes_in - self._bytes_out > MOST_BYTES
        if full:
            self._paused = True
        return full

    @property
    def offered(self) -> int:
        """Messages taken since the start; compare with `settled`."""
        return self._offered

    @property
    def settled(self) -> int:
        """Messages stored, or found to be duplicates."""
        return self._settled

    def written(self) -> Written:
        return Written(self._stored, self._duplicates, self._offered - self._settled, self._problem)

    # -- the writer's thread

    def _run(self) -> None:
        while True:
            self._arrived.wait()
            self._arrived.clear()
            while self._queue:
                queue = self._queue
                batch = [queue.popleft() for _ in range(min(len(queue), BATCH))]
                if not self._settle(batch):
                    return  # stopped while the disk refused: the broker still has them
                if self._paused and not self.full():
                    self._paused = False
                    self._resume()
            if self._stopping.is_set() and not self._queue:
                return

    def _settle(self, batch: list[Waiting]) -> bool:
        """Store, then acknowledge; False where it was stopped before it could."""
        while not self._store([waiting.message for waiting in batch]):
            if self._stopping.wait(RETRY_S):
                return False
        self._acknowledge([waiting.ticket for waiting in batch])
        self._bytes_out += sum(len(waiting.message.payload) for waiting in batch)
        self._settled += len(batch)
        return True

    def _store(self, messages: list[Message]) -> bool:
        """Whether they are on disk; False: nothing is, try again later."""
        if self._problem and not self._ballast.hold():
            return False  # what space there is belongs to the alerts
        try:
            self._append(messages)
        except JournalFull as error:
            self._ballast.release()
            self._trouble(str(error))
            return False
        except JournalBusy as error:
            self._trouble(str(error))
            return False
        except JournalBroken as error:
            self._die(error)
        if self._problem:
            log.warning("journal.recovered")
            self._problem = ""
        return True

    def _append(self, messages: list[Message]) -> None:
        try:
            appended = self._journal.append(messages)
        except (JournalFull, JournalBusy, JournalBroken):
            raise
        except Exception:
            # A message that no one foresaw must not hold up all others.
            log.exception("journal.fault")
            if len(messages) > 1:
                for message in messages:
                    self._append([message])
                return
            harmless = messages[0]._replace(topic=ascii(messages[0].topic)[:512], retained=False)
            appended = self._journal.append([harmless])
        self._stored += appended.stored
        self._duplicates += appended.duplicates
        for device, count in appended.missing:
            self._on_missing(device, count)

    def _trouble(self, problem: str) -> None:
        if problem != self._problem:
            log.error("journal.refused", extra={"problem": problem})
        self._problem = problem
