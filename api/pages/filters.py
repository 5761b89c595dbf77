"""The filters of the templates, for one language."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup, escape

from api.pages import sentences, tables, timeline
from api.pages.words import Words, iso
from gateway.alerts.episodes import AlertRow

AGENTS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device_guess(agent: str) -> str:
    """What kind of device a browser says it runs on."""
    return next((name for mark, name in AGENTS if mark in agent), agent[:40] or "?")


def tel(phone: str) -> str:
    """A number for a tel: address."""
    return "".join(char for char in phone if char.isdigit() or char == "+")


def subject_name(row: AlertRow) -> str:
    """Who or what an alert is about."""
    return row.resident_name or row.home_name or row.home or row.site_name


def check_value(check: Mapping[str, Any], name: str, words: Words) -> str:
    """A check's value as people read it; the names are those of gateway.health()."""
    value = check["value"]
    if value is None:
        return "—"
    if isinstance(value, int) and name == "disk":
        return words.gigabytes(value)
    if isinstance(value, int) and name in {"notify", "clock"}:
        return words.span(value)
    if isinstance(value, int) and name in {"journal", "rules", "store"}:
        return words.waiting(value)
    return str(value)


def markup_lite(text: str) -> Markup:
    """`code` and **strong** of a description, everything else escaped."""
    safe = str(escape(text))
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    return Markup(re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", safe))  # noqa: S704  # escaped above


def filters(language: str) -> dict[str, Callable[..., Any]]:
    """All of them."""
    words = Words(language)
    return {
        "iso": iso,
        "markup_lite": markup_lite,
        "clock": words.clock,
        "date": words.date,
        "day": words.day,
        "day_clock": words.day_clock,
        "date_time": words.date_time,
        "clock_near": words.clock_near,
        "age": words.age,
        "span": words.span,
        "years": words.years,
        "message": words.message,
        "prose": words.prose,
        "heard_sentence": words.heard_sentence,
        "menu_word": words.look_up(tables.MENU),
        "priority_word": words.look_up(tables.PRIORITIES),
        "disposition_word": words.look_up(tables.DISPOSITIONS),
        "voice_word": words.look_up(tables.VOICES),
        "response_word": words.look_up(tables.RESPONSES),
        "role_word": words.look_up(tables.ROLES),
        "language_name": words.look_up(tables.LANGUAGES),
        "letter_code": words.look_up(tables.LETTERS),
        "check_name": words.look_up(tables.CHECKS),
        "verb_word": words.look_up(tables.VERBS),
        "check_value": lambda check, name: check_value(check, name, words),
        "device_guess": device_guess,
        "tel": tel,
        "subject_name": subject_name,
        "headline": lambda row: sentences.headline(row, language),
        "rule_sentence": lambda row: sentences.rule_sentence(row, language),
        "place_name": lambda place: sentences.place_name(place, language),
        "signal_name": lambda point: sentences.signal_name(point.signal, point.place, language),
        "evidence_value": lambda point: sentences.point_value(point, language),
        "timeline_class": timeline.timeline_class,
        "timeline_words": lambda entry, zone: timeline.timeline_words(entry, zone, language),
    }
