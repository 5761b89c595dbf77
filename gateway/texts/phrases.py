"""The words of a rule: one template for every phrase key, rendered in a language.

A new operator without its sentence fails a test. Parts that are phrases themselves are rendered
first; a list inside a list stands in brackets.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import assert_never

from devices.signals import CATALOGUE
from gateway.texts.catalogues import N_, catalogue
from gateway.texts.comparisons import COMPARISON_TEMPLATES
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
from gateway.texts.inflection import Say, fill
from gateway.texts.joining import Style, join
from gateway.texts.nouns import CLAUSES, place_word, placed, say_days
from gateway.texts.numbers import NUMBER_TEMPLATES
from rules.file.named import NAMED
from rules.quantity import CLOCK, MS
from rules.sentences.sentence import (
    NAMED_KEY,
    Days,
    Length,
    Moment,
    Named,
    Part,
    Phrase,
    Place,
    Plain,
    Speed,
    TimeOfDay,
    Value,
)

TEMPLATES: Mapping[str, str] = {
    "rule": N_("{condition}."),
    "rule.clear": N_("{condition}. It ends when {clear}."),
    "why": N_("{rule} It began {at}. {readings}"),
    "why.since": N_("{rule} It began {at} and had lasted since {since}. {readings}"),
    "reading": N_("{signal} was {value} at {at}"),
    "latest": "{signal}",  # nothing to translate, as below
    "above": N_("{value} is above {limit}"),
    "above.back": N_("{value} is above {limit} (back to normal at {back} or less)"),
    "below": N_("{value} is below {limit}"),
    "below.back": N_("{value} is below {limit} (back to normal at {back} or more)"),
    "between": N_("{value} is from {low} to {high}"),
    "between.back": N_(
        "{value} is from {low} to {high} (no longer at {back_low} or less, or {back_high} or more)"
    ),
    "is": N_("{signal.the} is {state}"),
    "lasting": N_("for at least {for} without a break: {condition}"),
    "keep": N_("now or within the last {for}: {condition}"),
    "times": N_("at least {at_least} times within {within} this began: {condition}"),
    "times.signal": N_("{signal} at least {at_least} times within {within}"),
    "then": N_("first {first}, then within {within} {second}"),
    "then_no": N_(
        "first {first}, then {signal.no} for {within}, although it would have been heard"
    ),
    "at_least": N_("at least {number} of these: {conditions}"),
    "rise": N_("the rise of {signal} over its lowest within {within}"),
    **NUMBER_TEMPLATES,
    **COMPARISON_TEMPLATES,
    "none_for": N_("{signal.no} for {for}, although it would have been heard"),
    "none_between": N_("{signal.no} from {from} until {until}, although it would have been heard"),
    "none_between.days": N_(
        "{signal.no} from {from} until {until} on {days}, although it would have been heard"
    ),
    "none_between.working": N_(
        "{signal.no} from {from} until {until} other than on a public holiday, "
        "although it would have been heard"
    ),
    "none_between.days.working": N_(
        "{signal.no} from {from} until {until} on {days} other than a public holiday, "
        "although it would have been heard"
    ),
    "time_between": N_("it is between {from} and {until}"),
    "time_between.days": N_("it is between {from} and {until} on {days}"),
    "time_between.working": N_("it is between {from} and {until} other than on a public holiday"),
    "time_between.days.working": N_(
        "it is between {from} and {until} on {days} other than a public holiday"
    ),
    "holiday": N_("today is a public holiday"),
    "holiday.tomorrow": N_("tomorrow is a public holiday"),
    "holiday.yesterday": N_("yesterday was a public holiday"),
    "event": N_("{signal.was}"),
    "not": N_("it is not so that {condition}"),
    "unless": N_("{condition}, unless {exception}"),
    "all": "{conditions}",
    "any": "{conditions}",
}
JOINED: Mapping[str, Style] = {
    "all": "standard",
    "any": "or",
    "at_least": "standard",
}  # by CLDR's list patterns

AND_SO_ON = N_("{first}; {second}")
WHOLE_SENTENCES = frozenset({"rule", "rule.clear"})
# What they end with stands after a colon and needs no brackets.
COLON = frozenset(key for key, text in TEMPLATES.items() if text.endswith(": {condition}")) | {
    "at_least"
}
LISTS = (  # in brackets inside another
    COLON
    | {"all", "any", "unless", "then", "then_no", "none_for"}
    | {key for key in TEMPLATES if key.startswith("none_between")}
)


def render(phrase: Phrase, language: str) -> str:
    """The phrase in a language; a whole sentence begins with a capital letter."""
    text = _phrase(phrase, language)
    if phrase.key in WHOLE_SENTENCES or phrase.key.startswith("why"):
        return capital(text)
    return text


def capital(text: str) -> str:
    """With a capital letter, behind brackets that open it."""
    start = len(text) - len(text.lstrip("("))
    return f"{text[:start]}{text[start : start + 1].upper()}{text[start + 1 :]}"


def render_head(template: str, phrase: Phrase, language: str) -> str:
    """Another template for a phrase, with those of its parts that are no conditions."""
    parts: dict[str, Say] = {
        name: partial(_part, part, phrase, language, "")
        for name, part in phrase.parts.items()
        if not isinstance(part, Phrase | tuple)
    }
    return fill(catalogue(language).gettext(template), "", parts)


def render_part(part: Part, language: str) -> str:
    """A value, a length or a name that stands alone."""
    return _part(part, Phrase("latest", {}), language, "", "")


def format_parameter(value: Decimal, unit: str, language: str) -> str:
    """A parameter's value in its own unit (`rules.file.language.Parameter`)."""
    if unit == CLOCK:
        return format_time_of_day(int(value), language)
    if unit in MS:
        return format_length(int(value * MS[unit]), language)
    number = format_decimal(value, language)
    shown = format_unit(unit, language)
    return f"{number}{NBSP}{shown}" if shown else number


