"""Numbers, units and times as each language writes them, by CLDR (Babel).

Decimals are the signal's resolution; a no-break space stands before a unit; the minus is a true
minus; UCUM is shown as people know it. Times are shown in the site's zone, and an hour that
repeats when the clocks go back says which of the two it is.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from devices.errors import Refused, Spoken
from devices.signals import CATALOGUE, MAX_DIGITS, Signal, from_counts
from gateway.texts.catalogues import N_, NN_, catalogue
from gateway.texts.inflection import fill

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

LOCALES = {  # language → CLDR locale
    "en": "en_IE",
    "ga": "ga_IE",
    "is": "is_IS",
    "nn": "nn_NO",
    "sv": "sv_SE",
    "fi": "fi_FI",
}

UNITS = {  # UCUM → as shown
    "1": "",
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "[ppm]": "ppm",
    "/min": N_("per minute"),
    "d": N_("days"),
    "h": N_("hours"),
    "min": N_("minutes"),
    "s": N_("seconds"),
}
LENGTHS = (  # ms, one, many
    (86_400_000, *NN_("{count} day", "{count} days")),
    (3_600_000, *NN_("{count} hour", "{count} hours")),
    (60_000, *NN_("{count} minute", "{count} minutes")),
    (1000, *NN_("{count} second", "{count} seconds")),
)
STATES = {  # words of the catalogue's states
    "closed": N_("closed"),
    "open": N_("open"),
    "empty": N_("empty"),
    "occupied": N_("occupied"),
    "clear": N_("clear"),
    "alarm": N_("alarm"),
    "dry": N_("dry"),
    "wet": N_("wet"),
    "taken": N_("taken"),
    "missed": N_("missed"),
    "air": N_("air"),
    "oxygen": N_("oxygen"),
    "alert": N_("alert"),
    "confused": N_("newly confused"),
    "voice": N_("responding to voice"),
    "pain": N_("responding to pain"),
    "unresponsive": N_("unresponsive"),
    "dark": N_("dark"),
    "covered": N_("covered"),
}


class NumberRefused(Refused):
    """What was typed is no number."""


@lru_cache(maxsize=16)
def locale_of(language: str) -> Locale:
    """English for a language that the product does not speak."""
    return Locale.parse(LOCALES.get(language, LOCALES["en"]))


def format_decimal(number: Decimal, language: str, decimals: int | None = None) -> str:
    """`decimals` None: as many as the number has."""
    places = max(0, -int(number.as_tuple().exponent)) if decimals is None else decimals
    pattern = "#,##0" + ("." + "0" * places if places else "")
    text = numbers.format_decimal(number, pattern, locale=locale_of(language))
    return text.replace("-", MINUS)


def format_number(x: int, signal: Signal | str, language: str) -> str:
    """Counts of a signal's resolution as a number, with the signal's decimals, without its unit."""
    entry = CATALOGUE[signal] if isinstance(signal, str) else signal
    return format_decimal(from_counts(entry, x), language, entry.decimals)


def format_unit(unit: str, language: str) -> str:
    """A UCUM unit as people know it; itself where it is known as such."""
    shown = UNITS.get(unit, unit)
    return catalogue(language).gettext(shown) if shown else ""


def format_value(x: int, signal: Signal | str, language: str) -> str:
    """A number with its unit after a no-break space, or the word of a state."""
    entry = CATALOGUE[signal] if isinstance(signal, str) else signal
    word = entry.word(x)
    if word is not None:
        return catalogue(language).gettext(STATES[word])
    number, unit = format_number(x, entry, language), format_unit(entry.unit, language)
    return f"{number}{NBSP}{unit}" if unit else number


def shortest(x: int, decimals: int) -> Decimal:
    """`x` counts of 10 ** -decimals without the noughts at its end: 250 hundredths are 2.5."""
    whole, rest = divmod(abs(x), 10**decimals)
    digits = f"{whole}.{rest:0{decimals}}".rstrip("0").rstrip(".") if rest else f"{whole}"
    return Decimal(f"-{digits}" if x < 0 else digits)


def format_speed(x: int, signal: Signal | str, language: str) -> str:
    """Hundredths of a count of a signal's resolution, per day: 0.25 kg per day."""
    entry = CATALOGUE[signal] if isinstance(signal, str) else signal
    number = format_decimal(shortest(x, entry.decimals + 2), language)
    unit = format_unit(entry.unit, language)
    amount = f"{number}{NBSP}{unit}" if unit else number
    return catalogue(language).gettext("{amount} per day").format(amount=amount)


def format_length(ms: int, language: str, form: str = "") -> str:
    """A length of time in the largest unit that divides it: 90 minutes, 3 days."""
    size, one, many = next(
        (unit for unit in LENGTHS if ms >= unit[0] and ms % unit[0] == 0), LENGTHS[-1]
    )
    count = (Decimal(ms) / size).normalize()
    text = catalogue(language).ngettext(one, many, plural_number(count, language))
    shown = format_decimal(count, language)
    return fill(text, form, {"count": lambda _form: shown}).replace(" ", NBSP)


def plural_number(count: Decimal, language: str) -> int:
    """What stands for `count` in gettext's plural, which knows whole numbers only."""
    if count == count.to_integral_value():
        return abs(int(count))
    one = str(locale_of(language).plural_form(count)) == "one"  # 2.1 in Icelandic
    return 1 if one else 0


def _local(ms: int, zone: str) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(
        ZoneInfo(zone)
    )


def format_time(ms: int, zone: str, language: str) -> str:
    """Hours and minutes at the site; an hour that repeats says "first" or "second"."""
    local = _local(ms, zone)
    text = dates.format_skeleton("Hm", local, locale=locale_of(language))
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return text
    which = N_("{time} (second)") if local.fold else N_("{time} (first)")
    return catalogue(language).gettext(which).format(time=text)


def format_time_of_day(minutes: int, language: str) -> str:
    """Minutes after midnight, without a day."""
    if minutes == 24 * 60:
        return "24.00" if language == "fi" else "24:00"
    moment = datetime(2000, 1, 1, minutes // 60, minutes % 60, tzinfo=UTC)
    return dates.format_skeleton("Hm", moment, locale=locale_of(language))


def format_date(ms: int, zone: str, language: str) -> str:
    """4 Nov 2026"""
    return dates.format_date(_local(ms, zone), "medium", locale=locale_of(language))


def format_moment(ms: int, zone: str, language: str) -> str:
    """4 Nov 2026 21:14"""
    return f"{format_date(ms, zone, language)} {format_time(ms, zone, language)}"


def format_night(ms: int, zone: str, language: str) -> str:
    """The night around a moment, noon to noon: night 3 to 4 Nov."""
    first = (_local(ms, zone) - timedelta(hours=12)).date()
    span = dates.format_interval(
        first, first + timedelta(days=1), "MMMd", locale=locale_of(language)
    )
    return catalogue(language).gettext("night {days}").format(days=span)


def parse_number(text: str) -> Decimal:
    """What a person typed: comma or point, spaces, a true minus. Raises NumberRefused."""
    plain = text.strip().replace(NBSP, "").replace("\N{NARROW NO-BREAK SPACE}", "")
    plain = plain.replace(" ", "").replace(MINUS, "-").replace(",", ".")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        hint = Spoken("Write digits with a comma or a point")
        raise NumberRefused("read a number", repr(text[:40]), Spoken("not a number"), hint)
    return number
