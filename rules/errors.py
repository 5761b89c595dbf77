"""Errors of this package: their fault, with file, line and key."""

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from devices.errors import Refused, Spoken, said

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
    if isinstance(text, Spoken) and len(text) <= LONGEST:
        fields = {n: _shown(x) if isinstance(x, str) else x for n, x in text.fields.items()}
        return Spoken(text.template, **fields)
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def nearest(word: str, known: Iterable[str]) -> Spoken:
    """A hint that names the nearest known word, and all of them."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    words = ", ".join(known)
    if not close:
        return Spoken("Allowed: {words}", words=words)
    return Spoken("Did you mean {guess}? Allowed: {words}", guess=repr(close[0]), words=words)


def most_telling(error: ValidationError) -> Any:
    """Of all that pydantic found, an unknown key first: a mistyped one is missing as well."""
    found = error.errors()
    return next((one for one in found if one["type"] == "extra_forbidden"), found[0])


def told(found: Any) -> str:
    """What pydantic found, in words that can be translated; what is not known here, in its own."""
    context = found.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, ValueError):  # a validator's own words
        return said(cause)
    text = _FOUND.get(found["type"])
    if text is None:
        return str(found["msg"]).removeprefix("Value error, ")
    limit = next((context[key] for key in _LIMITS if key in context), "")
    words = str(context.get("expected", "")).replace(" or ", ", ")
    return Spoken(text, limit=limit, words=words)


_LIMITS = ("min_length", "max_length", "pattern")
_TEXT = Spoken("write text here")
_KEYS = Spoken("write keys beneath it")
_TRUTH = Spoken("write true or false here")
_ONE_OF = Spoken("write one of these: {words}", words="{words}")
_FOUND: dict[str, str] = {
    kind: text.template
    for kind, text in (
        ("extra_forbidden", Spoken("unknown key")),
        ("missing", Spoken("it is missing")),
        ("literal_error", _ONE_OF),
        ("enum", _ONE_OF),
        ("string_type", _TEXT),
        ("list_type", Spoken("write a list here")),
        ("dict_type", _KEYS),
        ("model_type", _KEYS),
        ("model_attributes_type", _KEYS),
        ("bool_type", _TRUTH),
        ("bool_parsing", _TRUTH),
        ("too_short", Spoken("at least {limit} must stand here", limit="{limit}")),
        ("too_long", Spoken("at most {limit} may stand here", limit="{limit}")),
        ("string_too_short", Spoken("at least {limit} characters", limit="{limit}")),
        ("string_too_long", Spoken("at most {limit} characters", limit="{limit}")),
        ("string_pattern_mismatch", Spoken("it does not fit the pattern {limit}", limit="{limit}")),
    )
}
