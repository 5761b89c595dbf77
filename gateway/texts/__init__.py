"""Languages: message catalogues, phrases of rules, and how numbers, units and times are shown.

English is the source. Everything that people see goes through `catalogue(language).gettext`; pages
use the same. `deploy/texts.sh` extracts all of it into a `.po` for each language; for translators:
docs/developers/translating.md.
"""

from gateway.texts.catalogues import N_, catalogue
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

LANGUAGES: tuple[str, ...] = ("en", "ga", "is", "nn", "sv", "fi")  # those that people can choose

__all__ = [
    "LANGUAGES",
    "N_",
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
]
