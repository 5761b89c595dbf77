"""A registry file as rows of text, each with its line: the same from YAML and from CSV.

Nothing is understood here but the shape: which row stands under which, which keys are known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.registry.fields import FIELDS, Kind, Text, nearest

MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Why a file is refused: one wrong thing, by line."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of one key."""

    text: Text
    line: int


@dataclass(slots=True)
class Raw:
    """One site, home, resident or device, as written."""

    kind: Kind
    line: int
    cells: dict[str, Cell] = field(default_factory=dict)
    parent: "Raw | None" = None

    def id(self) -> str:
        """The id's text, "" where there is none."""
        cell = self.cells.get("id")
        return cell.text.strip() if cell and isinstance(cell.text, str) else ""

    def path(self) -> tuple[str, ...]:
        """Ids from the site down."""
        above = self.parent.path() if self.parent else ()
        return (*above, self.id())


@dataclass(slots=True)
class Sheet:
    """All of a file."""

    rows: list[Raw] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, line: int, reason: str) -> None:
        """Note what is wrong, and read on: all problems are told at once."""
        self.problems.append(Problem(line, reason))


def known_keys(kind: Kind) -> Mapping[str, str]:
    """Keys of a kind, and their CSV columns."""
    return {found.key: found.column for found in FIELDS[kind]}


def unknown(what: str, word: str, known: Mapping[str, str] | list[str]) -> str:
    """The sentence for a key or column that is not known."""
    return f"unknown {what} {word!r}: {nearest(word, list(known))}"
