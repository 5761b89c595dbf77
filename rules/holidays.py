"""Public holidays of a calendar, precomputed: one bit a day, what `time_between` looks them up in.

A calendar's code is ISO 3166: a country ("IS"), or a part of one that keeps its own days
("GB-NIR"). The dates are those of the `holidays` package, legal public holidays only (ADR 10).
Outside FIRST..LAST nothing is known, and nothing is guessed.
"""

from datetime import date
from functools import lru_cache

import holidays as library

from devices.errors import Refused, Spoken
from rules.errors import nearest

FIRST = date(2015, 1, 1)
LAST = date(2060, 12, 31)
EPOCH = date(1970, 1, 1)
FIRST_DAY = (FIRST - EPOCH).days  # days since 1970, as the local clock counts them
WORD = 62  # days in one int64: its sign and one bit more stay free
ALL_OF_THEM = (LAST - FIRST).days + 1
WORDS = (ALL_OF_THEM - 1) // WORD + 1


class CalendarRefused(Refused):
    """No calendar of public holidays of that code is known here."""


def days(code: str) -> tuple[date, ...]:
    """The public holidays of a calendar in order. Raises CalendarRefused."""
    country, _, part = code.partition("-")
    parts = parts_of(country)
    # Asked only for codes: the package takes names of countries as well.
    if code not in parts:
        hint = (
            nearest(code, parts)
            if parts
            else Spoken("Write it as ISO 3166 does: IE, GB-NIR, NO, …")
        )
        raise CalendarRefused("read a calendar", code[:20], Spoken("no such calendar"), hint)
    years = range(FIRST.year, LAST.year + 1)
    found = library.country_holidays(country, subdiv=part or None, years=years)
    return tuple(sorted(day for day in found if FIRST <= day <= LAST))


def parts_of(country: str) -> tuple[str, ...]:
    """The codes of a country's calendars; none where the country is not known."""
    countries = library.list_supported_countries()
    if country not in countries or len(country) != 2:  # it knows codes of three letters, too
        return ()
    return (country, *(f"{country}-{part}" for part in countries[country]))


@lru_cache(maxsize=64)
def bits(code: str) -> tuple[int, ...]:
    """Day FIRST_DAY + i is a holiday: bit i % WORD of entry i // WORD. Empty: nothing is known."""
    if not code:
        return ()
    table = [0] * WORDS
    for day in days(code):
        index = (day - FIRST).days
        table[index // WORD] |= 1 << index % WORD
    return tuple(table)


@lru_cache(maxsize=512)
def longest_wait(code: str, mask: int, also: bool, never: bool) -> int:
    """Days from the beginning of one chosen day to the end of the next, at most.

    Chosen are the weekdays of `mask` (bit 0 is Monday), `also` holidays, or `never` holidays. Where
    no calendar is known, as by the densest and the sparsest that could be.
    """
    table = bits(code)
    if not table:
        if never:
            return 7 * (MOST_IN_A_ROW + 1) + 2
        return 9 if mask else NO_WAIT
    longest, last = 0, None
    for index in range(ALL_OF_THEM):
        weekday = (FIRST_DAY + index + 3) % 7  # 1970-01-01 was a Thursday
        named, holiday = mask >> weekday & 1, table[index // WORD] >> index % WORD & 1
        if (named and not (never and holiday)) or (also and holiday):
            if last is not None:
                longest = max(longest, index - last)
            last = index
    return longest + 2 if last is not None else NO_WAIT


# One weekday that is a holiday in successive weeks: in Iceland of 2025, three Thursdays.
MOST_IN_A_ROW = 3
NO_WAIT = 400  # no chosen day in a year or more
