"""What all faults share: where and when they act, and what they carry from part to part."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar

import numpy as np

from devices.errors import Refused
from simulators.actions import Action
from simulators.columns import NAMES, UNTIMED, Columns, Ints, Mask, none, together
from simulators.homes.home import Home
from simulators.numbering import apart
from simulators.randomness import Keys, joined, key

FOREVER = 1 << 61  # ms: no fault ends so late; adding a length to it does not overflow


class Layer(IntEnum):
    """Where on the way from the world to the broker a fault sits; lower ones act first.

    So the order in which faults are listed plays no part between layers: a clock is wrong before
    a network is slow, whoever writes it down first.
    """

    SENSOR = 0  # what is measured: stuck, drift, bounce, place
    POWER = 1  # whether anything is said: battery, silence
    COUNTER = 2  # boot and seq
    CLOCK = 3  # what time the device believes
    LINE = 4  # between hub and broker: kept and sent later
    NETWORK = 5  # on the way: twice, out of order, retained


@dataclass(frozen=True, slots=True)
class Target:
    """Devices of one home in [start, end) ms UTC."""

    home: int  # index into the homes whose columns these are
    start: int
    end: int = FOREVER
    devices: tuple[int, ...] = ()  # indices into the home's devices; empty: all
    hub: str = ""  # the home's name, where it is known: draws are by it, not by the index
    key: str = ""  # file and key that asked for it, for refusals

    def __post_init__(self) -> None:
        where = self.key or f"home {self.home}"
        if self.start < 0:
            raise Refused("lay a fault", where, "it begins before 1970", "Give a later start")
        if self.end <= self.start:
            raise Refused(
                "lay a fault", where, "it ends before it begins", "Give an end after the start"
            )

    def rows(self, columns: Columns) -> Mask:
        """Rows measured in the interval; of a device without a clock, those sent in it."""
        return self._own(columns, np.where(columns.at == UNTIMED, columns.sent_at, columns.at))

    def sent(self, columns: Columns) -> Mask:
        """Rows that are to be sent in the interval, whatever the device believes of the time."""
        return self._own(columns, columns.sent_at)

    def keys(self, columns: Columns, seed: int) -> Keys:
        """A key for each row, by what the row is."""
        at = np.where(columns.at == UNTIMED, columns.sent_at, columns.at)
        base = np.full(len(columns), seed, np.uint64)
        return joined(joined(base, at), columns.device * 1024 + columns.signal)

    def message_keys(self, columns: Columns, seed: int) -> Keys:
        """A key for each row, the same for all rows of a message."""
        base = np.full(len(columns), seed, np.uint64)
        return joined(joined(joined(base, columns.sent_at), columns.device), columns.message)

    def _own(self, columns: Columns, when: Ints) -> Mask:
        mask: Mask = (columns.home == self.home) & (when >= self.start) & (when < self.end)
        if self.devices:
            mask &= np.isin(columns.device, self.devices)
        return mask


@dataclass(slots=True)
class Memory:
    """What a fault carries from one part of a run to the next; `until` is set by the run."""

    until: int = FOREVER  # all rows measured before it have been handed over by now
    kept: Columns = field(default_factory=none)  # in a hub's buffer
    numbers: dict[tuple[int, ...], int] = field(default_factory=dict)  # first values, counters


@dataclass(frozen=True, slots=True)
class Fault:
    """A thing that goes wrong. One that is not named here by a kind does nothing there.

    lay   what becomes of the rows
    away  when the hub has no connection
    act   what becomes of the actions

    All three are functions of the seed and of what they are handed; `memory` makes a run in parts
    the same as a run in one.
    """

    layer: ClassVar[Layer] = Layer.SENSOR
    target: Target

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """The columns with the fault in them, in no promised order."""
        del seed, memory
        return columns

    def away(self, start: int, end: int, seed: int) -> tuple[tuple[int, int], ...]:
        """Those that touch [start, end) of the intervals in which the hub has no connection.

        At the beginning the broker publishes its will; at the end it is back.
        """
        del start, end, seed
        return ()

    def act(self, homes: Sequence[Home], actions: list[Action], seed: int) -> list[Action]:
        """The actions of the home's hub with the fault in them."""
        del homes, seed
        return actions


