"""Every key of a registry file: its CSV column, how its text is read, what it means.

Both formats arrive as text (YAML's own typing is not used: `no` is a language, `112` no integer),
so one reader serves both. A reader raises ValueError with a sentence that says what to write.
`docs/operators/registry.md` lists these; a test holds the two together.
"""

import difflib
import re
import zoneinfo
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

from devices.dialects import BY_NAME as DIALECTS
from devices.signals import CATALOGUE
from rules.holidays import CalendarRefused, days

Kind = Literal["site", "home", "resident", "device"]
Text = str | list[str] | dict[str, str]  # as a source hands it over

LANGUAGES = ("en", "ga", "is", "nn", "sv", "fi")  # the six catalogues of texts
ID = re.compile(r"[a-z0-9-]{1,64}")
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
SERIAL = re.compile(r"[A-Za-z0-9:._/ -]{1,64}")
NEVER = "no"
NONE = "none"

_SECOND = 1000
_UNITS = {"s": _SECOND, "min": 60 * _SECOND, "h": 3600 * _SECOND, "d": 86_400 * _SECOND}
_LONGEST_INTERVAL = 35 * _UNITS["d"]


@dataclass(frozen=True, slots=True)
class Field:
    """One key."""

    key: str
    column: str  # in a CSV file
    read: Callable[[Text], Any]
    help: str
    required: bool = False  # in every row; what only a new thing needs is checked against it