def _phrase(phrase: Phrase, language: str, form: str = "") -> str:
    """`form`: as the template around it asks (`inflection`)."""
    template = catalogue(language).gettext(_template(phrase.key))
    parts: dict[str, Say] = {
        name: partial(_part, part, phrase, language, form if phrase.key == "latest" else "")
        for name, part in phrase.parts.items()
    }
    if phrase.key == "is":
        covered = phrase.parts["signal"]
        if isinstance(covered, Named) and covered.signal == "coverage" and covered.place:
            of, _, room = covered.place.partition("@")
            parts["place"] = partial(placed, of, room, language)
        return fill(_clause(phrase, template, language), form, parts)
    if phrase.key in JOINED:
        conditions = phrase.parts["conditions"]
        assert isinstance(conditions, tuple)
        texts = [_inner(c, phrase, language, form) for c in conditions]
        parts["conditions"] = lambda _form: join(texts, JOINED[phrase.key], language)
    return fill(template, form, parts)


def _template(key: str) -> str:
    """A named expression is called by its title."""
    if key.startswith(NAMED_KEY):
        return NAMED[key.removeprefix(NAMED_KEY)].title
    return TEMPLATES[key]


def _clause(phrase: Phrase, template: str, language: str) -> str:
    """What is said of a state: the door is open, nobody is in the bed."""
    state = phrase.parts["state"]
    assert isinstance(state, Value)
    word = CATALOGUE[state.signal].word(state.x)
    clause = CLAUSES.get((state.signal, word or ""))
    return catalogue(language).gettext(clause) if clause else template


def _inner(phrase: Phrase, parent: Phrase, language: str, form: str) -> str:
    """A list inside a list stands in brackets, by whatever name it is called after a "not"."""
    text = _phrase(phrase, language, form)
    key = phrase.key
    if parent.key == "not" and key.startswith(NAMED_KEY):
        key = NAMED[key.removeprefix(NAMED_KEY)].open_tree.operator.word
    bare = parent.key in WHOLE_SENTENCES | COLON or key not in LISTS
    return text if bare else f"({text})"


def _part(  # noqa: C901, PLR0911, PLR0912 one line a kind of part
    part: Part, parent: Phrase, language: str, inherited: str, asked: str
) -> str:
    form = asked or inherited
    match part:
        case Phrase():
            if parent.key.startswith("why"):
                return render(part, language)
            return _inner(part, parent, language, form)
        case tuple():
            texts = [_phrase(inner, language) for inner in part]
            if parent.key.startswith("why"):
                return _sentences(texts, language)
            return join(texts, "standard", language)
        case Value(signal, x):
            return format_value(x, signal, language) if signal else str(x)
        case Plain(x, decimals):
            return format_decimal(shortest(x, decimals), language)
        case Speed(signal, x):
            return format_speed(x, signal, language)
        case Length(ms):
            return format_length(ms, language, form)
        case TimeOfDay(minutes):
            return format_time_of_day(minutes, language)
        case Moment(at, zone):
            return format_moment(at, zone, language)
        case Named(signal, place):
            return placed(signal, place, language, form)
        case Place(place):
            return place_word(place, language, form)
        case Days(days):
            return say_days(days, language, form)
        case _:
            assert_never(part)


def _sentences(texts: list[str], language: str) -> str:
    template = catalogue(language).gettext(AND_SO_ON)
    whole = ""
    for text in texts:
        whole = template.format(first=whole, second=text) if whole else text
    return f"{capital(whole)}." if whole else ""
