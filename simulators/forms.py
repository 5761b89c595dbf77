"""What the files of the simulators have in common: text, checked key by key.

Personas, regions, scenarios and faults are YAML. All of it is read as text, nothing is evaluated;
an unknown key or word is refused with the nearest known one, naming file and key.
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, NoReturn, Protocol, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from devices.errors import Refused
from devices.signals import CATALOGUE, MAX_COUNT

DAY_MS = 86_400_000
LONGEST_MS = 3_660 * DAY_MS  # ten years: whoever asks for more has mistyped
_UNITS_MS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": DAY_MS}
_SHOWN = 60  # characters of a wrong value that are shown again


class Form(BaseModel):
    """Unknown keys are refused; text stays text."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Refuse(Protocol):
    """Raises Refused for a key of a file."""

    def __call__(self, key: str, problem: str, hint: str) -> NoReturn: ...


def refusing(operation: str, file: str, kind: type[Refused] = Refused) -> Refuse:
    """What refuses, for one file. What stands in it is shown, never obeyed."""

    def refuse(key: str, problem: str, hint: str) -> NoReturn:
        where = f"{file}, {key}" if key else file
        raise kind(operation, printable(where), printable(problem), printable(hint))

    return refuse


def printable(text: str) -> str:
    """No control character of a file reaches a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, and all of them."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    return f"{guess}Known: {', '.join(words)}"


def mapping(text: str, refuse: Refuse, what: str) -> dict[str, Any]:
    """The file as a mapping of texts, lists and mappings."""
    try:
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506  # a BaseLoader: text and nothing else
    except (yaml.YAMLError, RecursionError) as error:
        refuse("", f"not YAML: {' '.join(str(error).split())[:160]}", "See docs/developers")
    if not isinstance(raw, dict):
        refuse("", f"{what} is a mapping of keys", "See docs/developers")
    return raw


_T = TypeVar("_T", bound=BaseModel)


def checked(kind: type[_T], raw: Any, refuse: Refuse, at: tuple[str | int, ...] = ()) -> _T:
    """The form filled with what the file says. `at` is the key of `raw` itself."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        found = error.errors()
        # Of all that is wrong an unknown key comes first: a mistyped one is missing as well.
        first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
        key = ".".join(str(part) for part in (*at, *first["loc"]))
        if first["type"] == "extra_forbidden":
            known = _keys(kind, first["loc"][:-1])
            refuse(key, "unknown key", nearest(str(first["loc"][-1]), known))
        problem = first["msg"].removeprefix("Value error, ")
        refuse(key, problem, "See docs/developers")


def _keys(kind: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The keys that the form at this path knows."""
    form: Any = kind
    for part in path:
        if isinstance(part, int) or not (isinstance(form, type) and issubclass(form, BaseModel)):
            continue
        field = next((f for name, f in form.model_fields.items() if part in {name, f.alias}), None)
        inner = _form_in(field.annotation) if field else None
        form = inner or form
    return [f.alias or name for name, f in form.model_fields.items()]


def _form_in(annotation: Any) -> type[BaseModel] | None:
    """The form that a field holds, alone, in a tuple, or as values of a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _form_in(inner)
        if found:
            return found
    return None


def span(raw: Any) -> int:
    """Milliseconds of "500 ms", "20 s", "5 min", "2 h" or "3 d". Raises ValueError."""
    text = str(raw)
    found = re.fullmatch(r"(-?\d{1,12}(?:\.\d{1,6})?) ?(ms|s|min|h|d)", text)
    if not found:
        raise ValueError(f"{text[:_SHOWN]!r} is no length of time; write `20 s`, `5 min` or `2 h`")
    length = round(float(found[1]) * _UNITS_MS[found[2]])
    if length < 0:
        raise ValueError(f"{text!r} is negative; time goes forward")
    if length > LONGEST_MS:
        raise ValueError(f"{text!r} is longer than ten years")
    return length


def in_words(length_ms: int) -> str:
    """A span as a file would write it."""
    unit = next(
        (u for u in ("d", "h", "min", "s") if length_ms and length_ms % _UNITS_MS[u] == 0), "ms"
    )
    return f"{length_ms // _UNITS_MS[unit]} {unit}"


def some_span(raw: Any) -> int:
    """A span that is not zero."""
    length = span(raw)
    if length == 0:
        raise ValueError("0 is no length of time")
    return length


def share(raw: Any) -> float:
    """A number from 0 to 1, of "70 %". Raises ValueError."""
    text = str(raw)
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?) ?%", text)
    if not found or float(found[1]) > 100:
        raise ValueError(f"{text[:_SHOWN]!r} is no share; write `70 %`, from 0 % to 100 %")
    return float(found[1]) / 100


def clock(raw: Any) -> int:
    """Minutes after midnight of "07:30". Raises ValueError."""
    text = str(raw)
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text)
    if not found:
        raise ValueError(f"{text[:_SHOWN]!r} is no time of day; write `07:30`")
    return int(found[1]) * 60 + int(found[2])


def texts(raw: Any) -> tuple[Any, ...]:
    """A list, or one text alone."""
    return tuple(raw) if isinstance(raw, list) else (raw,)


def yes(raw: Any) -> bool:
    """`yes` or `no`. Raises ValueError."""
    if str(raw) not in {"yes", "no"}:
        raise ValueError(f"{str(raw)[:_SHOWN]!r} is neither `yes` nor `no`")
    return str(raw) == "yes"


def amount(signal: str, raw: Any) -> float:
    """Counts of a signal, not rounded, of "0.2 kg" or "-9 Cel". Raises ValueError."""
    entry = CATALOGUE[signal]
    number, _, unit = str(raw)[:_SHOWN].partition(" ")
    if unit not in {"", entry.unit} and not (unit == "mmHg" and entry.unit == "mm[Hg]"):
        raise ValueError(f"{signal} is measured in {entry.unit}, not in {unit}")
    try:
        counts = float(Decimal(number) * entry.scale)
    except InvalidOperation:
        counts = math.nan
    if not abs(counts) <= MAX_COUNT:
        raise ValueError(f"{str(raw)[:_SHOWN]!r} is no number of {entry.unit}")
    return counts


Span = Annotated[int, BeforeValidator(span)]
SomeSpan = Annotated[int, BeforeValidator(some_span)]
Share = Annotated[float, BeforeValidator(share)]
Clock = Annotated[int, BeforeValidator(clock)]
Texts = Annotated[tuple[str, ...], BeforeValidator(texts)]
YesNo = Annotated[bool, BeforeValidator(yes)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]


def known(word: str, words: Iterable[str] | Mapping[str, Any], refuse: Refuse, key: str) -> None:
    """Refused where the word is none of them, with the nearest."""
    every = list(words)
    if word not in every:
        refuse(key, f"there is no {word[:_SHOWN]!r}", nearest(word, every))


class _Loader(yaml.BaseLoader):
    """Text only; a key that stands twice is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key is a word", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)
