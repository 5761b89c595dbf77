"""How commands speak: plain lines, tables, and a progress line that keeps quiet in a pipe."""

import sys
from collections.abc import Sequence
from typing import Any

import typer


def say(text: str = "") -> None:
    """One line to the reader, at once."""
    typer.echo(text)


def complain(text: str) -> None:
    """One line to standard error."""
    typer.echo(text, err=True)


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Columns as wide as they must be; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(head), *cells]) for i in range(len(head))]
    right = [all(isinstance(r[i], int | float | None) for r in rows) for i in range(len(head))]
    for line in [list(head), ["-" * width for width in widths], *cells]:
        padded = [
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ]
        say("  ".join(padded).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


class Progress:
    """A line that is written over itself on a terminal, and now and then in a pipe or log."""

    def __init__(self, every: int = 20) -> None:
        self._terminal = sys.stdout.isatty()
        self._every = every
        self._calls = 0
        self._next = 0.0
        self._width = 0

    def show(self, text: str, share: float | None = None) -> None:
        """The state of things now; off a terminal a `share` is told when it moved by a tenth."""
        self._calls += 1
        if self._terminal:
            sys.stdout.write("\r" + text.ljust(self._width))
            sys.stdout.flush()
            self._width = len(text)
        elif self._calls % self._every == 1 if share is None else share >= self._next:
            self._next = (share or 0) + 0.1
            say(text)

    def done(self, text: str = "") -> None:
        """Leave the line, with a last word on it."""
        if self._terminal and self._width:
            sys.stdout.write("\r" + " " * self._width + "\r")
            self._width = 0
        if text:
            say(text)
