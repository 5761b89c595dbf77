"""What the intake tells of itself."""

from dataclasses import dataclass
from typing import Literal

GapKind = Literal["session-lost", "link", "sequence"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that did not come. Times are wall ms UTC.

    session-lost: the broker forgot the gateway; what it held is gone. link: nothing could come
    between `since` and `until`; the broker held it. sequence: `missing` numbers of one device
    never came.
    """

    kind: GapKind
    since: int | None
    until: int
    device: str | None = None  # site/home/device
    missing: int = 0


@dataclass(frozen=True, slots=True)
class IntakeStatus:
    """How the intake stands: for health, metrics and the watch."""

    connected: bool
    epoch: int
    probe_age_s: float | None  # since a message last went through the broker and back
    drained: bool  # what waited while we were away, or lagged, has arrived and is journalled
    queue: int  # messages before the journal
    journal_offset: int
    stored: int
    duplicates: int
    gaps: int
    clock_behind_ms: int  # how far the wall clock stands before the journal's last receipt
    problem: str  # empty: all is well
    faults: int
    drained_offset: int = 0  # once drained: all that had waited lies at or below it
