"""What an import would do: changes in words, and the writes that make them so."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Table

from gateway.registry.fields import Kind
from gateway.registry.lookup import Lookup
from gateway.registry.sources import Problem
from gateway.registry.wanted import Wanted


class What(StrEnum):
    """What becomes of one thing."""

    ADDED = "added"
    CHANGED = "changed"
    ENDED = "ended"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Write:
    """One row to insert (where is None) or to update."""

    table: Table
    where: Mapping[str, Any] | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the plan."""

    action: What
    kind: Kind
    id: str  # "donegal/home-1/scale"
    detail: str
    line: int
    writes: tuple[Write, ...] = ()
    renew: bool = False  # the device's credential is made anew


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change. With problems, nothing."""

    file: str
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()  # where the file's word is left aside, and why
    left: tuple[str, ...] = ()  # registered, not in the file: they stay as they are
    new_logins: tuple[str, ...] = ()  # credentials that applying would make
    wanted: tuple[Wanted, ...] = field(default=(), repr=False)
    named: frozenset[str] = frozenset()  # sites that the file names, also in a row that is wrong

    @property
    def sites(self) -> frozenset[str]:
        """Sites it names, and those that something is moved away from."""
        return self.named | {change.id.split("/")[0] for change in self.changes}

    @property
    def empty(self) -> bool:
        """Whether applying it would change nothing."""
        return not self.problems and all(change.action is What.UNCHANGED for change in self.changes)

    def counts(self) -> Mapping[What, int]:
        """How many of each."""
        counted = Counter(change.action for change in self.changes)
        return {what: counted[what] for what in What}

    def lines(self) -> list[str]:
        """The plan for people: problems, or changes with what stays as it is."""
        if self.problems:
            return [f"{self.file}:{found.line}: {found.reason}" for found in self.problems]
        told = [
            f"{change.action:9} {change.kind:8} {change.id}"
            + (f": {change.detail}" if change.detail else "")
            for change in self.changes
            if change.action is not What.UNCHANGED
        ]
        told += [f"left aside, line {note.line}: {note.reason}" for note in self.notes]
        told += [f"not in the file, stays: {name}" for name in self.left]
        told += [f"new credential: {login}" for login in self.new_logins]
        counts = ", ".join(f"{number} {what}" for what, number in self.counts().items())
        return [*told, counts]


@dataclass(slots=True)
class Draft:
    """A plan being made: what is registered, what has been decided so far."""

    known: Lookup
    now: int
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def problem(self, row: Wanted, reason: str) -> None:
        """Refuse the file, for this row's sake."""
        self.problems.append(Problem(row.line, f"{row.kind} {row.name}: {reason}"))

    def note(self, row: Wanted, reason: str) -> None:
        """Say why something in the row is left aside."""
        self.notes.append(Problem(row.line, f"{row.kind} {row.name}: {reason}"))

    def change(self, row: Wanted, outcome: "Outcome") -> None:
        """One line for a row: what its parts amount to."""
        self.changes.append(
            Change(
                outcome.action(),
                row.kind,
                row.name,
                "; ".join(outcome.details),
                row.line,
                tuple(outcome.writes),
                outcome.renew,
            )
        )


@dataclass(slots=True)
class Outcome:
    """What is decided about one row, part by part."""

    new: bool
    details: list[str] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    ended: bool = False
    renew: bool = False

    def add(self, detail: str, *writes: Write) -> None:
        """One part that changes."""
        if detail:
            self.details.append(detail)
        self.writes += writes

    def action(self) -> What:
        """A new thing is added, whatever else; ended where nothing else has changed."""
        if self.new:
            return What.ADDED
        if not self.writes:
            return What.UNCHANGED
        return What.ENDED if self.ended and len(self.writes) == 1 else What.CHANGED
