"""Faults over a run that comes in parts: an hour at a time live, a week at a time as history.

    run = Run(homes, placed(load(text, "faults.yaml"), homes, start), seed)
    while ...:
        columns = run.lay(between(homes, start, end, seed), until=end)   # history writes these
        actions = run.actions(columns, start, end, opening=...)          # live performs these
        start = end

The parts have to follow each other without a gap; however a run is cut, the same is sent at the
same time. What is on its way when a part ends is handed over with the part in which it arrives.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Self

from simulators.actions import Action, merged
from simulators.columns import Columns, none, together
from simulators.faults.fault import (
    FOREVER,
    Fault,
    Memory,
    extent,
    layered,
    seed_of,
    waiting,
    windows,
)
from simulators.faults.reading import agree
from simulators.homes.home import Home

Offline = tuple[str, int, int]  # hub, from, to: it has no connection


class Run:
    """Faults in some homes, and what they carry from part to part. No I/O, no clock."""

    def __init__(self, homes: Sequence[Home], faults: Iterable[Fault], seed: int) -> None:
        """Raises FaultRefused where two faults exclude each other."""
        self.homes, self.seed = homes, seed
        self._laid: list[tuple[Fault, Memory]] = []
        self._late = none()
        self._since = 0
        self.add(faults)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Homes, faults and rows never change and are shared; only what it remembers is copied."""
        other = copy.copy(self)
        other._laid = [  # noqa: SLF001 # it is one of us
            (fault, replace(memory, numbers=dict(memory.numbers))) for fault, memory in self._laid
        ]
        memo[id(self)] = other
        return other

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is laid, in the order in which it acts."""
        return tuple(fault for fault, _ in self._laid)

    def add(self, faults: Iterable[Fault]) -> None:
        """Injected now: from the next part on. Raises FaultRefused where it contradicts another."""
        new = list(faults)
        agree([*self.faults, *new])
        self._laid += [(fault, Memory()) for fault in new]
        self._laid.sort(key=lambda one: one[0].layer)

    def end(self, fault: Fault, at: int) -> None:
        """That fault is over at `at`; one that had not begun by then never was."""
        kept = []
        for one, memory in self._laid:
            if one is not fault:
                kept.append((one, memory))
            elif one.target.start < at:
                end = min(at, one.target.end)
                kept.append((replace(one, target=replace(one.target, end=end)), memory))
        self._laid = kept

    def lay(
        self, columns: Columns, until: int = FOREVER, offline: Iterable[Offline] = ()
    ) -> Columns:
        """Rows to be sent before `until`, from those measured up to it; ordered by sending.

        columns: all rows measured since the last part. offline: of scenarios, as `merged` has it;
        what faults would send then waits until the hub is back.
        """
        for _, memory in self._laid:
            memory.until = until
        columns = layered(columns, self._laid, self.seed)
        columns = together([self._late, columns])
        columns = waiting(columns, self._windows(*extent(columns), offline))
        due = columns.sent_at < until
        self._late = columns.where(~due)
        return columns.where(due).ordered()

    def rest(self) -> Columns:
        """What was still on its way at the end of the last part, ordered by sending."""
        late, self._late = self._late, none()
        return late.ordered()

    def away(self, start: int, end: int, offline: Iterable[Offline] = ()) -> list[Offline]:
        """Times in [start, end) without a connection, of these faults and of others.

        One that ended at `start` is among them: it is then that the hub is back.
        """
        return [
            (self.homes[home].hub, begin, back)
            for home, begin, back in self._windows(start - 1, end, offline)
        ]

    def actions(
        self,
        columns: Columns,
        start: int,
        end: int,
        offline: Iterable[Offline] = (),
        *,
        opening: bool = True,
    ) -> list[Action]:
        """All actions in [start, end) from rows that `lay` gave for it.

        offline and opening: as `simulators.actions.merged` has them.
        """
        gone = self.away(start, end, offline)
        actions = merged(self.homes, columns, start, end, gone, opening=opening)
        acting = [fault for fault, _ in self._laid if type(fault).act is not Fault.act]
        if acting:
            by_hub: dict[str, list[Action]] = {}
            for action in actions:
                by_hub.setdefault(action.hub, []).append(action)
            for fault in acting:
                hub = self.homes[fault.target.home].hub
                own = by_hub.get(hub, [])
                by_hub[hub] = fault.act(self.homes, own, seed_of(fault, self.seed))
            actions = [action for own in by_hub.values() for action in own]
        return sorted(actions, key=lambda action: action.at)  # stable

    def _windows(
        self, start: int, end: int, offline: Iterable[Offline]
    ) -> list[tuple[int, int, int]]:
        number = {home.hub: index for index, home in enumerate(self.homes)}
        others = [(number[hub], begin, back) for hub, begin, back in offline if hub in number]
        return windows(self.faults, start, end, self.seed, others)
