"""Filters that turn codes, times and numbers into words, for one language.

Every word here is a message of the catalogue: codes that come from the database (a priority, a
state) are looked up in a table of messages, so that translators see them.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, get_datetime_format

from gateway import texts

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def N_(message: str) -> str:  # noqa: N802  # gettext's own name for "mark, translate later"
    """Mark a message for the catalogue; it is translated where it is shown."""
    return message


PRIORITIES: Mapping[str, str] = {
    "now": N_("NOW"),
    "soon": N_("SOON"),
    "today": N_("TODAY"),
    "device": N_("DEVICE"),
}
MENU: Mapping[str, str] = {
    "alerts": N_("Alerts"),
    "residents": N_("Residents"),
    "devices": N_("Devices"),
    "reviews": N_("Reviews"),
    "operations": N_("Operations"),
    "me": N_("Me"),
}
DISPOSITIONS: Mapping[str, str] = {
    "useful": N_("Useful"),
    "nothing_to_do": N_("Nothing to do"),
    "false": N_("False alert"),
    "device": N_("Device"),
    "dont_know": N_("Don’t know"),
}
RESPONSES: Mapping[str, str] = {
    "phoned": N_("Phoned"),
    "drove": N_("Drove there"),
    "relative": N_("Relative went"),
    "nothing": N_("Nothing"),
}
LOCALES: Mapping[str, str] = {
    "en": "en_IE",
    "ga": "ga_IE",
    "is": "is_IS",
    "nn": "nn_NO",
    "sv": "sv_SE",
    "fi": "fi_FI",
}


def _local(at: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone))


def iso(at: int) -> str:
    """RFC 3339 in UTC, for <time datetime> and programs."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


class Words:
    """What one language says."""

    def __init__(self, language: str) -> None:
        self._catalogue = texts.catalogue(language)
        self._locale = LOCALES.get(language, "en_IE")

    def _say(self, message: str, **values: Any) -> str:
        return self._catalogue.gettext(message) % values

    def _count(self, one: str, many: str, n: int) -> str:
        return self._catalogue.ngettext(one, many, n) % {"n": n}

    def word(self, table: Mapping[str, str]) -> Callable[[Any], str]:
        """A filter that looks a code up; an unknown code is shown as it is, never hidden."""

        def look_up(code: Any) -> str:
            key = str(code)
            return self._catalogue.gettext(table[key]) if key in table else key

        return look_up

    def clock(self, at: int, zone: str) -> str:
        """The time of day at the site: 21:14."""
        return str(format_skeleton("Hm", _local(at, zone), locale=self._locale))

    def date(self, at: int, zone: str) -> str:
        """The day at the site: 4 Nov 2026."""
        return str(format_skeleton("yMMMd", _local(at, zone), locale=self._locale))

    def day(self, at: int, zone: str) -> str:
        """A near day: Wed 4 Nov."""
        return str(format_skeleton("MMMEd", _local(at, zone), locale=self._locale))

    def date_time(self, at: int, zone: str) -> str:
        """Day and time in full, joined as the language joins them."""
        pattern = str(get_datetime_format("medium", locale=self._locale)).replace("'", "")
        return pattern.replace("{1}", self.date(at, zone)).replace("{0}", self.clock(at, zone))

    def clock_near(self, at: int, zone: str, now: int) -> str:
        """21:14 today, else with its day: a time without its day misleads after midnight."""
        if _local(at, zone).date() == _local(now, zone).date():
            return self.clock(at, zone)
        return f"{self.day(at, zone)} {self.clock(at, zone)}"

    def age(self, at: int | None, now: int) -> str:
        """How long ago, to the precision that matters: just now, 4 min, 3 h 10 min, 2 days."""
        if at is None:
            return self._catalogue.gettext("unknown")
        return self.span(max(0, now - at))

    def span(self, length: int) -> str:
        """A duration in milliseconds."""
        if length < MINUTE:
            return self._say("%(n)s s", n=length // SECOND)
        if length < HOUR:
            return self._say("%(n)s min", n=length // MINUTE)
        if length < DAY:
            hours, minutes = length // HOUR, length % HOUR // MINUTE
            if minutes == 0 or hours >= 10:
                return self._say("%(n)s h", n=hours)
            return self._say("%(h)s h %(m)s min", h=hours, m=minutes)
        return self._count("%(n)s day", "%(n)s days", length // DAY)


def filters(language: str) -> dict[str, Callable[..., Any]]:
    """Jinja filters of one language."""
    words = Words(language)
    return {
        "iso": iso,
        "clock": words.clock,
        "date": words.date,
        "day": words.day,
        "date_time": words.date_time,
        "clock_near": words.clock_near,
        "age": words.age,
        "span": words.span,
        "menu_word": words.word(MENU),
        "priority_word": words.word(PRIORITIES),
        "disposition_word": words.word(DISPOSITIONS),
        "response_word": words.word(RESPONSES),
    }
