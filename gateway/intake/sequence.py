"""What a device's sequence numbers tell: a gap, a late one, or a counter that began anew. Pure.

The last 63 numbers are kept as bits. A number counts as missing only once it is `REORDER` behind:
an urgent message may overtake readings.
"""

from typing import NamedTuple

REORDER = 16
WINDOW = 63
ALL = (1 << WINDOW) - 1


class Seen(NamedTuple):
    """What is known of one device."""

    boot: int
    high: int
    seen: int  # bit i: high - i was seen


class Noticed(NamedTuple):
    """The new state, how many numbers are now known to be missing, and whether one came twice."""

    state: Seen
    missing: int
    clash: bool


def notice(state: Seen | None, boot: int, seq: int) -> Noticed:
    """A message that is no duplicate (its digest is new) carries (boot, seq)."""
    if state is None or boot != state.boot:
        # What came before the first contact, or before a boot's first message, is not missed.
        return Noticed(Seen(boot, seq, ALL), 0, clash=False)
    ahead = seq - state.high
    if ahead > 0:
        return _advance(state, seq, ahead)
    bit = 1 << -ahead if -ahead < WINDOW else 0
    if bit and not state.seen & bit:
        return Noticed(state._replace(seen=state.seen | bit), 0, clash=False)
    return Noticed(Seen(boot, seq, ALL), 0, clash=True)  # the counter began anew


def _advance(state: Seen, seq: int, ahead: int) -> Noticed:
    """As many numbers as it goes ahead fall out of the reorder window; count those never seen."""
    if ahead < REORDER:
        falling = state.seen >> (REORDER - ahead) & (1 << ahead) - 1
        missing = ahead - falling.bit_count()
        seen = (state.seen << ahead | 1) & ALL
        return Noticed(Seen(state.boot, seq, seen), missing, clash=False)
    recent = state.seen & (1 << REORDER) - 1
    missing = ahead - recent.bit_count()
    seen = (state.seen << ahead | 1) & ALL if ahead < WINDOW else 1
    return Noticed(Seen(state.boot, seq, seen), missing, clash=False)
