"""The sentence of an alert, and the words for what a rule saw, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from api.pages.tables import PLACES
from devices.signals import CATALOGUE
from gateway.alerts.episodes import AlertRow, EvidencePoint
from gateway.texts import catalogue, format_number, format_unit, format_value
from gateway.texts.phrases import NAMES, render
from gateway.texts.records import from_record

NBSP = "\N{NO-BREAK SPACE}"


def sentence(row: AlertRow, language: str) -> str:
    """Why it fired, in one sentence; of a technical alert: what is not seen, and of what."""
    title = catalogue(language).gettext(row.title)
    if row.phrase is None:
        return title
    if row.technical:
        about = device_words(row.phrase)
        return f"{title}: {about}" if about else title
    phrase = from_record(row.phrase)
    return render(phrase, language) if phrase else title


def device_words(detail: Mapping[str, Any]) -> str:
    """The device, place and number that a watchdog names; never a health value."""
    words = [
        str(detail[key]) for key in ("device", "hub", "place", "signal", "rule") if detail.get(key)
    ]
    return ", ".join(words)


def signal_name(signal: str, place: str | None, language: str) -> str:
    """Title of a signal, with the place where it was measured."""
    translate = catalogue(language).gettext
    known = CATALOGUE.get(signal)
    name = translate(known.display) if known else signal
    return f"{name}, {place_name(place, language)}" if place else name


def short_name(signal: str, language: str) -> str:
    """As in the middle of a sentence."""
    return catalogue(language).gettext(NAMES.get(signal, signal))


def place_name(place: str, language: str) -> str:
    """A room's word; a name that is not in the table stands as it was registered."""
    return catalogue(language).gettext(PLACES.get(place, place.replace("-", " ")))


def point_value(point: EvidencePoint, language: str) -> str:
    """The value that a rule saw; unknown is said, never blank."""
    if point.x is None:
        return catalogue(language).gettext("unknown")
    if point.signal in CATALOGUE:
        return format_value(point.x, point.signal, language)
    return f"{point.value}{NBSP}{point.unit}" if point.value else str(point.x)


def number_and_unit(signal: str, x: int, language: str) -> tuple[str, str]:
    """A value split for a big number and a small unit; a state is its word alone."""
    entry = CATALOGUE[signal]
    if entry.word(x) is not None:
        return format_value(x, signal, language), ""
    return format_number(x, signal, language), format_unit(entry.unit, language)
