"""Errors of this package: their fault, with file, line and key."""

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from devices.errors import Refused

LONGEST = 1200  # characters of a message; every word of the language fits


class RuleRefused(Refused):
    """A rule file is wrong: which file, which line, which key, what is allowed."""

    def __init__(self, operation: str, subject: str, problem: str, hint: str = "") -> None:
        super().__init__(operation, subject, problem, hint)


class ValueOutOfRange(Refused):
    """A parameter's value is not allowed."""


class PointRefused(Refused):
    """A reading that no rule can be fed with."""


def refuse(file: str, line: int, key: str, problem: str, hint: str = "") -> RuleRefused:
    """What stands in a file is shown, never obeyed: no control character reaches a terminal."""
    where = _shown(f"{file}, line {line}, {key or 'the file'}")
    return RuleRefused("read a rule", where, _shown(problem), _shown(hint))


def _shown(text: str) -> str:
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, and all of them."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    return f"{guess}Allowed: {', '.join(known)}"


def most_telling(error: ValidationError) -> Any:
    """Of all that pydantic found, an unknown key first: a mistyped one is missing as well."""
    found = error.errors()
    return next((one for one in found if one["type"] == "extra_forbidden"), found[0])
