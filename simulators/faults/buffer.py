"""What a hub keeps while it cannot send, and how it hands it over afterwards."""

import numpy as np

from simulators.columns import Columns, Ints, Mask, together
from simulators.faults.fault import FOREVER, Memory
from simulators.numbering import apart

UNLIMITED = 1 << 40


def kept(
    columns: Columns, hit: Mask, end: int, gap_ms: int, memory: Memory | None, most: int = UNLIMITED
) -> Columns:
    """Rows that `hit` names stay in the buffer until `end`, then leave in the order of making.

    gap_ms: between two messages; 0: each device sends one message with all that it kept. most:
    messages for which there is room; the oldest give way. An end that never comes sends nothing.
    """
    memory = memory or Memory()
    inside = together([memory.kept, columns.where(hit)])
    passing = columns.where(~hit)
    number = messages(inside)
    count = int(number.max()) + 1 if len(number) else 0
    inside, number = _newest(inside, number, count - most)
    if not (memory.until >= end and end < FOREVER):
        memory.kept = inside
        return passing
    memory.kept = inside.where(np.zeros(len(inside), np.bool_))
    if not gap_ms:
        return together([passing, inside.altered(sent_at=np.full(len(inside), end, np.int64))])
    oldest = number.min() if len(number) else 0
    sent = end + (number - oldest) * gap_ms
    away = inside.altered(sent_at=sent, message=apart(inside.message, inside.sent_at))
    return together([passing, away])


def messages(columns: Columns, *others: Ints) -> Ints:
    """The number of each row's message, in the order in which they were made.

    others: what else tells messages apart, a number a row.
    """
    if not len(columns):
        return np.empty(0, np.int64)
    keys = (*others, columns.message, columns.device, columns.home, columns.sent_at)
    order = np.lexsort(keys)
    turns = np.zeros(len(columns), np.bool_)
    for key in keys:
        turns[1:] |= np.diff(key[order]) != 0
    number = np.empty(len(columns), np.int64)
    number[order] = np.cumsum(turns)
    return number


def _newest(columns: Columns, number: Ints, first: int) -> tuple[Columns, Ints]:
    if first <= 0:
        return columns, number
    room = number >= first
    return columns.where(room), number[room]
