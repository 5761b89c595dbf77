"""The sentence of an alert, and the words for what a rule saw, in the reader's language."""

from collections.abc import Iterable, Mapping
from typing import Any

from api.pages.words import Words
from devices.signals import CATALOGUE, Kind
from gateway.alerts.episodes import AlertRow, EvidencePoint
from gateway.texts import catalogue, format_number, format_unit, format_value
from gateway.texts.nouns import place_word
from gateway.texts.phrases import render
from gateway.texts.records import from_record
from rules.sentences.sentence import Moment, Named, Phrase, Value

NBSP = "\N{NO-BREAK SPACE}"


def headline(row: AlertRow, language: str) -> str:
    """One line for a list: what it is, and the values that speak for it."""
    title = catalogue(language).gettext(row.title)
    if row.phrase is None:
        return title
    if row.technical:
        about = device_words(row.phrase)
        return f"{title}: {about}" if about else title
    phrase = from_record(row.phrase)
    if phrase is None:
        return title
    by_signal: dict[str, list[tuple[Value, Moment]]] = {}
    for pair in _readings(phrase):
        by_signal.setdefault(pair[0].signal, []).append(pair)
    tellings = {signal: _told(pairs, row, language) for signal, pairs in by_signal.items()}
    if len(_signals(phrase)) > 1:  # several could have made it speak: each that did is named
        told = "; ".join(
            f"{signal_name(signal, None, language)} {words}"
            for signal, words in tellings.items()
            if words
        )
    else:
        told = "".join(tellings.values())
    return f"{title}: {told}" if told else title


def rule_sentence(row: AlertRow, language: str) -> str:
    """What the rule says, with the limits of this resident; empty where one may not see why."""
    phrase = from_record(row.phrase) if row.phrase and not row.technical else None
    rule = phrase.parts.get("rule") if phrase else None
    return render(rule, language) if isinstance(rule, Phrase) else ""


def sentence(row: AlertRow, language: str) -> str:
    """Why it fired in full, for programs: the rule, since when, on which readings."""
    phrase = from_record(row.phrase) if row.phrase and not row.technical else None
    return render(phrase, language) if phrase else headline(row, language)


def _signals(part: object) -> frozenset[str]:
    """Every signal that a rule's sentence names."""
    if isinstance(part, Named):
        return frozenset({part.signal})
    inner: Iterable[object] = ()
    if isinstance(part, Phrase):
        inner = part.parts.values()
    elif isinstance(part, tuple):
        inner = part
    return frozenset(name for one in inner for name in _signals(one))


def _readings(phrase: Phrase) -> list[tuple[Value, Moment]]:
    """Value and time of each reading that a "why" rests on, oldest first."""
    parts = phrase.parts.get("readings", ())
    found = []
    for one in parts if isinstance(parts, tuple) else ():
        value, at = one.parts.get("value"), one.parts.get("at")
        if isinstance(value, Value) and isinstance(at, Moment):
            found.append((value, at))
    return sorted(found, key=lambda pair: pair[1].at)


def _told(readings: list[tuple[Value, Moment]], row: AlertRow, language: str) -> str:
    """86 % at 03:00; a change of a measurement as from → to; an event needs no value."""
    if not readings or CATALOGUE[readings[-1][0].signal].kind is Kind.EVENT:
        return ""
    words, translate = Words(language), catalogue(language).gettext
    last, at = readings[-1]
    shown = {
        "value": format_value(last.x, last.signal, language),
        "time": words.clock_near(at.at, row.zone, row.noticed_at),
    }
    first, before = next(pair for pair in readings if pair[0].signal == last.signal)
    if first.x == last.x or CATALOGUE[last.signal].kind is not Kind.MEASUREMENT:
        return translate("%(value)s at %(time)s") % shown
    shown["first"] = format_value(first.x, first.signal, language)
    shown["before"] = words.clock_near(before.at, row.zone, row.noticed_at)
    return translate("%(first)s (%(before)s) → %(value)s (%(time)s)") % shown


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


def place_name(place: str, language: str) -> str:
    """A room's word; a name that is not in the table stands as it was registered."""
    return place_word(place, language)


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