def nearest(word: str, known: Collection[str]) -> str:
    """What follows an unknown word: a near one that is known, or the known ones."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(sorted(known)[:20])}{', …' if len(known) > 20 else ''}"


def single(text: Text) -> str:
    """One word or line of text."""
    if not isinstance(text, str):
        raise ValueError("write one value, not a list")  # noqa: TRY004 - bad input, no bug
    plain = " ".join(text.split())
    if not plain or len(plain) > 200 or not plain.isprintable():
        raise ValueError("write 1 to 200 printable characters")
    return plain


def words(text: Text) -> tuple[str, ...]:
    """A YAML list, or words with spaces or commas between them."""
    if isinstance(text, dict):
        raise ValueError("write a list")  # noqa: TRY004 - bad input, no bug
    found = text if isinstance(text, list) else re.split(r"[\s,]+", text.strip())
    if not all(found):
        raise ValueError("write at least one")
    return tuple(found)


def identifier(text: Text) -> str:
    """What stands in topics and addresses."""
    plain = single(text)
    if not ID.fullmatch(plain):
        ascii_only = re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:64]
        hint = f"; perhaps {ascii_only!r}" if ID.fullmatch(ascii_only) else ""
        raise ValueError(f"{plain!r} is no id: use 1 to 64 of a-z, 0-9 and -{hint}")
    return plain


def one_of(known: Collection[str], what: str) -> Callable[[Text], str]:
    """A word from a closed list."""

    def read(text: Text) -> str:
        plain = single(text)
        if plain not in known:
            raise ValueError(f"unknown {what} {plain!r}: {nearest(plain, known)}")
        return plain

    return read


def some_of(known: Collection[str], what: str) -> Callable[[Text], tuple[str, ...]]:
    """Words from a closed list, each once."""
    read_one = one_of(known, what)

    def read(text: Text) -> tuple[str, ...]:
        return tuple(dict.fromkeys(read_one(word) for word in words(text)))

    return read


def zone(text: Text) -> str:
    """An IANA time zone."""
    return one_of(_zones(), "zone")(text)


def calendar(text: Text) -> str:
    """A calendar of public holidays: a country, or a part of one that keeps its own days."""
    plain = single(text)
    if plain == NONE:
        return ""
    try:
        days(plain)
    except CalendarRefused as error:
        raise ValueError(f"unknown calendar {plain!r}: {error.hint}") from None
    return plain


def numbers(text: Text) -> tuple[str, ...]:
    """Emergency numbers: short ones, as one dials them."""
    for word in words(text):
        if not re.fullmatch(r"[0-9]{2,6}", word):
            raise ValueError(f"{word!r} is no emergency number: write for example 112")
    return words(text)


def phone(text: Text) -> str:
    """An international number; spaces, hyphens and brackets are for people and are kept."""
    plain = single(text)
    if not PHONE.fullmatch(re.sub(r"[ ()./-]", "", plain)):
        raise ValueError(
            f"{plain!r} is no phone number: write it internationally, as +353 74 912 3456"
        )
    return plain


def truth(text: Text) -> bool:
    """Yes or no."""
    return one_of(("yes", "no", "true", "false"), "answer")(single(text).casefold()) in (
        "yes",
        "true",
    )


def minutes(text: Text) -> int:
    """Driving time."""
    plain = single(text)
    if not plain.isdecimal() or int(plain) > 1440:
        raise ValueError(f"{plain!r} is no number of minutes from 0 to 1440")
    return int(plain)


def year(text: Text) -> int:
    """Only the year of a birth is kept, also where a date is given."""
    plain = single(text)
    found = re.fullmatch(r"(\d{4})(-\d\d-\d\d)?", plain)
    if not found or not 1900 <= int(found[1]) <= 2100:
        raise ValueError(f"{plain!r} is no year of birth: write for example 1942")
    return int(found[1])


def moment(text: Text) -> int | date:
    """A date (its first moment at the site), or a time with its zone, as ms UTC."""
    plain = single(text)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", plain):
        try:
            return date.fromisoformat(plain)
        except ValueError as error:
            raise ValueError(f"{plain!r} is not in the calendar") from error
    try:
        at = datetime.fromisoformat(plain)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError(
            f"{plain!r} is no date: write 2026-01-31, or a time with its zone, "
            "2026-01-31T12:00:00+00:00"
        )
    return round(at.timestamp() * 1000)


def consent(text: Text) -> int | date | None:
    """Since when monitoring is agreed to, or `no`."""
    try:
        return None if single(text).casefold() == NEVER else moment(text)
    except ValueError as error:
        raise ValueError(f"{error}; where there is no consent, write no") from error


def interval(text: Text) -> int | None:
    """How often it reports at least, in ms; `none` for what speaks only when something happens."""
    plain = single(text)
    if plain == "none":
        return None
    found = re.fullmatch(r"(\d{1,6}) ?(s|min|h|d)", plain)
    length = int(found[1]) * _UNITS[found[2]] if found else 0
    if not _SECOND <= length <= _LONGEST_INTERVAL:
        raise ValueError(f"{plain!r} is no interval: write for example 30s, 15min, 24h, 2d or none")
    return length


def serial(text: Text) -> str:
    """What is printed on the thing."""
    plain = single(text)
    if not SERIAL.fullmatch(plain):
        raise ValueError(f"{plain!r} is no serial number: use up to 64 letters, digits and :._/-")
    return plain


def slots(text: Text) -> dict[int, str]:
    """YAML `{1: anna, 2: brid}`, CSV `1=anna 2=brid`."""
    pairs: Mapping[str, str]
    if isinstance(text, dict):
        pairs = text
    else:
        split = [word.partition("=") for word in words(text)]
        pairs = {number: who for number, _, who in split}
        if len(pairs) < len(split):
            raise ValueError("one slot stands twice")
    found = {}
    for number, who in pairs.items():
        if not number.isdecimal() or int(number) > 99:
            raise ValueError(f"{number!r} is no slot: write for example 1=anna 2=brid")
        found[int(number)] = identifier(who)
    return found


@cache
def _zones() -> frozenset[str]:
    return frozenset(found for found in zoneinfo.available_timezones() if "/" in found) | {"UTC"}


FIELDS: Mapping[Kind, tuple[Field, ...]] = {
    "site": (
        Field("id", "site", identifier, "id of the site", required=True),
        Field("name", "site_name", single, "its name for people"),
        Field("zone", "zone", zone, "IANA time zone"),
        Field("languages", "languages", some_of(LANGUAGES, "language"), "its own one first"),
        Field("emergency", "emergency", numbers, "emergency numbers, the first one is shown"),
        Field("fallback_phone", "fallback_phone", phone, "called when nobody answers an alert"),
        Field("holidays", "holidays", calendar, "calendar of its public holidays, or none"),
        Field("clock", "clock", one_of(("wall", "data"), "clock"), "wall, or data for replays"),
        Field("live", "live", truth, "no while it is being set up"),
        Field("demo", "demo", truth, "yes where all people are fictional"),
    ),
    "home": (
        Field("id", "home", identifier, "id of the home, unique at its site", required=True),
        Field("label", "home_label", single, "what carers call it"),
        Field("area", "area", single, "village or district"),
        Field("drive_minutes", "drive_minutes", minutes, "by car from the carers' base"),
    ),
    "resident": (
        Field("id", "resident", identifier, "id of the resident, unique everywhere", required=True),
        Field("name", "resident_name", single, "as carers write it"),
        Field("born", "born", year, "year of birth"),
        Field("language", "language", one_of(LANGUAGES, "language"), "the resident's own"),
        Field("phone", "phone", phone, "where to call them"),
        Field("since", "resident_since", moment, "lives in this home since"),
        Field("until", "resident_until", moment, "has left this home on"),
        Field("consent", "consent", consent, "agreed to monitoring on, or no", required=True),
        Field("consent_until", "consent_until", moment, "consent was withdrawn on"),
    ),
    "device": (
        Field("id", "device", identifier, "id of the device, unique in its home", required=True),
        Field("dialect", "dialect", one_of(tuple(DIALECTS), "dialect"), "how it speaks"),
        Field("hub", "hub", identifier, "hub through which it speaks"),
        Field("place", "place", identifier, "room or door, as rules name it"),
        Field("owner", "owner", identifier, "home, or the resident whose it is"),
        Field("slots", "slots", slots, "who is who on a shared scale or cuff"),
        Field("interval", "interval", interval, "reports at least this often, or none"),
        Field("signals", "signals", some_of(tuple(CATALOGUE), "signal"), "what it measures"),
        Field("model", "model", single, "maker and model"),
        Field("serial", "serial", serial, "printed on it; a move is known by it"),
        Field("since", "device_since", moment, "stands there since"),
        Field("until", "device_until", moment, "was taken away on"),
    ),
}