def seed_of(fault: Fault, seed: int) -> int:
    """A fault's own seed: it depends on no other fault, nor on how many homes there are."""
    target = fault.target
    who = target.hub or target.home
    return key(seed, type(fault).__name__, who, target.start, *target.devices)


Window = tuple[int, int, int]  # home, from, to: its hub has no connection


def laid(columns: Columns, faults: Iterable[Fault], seed: int) -> Columns:
    """Several faults over all rows at once, by their layers, then ordered by sending."""
    faults = list(faults)
    columns = layered(columns, [(fault, Memory()) for fault in faults], seed)
    return waiting(columns, windows(faults, *extent(columns), seed)).ordered()


def layered(columns: Columns, faults: Iterable[tuple[Fault, Memory]], seed: int) -> Columns:
    """Each home's faults over its own rows, by their layers, in no promised order."""
    by_home: dict[int, list[tuple[Fault, Memory]]] = {}
    for one in sorted(faults, key=lambda one: one[0].layer):
        by_home.setdefault(one[0].target.home, []).append(one)
    parts, others = apart_by_home(columns, by_home)
    for home, own in by_home.items():
        for fault, memory in own:
            parts[home] = fault.lay(parts[home], seed_of(fault, seed), memory)
    return together([others, *parts.values()])


def apart_by_home(columns: Columns, homes: Collection[int]) -> tuple[dict[int, Columns], Columns]:
    """The rows of each of these homes, and all the others: a thousand homes cost one sorting."""
    order = np.argsort(columns.home, kind="stable")
    ordered = Columns(*(getattr(columns, name)[order] for name in NAMES))
    names = np.array(sorted(homes), np.int64)
    first = np.searchsorted(ordered.home, names, "left").tolist()
    last = np.searchsorted(ordered.home, names, "right").tolist()
    theirs = np.zeros(len(columns), np.bool_)
    parts = {}
    for home, begin, end in zip(names.tolist(), first, last, strict=True):
        parts[home] = ordered.part(begin, end)
        theirs[begin:end] = True
    return parts, ordered.where(~theirs)


def windows(
    faults: Iterable[Fault], start: int, end: int, seed: int, others: Iterable[Window] = ()
) -> list[Window]:
    """Times that touch [start, end) without a connection, of faults and others, joined by home."""
    found = [one for one in others if one[1] < end and one[2] > start]
    for fault in faults:
        gone = fault.away(start, end, seed_of(fault, seed))
        found += [(fault.target.home, begin, back) for begin, back in gone]
    joined: list[Window] = []
    for home, begin, back in sorted(found):
        if joined and joined[-1][0] == home and begin <= joined[-1][2]:
            joined[-1] = (home, joined[-1][1], max(back, joined[-1][2]))
        else:
            joined.append((home, begin, back))
    return joined


def waiting(columns: Columns, gone: Iterable[Window]) -> Columns:
    """What would be sent without a connection is sent when it is back; or never."""
    by_home: dict[int, list[Window]] = {}
    for one in gone:
        by_home.setdefault(one[0], []).append(one)
    parts, others = apart_by_home(columns, by_home)
    return together([others, *(_waited(parts[home], own) for home, own in by_home.items())])


def _waited(columns: Columns, gone: Iterable[Window]) -> Columns:
    sent = columns.sent_at.copy()
    for _, begin, back in gone:
        sent[(sent >= begin) & (sent < back)] = back
    moved = apart(columns.message, columns.sent_at)
    message = np.where(sent == columns.sent_at, columns.message, moved)
    return columns.altered(sent_at=sent, message=message).where(sent < FOREVER)


def extent(columns: Columns) -> tuple[int, int]:
    """The first and after the last instant of sending."""
    if not len(columns):
        return 0, 0
    return int(columns.sent_at.min()), int(columns.sent_at.max()) + 1


def share(value: float, what: str) -> float:
    """A share between 0 and 1, or Refused."""
    if not 0 <= value <= 1:
        raise Refused("lay a fault", what, f"{value} is no share", "Give a number from 0 to 1")
    return value
