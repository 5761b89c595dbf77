"""The word that this package owns: an episode, an interval during which a rule's condition holds.

Where the drivers' answers become episodes, once for live and back-test. What is open is held
across unknown: not to be able to see is neither an end nor an all-clear.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rules.operators.machine import NEVER, U

if TYPE_CHECKING:
    from rules.rule import Rule

Kind = Literal["onset", "end", "unknown", "known", "told"]


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
    open, and always by rules of absence. `known`: it can be seen again. `told`: the rule is told
    `at_most` once in a while, the while is over, and the episode that was held back still holds.
    """

    key: str
    kind: Kind
    at: int  # event time
    noticed_at: int  # site time when it became known
    since: int  # onset and end: when what lasted began; else the same as at
    onset: int | None = None  # of the episode that is concerned, if one is open
    evidence: tuple[Evidence, ...] = ()
    outputs: tuple[tuple[int, int], ...] = ()  # (step, answer) of every node at an onset
    held_until: int | None = None  # onset: held back, because one was told within `at_most`


@dataclass(frozen=True, slots=True)
class Episode:
    """What a back-test finds: the same onset, end and evidence as live from the same readings."""

    key: str
    onset: int
    end: int | None  # None: still open when the readings end
    since: int
    evidence: tuple[Evidence, ...]
    told_at: int | None = None  # its onset, or the end of what held it back; None: over by then


@dataclass(slots=True)
class Condition:
    """What is known of one rule for one subject: is an episode open, can it be seen, was it told?

    `at_most` is a brake on telling and never on what is recorded: an onset within `at_most` of the
    one that was told last is held back, and told when that time is over if the episode is open
    then. So whether and when an episode is told follows from the episodes before it alone.
    """

    absence: bool
    open: bool = False
    onset: int = U
    since: int = U
    occurrence: int = 0  # the answer that was told; a greater one is a new occurrence
    dark: bool = False
    heard: bool = False  # it and its absences were known once: before that, nothing is missed
    told: int = U  # when an episode was last told
    held: bool = False  # the open episode is held back
    at_most: int = 0  # ms; 0: every episode is told

    @classmethod
    def of(cls, rule: "Rule") -> "Condition":
        """Nothing is known yet."""
        return cls(rule.absence, at_most=rule.at_most_ms or 0)

    @property
    def release(self) -> int:
        """When the open episode that is held back is told; NEVER: none is."""
        return self.told + self.at_most if self.held else NEVER

    def decide(
        self, when: int, clear: int | None, t: int, *, heard: bool = True
    ) -> tuple[Kind, ...]:
        """What the final answers of instant t mean. `clear` None: it ends when `when` is false.

        `heard`: all that it says of what did not come is known. Outside the hours of a rule the
        whole is known to be false, and where no sensor ever was that makes nobody miss it.
        """
        kinds: list[Kind] = []
        if when != U:
            self.heard = self.heard or heard
            if self.dark:
                self.dark = False
                kinds.append("known")
        if when > 0:
            self._goes_on(when, t, kinds)
        elif self.open:
            self._may_end(when, clear, kinds)
        elif when == U and self.absence and self.heard and not self.dark:
            self.dark = True
            kinds.append("unknown")
        if when == 0 and not self.open:
            self.occurrence = 0
        if self.held:
            self._release(t, kinds)
        return tuple(kinds)

    def _goes_on(self, when: int, t: int, kinds: list[Kind]) -> None:
        """It holds: as before, from now on, or once more."""
        if self.open and when > self.occurrence:
            kinds.append("end")
            self.open = self.held = False
        if not self.open and (when > self.occurrence or when == 1):
            kinds.append("onset")
            self.open = True
            self.onset = t
            self.held = self.told != U and t < self.told + self.at_most
            if not self.held:
                self.told = t
        self.occurrence = max(self.occurrence, when)

    def _may_end(self, when: int, clear: int | None, kinds: list[Kind]) -> None:
        """It does not hold, or cannot be seen to."""
        if when == 0 if clear is None else clear > 0:
            kinds.append("end")
            self.open = self.held = False
            if self.dark and not self.absence:
                self.dark = False
                kinds.append("known")
        if when == U and not self.dark and (self.open or (self.absence and self.heard)):
            self.dark = True
            kinds.append("unknown")

    def _release(self, t: int, kinds: list[Kind]) -> None:
        if t >= self.told + self.at_most:
            self.held = False
            self.told = t
            kinds.append("told")
