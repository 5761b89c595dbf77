"""Structured logs in which no health value can stand.

    log = structlog.get_logger("gateway.intake")
    with message(offset):
        log.warning("dead letter", code="unknown-device", topic=topic)

Every line of one message carries its id, `message`, the journal's offset, from broker to alert.
What could be a value is kept out by form, not by good will: forbidden keys, containers, bytes and
decimals are withheld; numbers in sentences, errors and tracebacks are masked. Say numbers that are
no values as keys of their own (`port=1883`). With `strict` (tests) a breach raises instead.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, MutableMapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

from devices.errors import HomecareError
from devices.signals import CATALOGUE

# What a value, or what tells who somebody is, would be called. Ids are pseudonyms and allowed.
FORBIDDEN = frozenset(
    {
        *CATALOGUE,
        *("x", "value", "values", "payload", "body", "bytes", "raw", "unit", "reading", "readings"),
        *("item", "items", "evidence", "args", "row", "rows", "low", "high", "mean", "limit_value"),
        *("name", "resident_name", "phone", "born", "birth", "address", "email", "note", "words"),
        *("password", "secret", "authorization", "cookie"),
    }
)
FORBIDDEN_ENDS = ("_value", "_values", "_payload", "_password", "_secret", "_phone")

# Text written by people or programs, in which a number may be a measured one.
SENTENCES = frozenset({"event", "error", "reason", "problem", "hint", "why"})

WITHHELD = "withheld"
LONGEST = 400

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class HealthValueInLogError(AssertionError):
    """A log call tried to say what no log may hold. Only raised in strict mode."""


def configure(
    level: str = "info",
    format: Literal["json", "text"] = "json",  # noqa: A002 - the setting's name
    stream: TextIO | None = None,
    *,
    strict: bool = False,
) -> None:
    """Route structlog and the standard library's loggers through the same keeper, to `stream`.

    Standard error by default. Call once at start; uvicorn gets `log_config=None`.
    """
    keeper = _keeper(strict=strict)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _traceback,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared, _keeper(strict=False)],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            keeper,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


@contextmanager
def message(offset: int) -> Iterator[None]:
    """All log lines inside carry this message's id."""
    with structlog.contextvars.bound_contextvars(message=offset):
        yield


def masked(text: str) -> str:
    """The text with every number hidden: "weight ## kg" tells nothing of anyone."""
    return _NUMBER.sub("#", text)[:LONGEST]


def _keeper(*, strict: bool) -> Processor:
    """The processor that withholds, or in strict mode raises."""

    def keep(_: Any, __: str, event: EventDict) -> EventDict:
        for key in list(event):
            if key.startswith("_") or key in {"timestamp", "level", "logger", "message", "trace"}:
                continue
            kept = _kept(key, event[key])
            if strict and (kept == WITHHELD or (key == "event" and kept != event[key])):
                raise HealthValueInLogError(
                    f"log call {masked(str(event.get('event')))!r}: {key!r} may not be logged: "
                    "use ids, counts and codes, and keep numbers out of sentences"
                )
            event[key] = kept
        return event

    return keep


def _kept(key: str, value: Any) -> Any:
    if key.lower() in FORBIDDEN or key.lower().endswith(FORBIDDEN_ENDS):
        return WITHHELD
    for kind, kept in _KEPT:
        if isinstance(value, kind):
            return kept(key, value)
    return WITHHELD


def _text(key: str, value: str) -> str:
    return masked(value) if key in SENTENCES else value[:LONGEST]


def _texts(_: str, value: Collection[Any]) -> list[str] | str:
    """Lists of ids and codes; a list of numbers is withheld."""
    if not all(isinstance(part, str) for part in value):
        return WITHHELD
    return (sorted(value) if isinstance(value, set | frozenset) else list(value))[:20]


# What may stand in a line, the first that fits; anything else is withheld.
_KEPT: tuple[tuple[type | tuple[type, ...], Callable[[str, Any], Any]], ...] = (
    (HomecareError, lambda _, error: masked(f"{error.operation}: {error.problem}")),
    (BaseException, lambda _, error: _first_line(error)),
    (Enum, lambda key, member: _text(key, str(member.value))),
    (str, _text),
    ((bool, int, float, type(None)), lambda _, value: value),
    (Path, lambda _, path: str(path)),
    ((list, tuple, set, frozenset), _texts),
)


def _first_line(error: BaseException) -> str:
    return masked(f"{type(error).__name__}: {error}".splitlines()[0])


def _traceback(_: Any, __: str, event: EventDict) -> EventDict:
    """Frames without locals; messages masked, for a failed conversion quotes its input."""
    raised = _raised(event)
    if raised is not None:
        lines: list[str] = []
        for error in _chain(raised):
            lines += traceback.format_tb(error.__traceback__)
            lines.append(f"{_first_line(error)}\n")
        event["trace"] = "".join(lines)
    return event


def _raised(event: MutableMapping[str, Any]) -> BaseException | None:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, tuple):
        given = given[1]
    return given if isinstance(given, BaseException) else None


def _chain(error: BaseException) -> list[BaseException]:
    """The first cause first, as Python prints them."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        hidden = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or hidden
    return chain[::-1]
