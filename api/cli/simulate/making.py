"""The pieces of a history, made by as many processes as there are cores, in order.

Each makes what it is handed and sends columns back; the store is this process's alone. No more
pieces are under way than there are processes and one, so memory is bounded by a piece's size.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from api.cli.simulate.placing import Places, placed, places, received
from devices.errors import Failed
from gateway.series.past import COLUMNS, NARROW, Day, Past
from simulators.history import Piece, Plan, columns, faulty, heard

if TYPE_CHECKING:
    from gateway.registry import Directory
    from gateway.registry.records import Records


@dataclass(frozen=True, slots=True)
class Stand:
    """All that a process needs to make any piece."""

    plan: Plan
    where: Places
    records: "Records | None"  # where faults make it necessary to ask of each message


def stand(plan: Plan, directory: "Directory") -> Stand:
    """For these homes, as the registry has them."""
    records = directory.records if plan.faults else None
    return Stand(plan, places(plan.homes, directory), records)


def make(where: Stand, piece: Piece) -> tuple[Past, int]:
    """(its readings, how many values the registry lets nobody keep)."""
    plan = where.plan
    days = tuple(
        Day(plan.homes[home].site, plan.homes[home].id, day, plan.made_by(home))
        for home in piece.homes
        for day in range(piece.first_day, piece.first_day + piece.days)
    )
    if faulty(plan, piece):
        from gateway.registry import Directory

        assert where.records is not None
        return received(heard(plan, piece), Directory(where.records), days)
    return placed(columns(plan, piece), where.where, days)


def pasts(where: Stand, pieces: Iterable[Piece], workers: int) -> Iterator[tuple[Piece, Past, int]]:
    """All pieces in their order. Raises Failed where a process is killed."""
    own = any(home.models for home in where.plan.homes)
    if workers < 2 or own:  # functions of a developer's file cannot be sent to another process
        for piece in pieces:
            yield piece, *make(where, piece)
        return
    yield from _spread(where, pieces, workers)


def _spread(
    where: Stand, pieces: Iterable[Piece], workers: int
) -> Iterator[tuple[Piece, Past, int]]:
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(where,)
    )
    under_way: deque[tuple[Piece, Future[tuple[Past, int]]]] = deque()
    try:
        for piece in pieces:
            with _undisturbed():
                under_way.append((piece, pool.submit(_make, piece)))
            if len(under_way) > workers:
                first, future = under_way.popleft()
                yield first, *future.result()
        while under_way:
            first, future = under_way.popleft()
            yield first, *future.result()
    except BrokenProcessPool as error:
        problem = "a process that makes it has ended"
        raise Failed("write history", "a piece", problem, "Give --rows a smaller number") from error
    finally:
        pool.shutdown(cancel_futures=True)


class _undisturbed:  # noqa: N801 - used as a word
    """Processes that begin in here leave Ctrl-C to this one, from their first instant on."""

    def __enter__(self) -> None:
        self._before = signal.getsignal(signal.SIGINT)
        if _is_main():
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __exit__(self, *_: object) -> None:
        if _is_main():
            signal.signal(signal.SIGINT, self._before)


def _is_main() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()


_stand: Stand | None = None  # of a process that makes pieces


def _begin(where: Stand) -> None:
    global _stand  # noqa: PLW0603 - a process makes pieces of one plan
    _stand = where
    os.nice(1)  # whoever stores goes first


def _make(piece: Piece) -> tuple[Past, int]:
    assert _stand is not None
    past, lost = make(_stand, piece)
    narrow = {
        name: getattr(past, name).astype(np.int32) for name in COLUMNS if name in NARROW
    }  # half as much to send
    return replace(past, **narrow), lost
