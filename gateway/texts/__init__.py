"""Languages: message catalogues, phrases of rules, and how numbers, units and times are shown.

English is the source. Everything that people see goes through `catalogue(language).gettext`; pages
use the same. `deploy/texts.sh` extracts all of it into a `.po` for each language; for translators:
docs/developers/translating.md.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.texts.catalogues import N_, catalogue, translated
from gateway.texts.formats import (
    format_date,
    format_decimal,
    format_length,
    format_moment,
    format_night,
    format_number,
    format_time,
    format_time_of_day,
    format_unit,
    format_value,
    parse_number,
)

LANGUAGES: Mapping[str, str] = MappingProxyType(  # those that people can choose, in their own words
    {
        "en": "English",
        "ga": "Gaeilge",
        "is": "Íslenska",
        "nn": "Norsk (nynorsk)",
        "sv": "Svenska",
        "fi": "Suomi",
    }
)
SOURCE = "en"
NEAREST: Mapping[str, str] = MappingProxyType({"nb": "nn", "no": "nn"})  # understood by its readers


def spoken(language: str) -> str:
    """The language itself, or the one that its readers understand; else the source."""
    plain = language.strip().lower().replace("_", "-").split("-")[0]
    known = NEAREST.get(plain, plain)
    return known if known in LANGUAGES else SOURCE


def preferred(accept_language: str) -> str:
    """What a browser asks for in its header Accept-Language (RFC 9110), as far as it is spoken."""
    wanted = []
    for position, one in enumerate(accept_language[:500].split(",")):
        tag, _, quality = one.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        plain = tag.strip().lower().split("-")[0]
        if weight > 0 and (plain in LANGUAGES or plain in NEAREST):
            wanted.append((-weight, position, spoken(plain)))
    return min(wanted)[2] if wanted else SOURCE


__all__ = [
    "LANGUAGES",
    "N_",
    "SOURCE",
    "catalogue",
    "format_date",
    "format_decimal",
    "format_length",
    "format_moment",
    "format_night",
    "format_number",
    "format_time",
    "format_time_of_day",
    "format_unit",
    "format_value",
    "parse_number",
    "preferred",
    "spoken",
    "translated",
]
