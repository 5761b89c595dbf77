"""What a device's sequence numbers tell: a gap, a late one, or a counter that began anew. Pure.

A number that was passed over is not missing yet: urgent messages overtake, and after a restart the
broker brings stranded ones up to ten seconds late. It is missing once it has not come for a minute.
"""

from typing import NamedTuple

import msgspec

PATIENCE_MS = 60_000
HOLES = 64  # ranges remembered of one device


class Hole(NamedTuple):
    """Numbers passed over, both ends included."""

    first: int
    last: int
    since: int  # wall ms
    told: bool  # counted as missing; if they come after all, that is late and no clash


class Seen(NamedTuple):
    """What is known of one device."""

    boot: int
    high: int
    holes: tuple[Hole, ...] = ()


class Noticed(NamedTuple):
    """The new state, how many numbers are now known to be missing, and whether one came twice."""

    state: Seen
    missing: int
    clash: bool


def notice(state: Seen | None, boot: int, seq: int, now: int) -> Noticed:
    """A message that is no duplicate (its digest is new) carries (boot, seq)."""
    if state is None or boot != state.boot:
        # What came before the first contact, or before a boot's first message, is not missed.
        return Noticed(Seen(boot, seq), 0, clash=False)
    if seq > state.high:
        holes = state.holes
        if seq > state.high + 1:
            holes = (*holes, Hole(state.high + 1, seq - 1, now, told=False))
        return _settled(boot, seq, holes, now)
    for place, hole in enumerate(state.holes):
        if hole.first <= seq <= hole.last:
            holes = (*state.holes[:place], *_without(hole, seq), *state.holes[place + 1 :])
            return _settled(boot, state.high, holes, now)
    return Noticed(Seen(boot, seq), 0, clash=True)  # the counter began anew


def _settled(boot: int, high: int, holes: tuple[Hole, ...], now: int) -> Noticed:
    """Count what has been waited for long enough, and what there is no room to remember."""
    missing, kept = 0, []
    surplus = len(holes) - HOLES
    for place, hole in enumerate(holes):
        due = now - hole.since >= PATIENCE_MS or place < surplus
        if due and not hole.told:
            missing += hole.last - hole.first + 1
        if place >= surplus:
            kept.append(hole._replace(told=True) if due else hole)
    return Noticed(Seen(boot, high, tuple(kept)), missing, clash=False)


def _without(hole: Hole, seq: int) -> list[Hole]:
    parts = (hole._replace(last=seq - 1), hole._replace(first=seq + 1))
    return [part for part in parts if part.first <= part.last]


_HOLES = msgspec.json.Decoder(list[tuple[int, int, int, bool]])


def dump(state: Seen) -> str:
    """The holes as text for a column."""
    return msgspec.json.encode(state.holes).decode() if state.holes else ""


def restore(boot: int, high: int, holes: str) -> Seen:
    """The state again."""
    return Seen(boot, high, tuple(Hole(*one) for one in _HOLES.decode(holes)) if holes else ())
