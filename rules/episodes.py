"""The word that this package owns: an episode, an interval during which a rule's condition holds.

Where the drivers' answers become episodes, once for live and back-test. What is open is held
across unknown: not to be able to see is neither an end nor an all-clear.
"""

from dataclasses import dataclass
from typing import Literal

from rules.operators.machine import U

Kind = Literal["onset", "end", "unknown", "known"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reading that an episode rests on."""

    node: int  # step of the plan that took it
    signal: str
    place: str | None
    at: int
    x: int  # counts of the signal's resolution
    order: int  # as the host numbered it (journal offset)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one enrolled rule, final for its instant.

    `unknown`: it cannot be seen any more whether the condition holds; said while an episode is
    open, and always by rules of absence. `known`: it can be seen again.
    """

    key: str
    kind: Kind
    at: int  # event time
    noticed_at: int  # site time when it became known
    since: int  # onset and end: when what lasted began; else the same as at
    onset: int | None = None  # of the episode that is concerned, if one is open
    evidence: tuple[Evidence, ...] = ()
    outputs: tuple[tuple[int, int], ...] = ()  # (step, answer) of every node at an onset


@dataclass(frozen=True, slots=True)
class Episode:
    """What a back-test finds: the same onset, end and evidence as live from the same readings."""

    key: str
    onset: int
    end: int | None  # None: still open when the readings end
    since: int
    evidence: tuple[Evidence, ...]


@dataclass(slots=True)
class Condition:
    """What is known of one rule for one subject: is an episode open, can it be seen?"""

    absence: bool
    open: bool = False
    onset: int = U
    since: int = U
    occurrence: int = 0  # the answer that was told; a greater one is a new occurrence
    dark: bool = False
    heard: bool = False  # it was known once: before that, nothing is missed

    def decide(self, when: int, clear: int | None, t: int) -> tuple[Kind, ...]:
        """What the final answers of instant t mean. `clear` None: it ends when `when` is false."""
        kinds: list[Kind] = []
        if when != U:
            self.heard = True
            if self.dark:
                self.dark = False
                kinds.append("known")
        if when > 0:
            if self.open and when > self.occurrence:
                kinds.append("end")
                self.open = False
            if not self.open and (when > self.occurrence or when == 1):
                kinds.append("onset")
                self.open = True
                self.onset = t
            self.occurrence = max(self.occurrence, when)
            return tuple(kinds)
        if self.open and (when == 0 if clear is None else clear > 0):
            kinds.append("end")
            self.open = False
            if self.dark and not self.absence:
                self.dark = False
                kinds.append("known")
        if when == 0 and not self.open:
            self.occurrence = 0
        if when == U and not self.dark and (self.open or (self.absence and self.heard)):
            self.dark = True
            kinds.append("unknown")
        return tuple(kinds)
