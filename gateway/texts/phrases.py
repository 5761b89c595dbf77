"""The words of a rule: one template for every phrase key, rendered in a language.

A new operator without its sentence fails a test. Parts that are phrases themselves are rendered
first; a list inside a list stands in brackets.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import assert_never

from gateway.texts.catalogues import N_, catalogue
from gateway.texts.formats import (
    NBSP,
    format_decimal,
    format_length,
    format_moment,
    format_speed,
    format_time_of_day,
    format_unit,
    format_value,
    shortest,
)
from rules.quantity import CLOCK, MS
from rules.sentence import Days, Length, Moment, Named, Part, Phrase, Plain, Speed, TimeOfDay, Value

TEMPLATES: Mapping[str, str] = {
    "rule": N_("{condition}."),
    "rule.clear": N_("{condition}. It ends when {clear}."),
    "why": N_("{rule} It began {at}. {readings}"),
    "why.since": N_("{rule} It began {at} and had lasted since {since}. {readings}"),
    "reading": N_("{signal} was {value} at {at}"),
    "latest": N_("{signal}"),
    "above": N_("{value} is above {limit}"),
    "above.back": N_("{value} is above {limit} (back to normal at {back} or less)"),
    "below": N_("{value} is below {limit}"),
    "below.back": N_("{value} is below {limit} (back to normal at {back} or more)"),
    "between": N_("{value} is from {low} to {high}"),
    "is": N_("{signal} is {state}"),
    "lasting": N_("{condition}, for at least {for} without a break"),
    "rise": N_("the rise of {signal} over its lowest within {within}"),
    "none_for": N_("no {signal} for {for}, while it would have been heard"),
    "none_between": N_("no {signal} from {from} until {until}, while it would have been heard"),
    "none_between.days": N_(
        "no {signal} from {from} until {until} on {days}, while it would have been heard"
    ),
    "time_between": N_("it is between {from} and {until}"),
    "time_between.days": N_("it is between {from} and {until} on {days}"),
    "event": N_("{signal} reported"),
    "not": N_("it is not so that {condition}"),
    "unless": N_("{condition}, unless {exception}"),
    "all": N_("{first} and {second}"),  # folded over the list
    "any": N_("{first} or {second}"),
}

NAMES: Mapping[str, str] = {  # in the middle of a sentence
    "body_weight": N_("body weight"),
    "systolic": N_("systolic blood pressure"),
    "diastolic": N_("diastolic blood pressure"),
    "pulse": N_("pulse"),
    "spo2": N_("oxygen saturation"),
    "body_temperature": N_("body temperature"),
    "skin_temperature": N_("skin temperature"),
    "respiration": N_("respiration"),
    "glucose": N_("glucose"),
    "body_water": N_("body water"),
    "muscle_mass": N_("muscle mass"),
    "steps": N_("steps"),
    "motion": N_("movement"),
    "door": N_("door"),
    "bed": N_("bed"),
    "chair": N_("chair"),
    "plug_power": N_("power of the plug"),
    "room_temperature": N_("room temperature"),
    "humidity": N_("humidity"),
    "co2": N_("CO₂ in the air"),
    "smoke": N_("smoke detector"),
    "water": N_("water sensor"),
    "sos": N_("SOS button"),
    "fall": N_("fall"),
    "dispenser": N_("medicine dispenser"),
    "battery": N_("battery"),
    "link_quality": N_("link quality"),
    "coverage": N_("coverage"),
    "tick": N_("site clock"),
}

PLACED = N_("{signal} ({place})")
AND_SO_ON = N_("{first}; {second}")
DAY_NAMES: Mapping[str, str] = {
    "mon": N_("Monday"),
    "tue": N_("Tuesday"),
    "wed": N_("Wednesday"),
    "thu": N_("Thursday"),
    "fri": N_("Friday"),
    "sat": N_("Saturday"),
    "sun": N_("Sunday"),
}
WHOLE_SENTENCES = frozenset({"rule", "rule.clear"})
LISTS = frozenset({"all", "any", "unless", "lasting"})


def render(phrase: Phrase, language: str) -> str:
    """The phrase in a language; a whole sentence begins with a capital letter."""
    text = _phrase(phrase, language)
    if phrase.key in WHOLE_SENTENCES or phrase.key.startswith("why"):
        return text[:1].upper() + text[1:]
    return text


def format_parameter(value: Decimal, unit: str, language: str) -> str:
    """A parameter's value in its own unit (`rules.language.Parameter`)."""
    if unit == CLOCK:
        return format_time_of_day(int(value), language)
    if unit in MS:
        return format_length(int(value * MS[unit]), language)
    number = format_decimal(value, language)
    shown = format_unit(unit, language)
    return f"{number}{NBSP}{shown}" if shown else number


def _phrase(phrase: Phrase, language: str) -> str:
    _ = catalogue(language).gettext
    if phrase.key in {"all", "any"}:
        conditions = phrase.parts["conditions"]
        assert isinstance(conditions, tuple)
        return _folded(_(TEMPLATES[phrase.key]), [_inner(c, language) for c in conditions])
    parts = {name: _part(part, phrase, language) for name, part in phrase.parts.items()}
    return _(TEMPLATES[phrase.key]).format_map(parts)


def _folded(template: str, texts: list[str]) -> str:
    whole = texts[0]
    for text in texts[1:]:
        whole = template.format(first=whole, second=text)
    return whole


def _inner(phrase: Phrase, language: str) -> str:
    text = _phrase(phrase, language)
    return f"({text})" if phrase.key in LISTS else text


def _part(part: Part, parent: Phrase, language: str) -> str:  # noqa: PLR0911 one line a kind of part
    _ = catalogue(language).gettext
    match part:
        case Phrase():
            if parent.key.startswith("why"):
                return render(part, language)
            bare = parent.key in WHOLE_SENTENCES or part.key not in LISTS
            return _phrase(part, language) if bare else f"({_phrase(part, language)})"
        case tuple():
            texts = [_phrase(inner, language) for inner in part]
            listed = _folded(_(AND_SO_ON), texts) if texts else ""
            return f"{listed[:1].upper()}{listed[1:]}." if listed else ""
        case Value(signal, x):
            return format_value(x, signal, language) if signal else str(x)
        case Plain(x, decimals):
            return format_decimal(shortest(x, decimals), language)
        case Speed(signal, x):
            return format_speed(x, signal, language)
        case Length(ms):
            return format_length(ms, language)
        case TimeOfDay(minutes):
            return format_time_of_day(minutes, language)
        case Moment(at, zone):
            return format_moment(at, zone, language)
        case Named(signal, place):
            name = _(NAMES[signal])
            shown = (place or "").replace("_", " ").replace("-", " ")
            return _(PLACED).format(signal=name, place=shown) if shown else name
        case Days(days):
            return _folded(_(TEMPLATES["any"]), [_(DAY_NAMES[day]) for day in days])
        case _:
            assert_never(part)
