"""Times, ages and lengths in words, for one language. Numbers and units are gateway/texts'."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from markupsafe import Markup

from gateway.texts import (
    catalogue,
    format_date,
    format_decimal,
    format_moment,
    format_time,
    translated,
)
from gateway.texts.formats import locale_of

if TYPE_CHECKING:
    from api.pages.heard import Homes
    from api.pages.strips import Strip

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(at: int) -> str:
    """RFC 3339 in UTC, for <time datetime>."""
    return (EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds")


def local(at: int, zone: str) -> datetime:
    """A moment as the site's wall shows it."""
    return (EPOCH + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone))


class Words:
    """What one language says."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._catalogue = catalogue(language)

    def look_up(self, table: Mapping[str, str]) -> Callable[[Any], str]:
        """A filter for codes of a table of messages; an unknown code is shown, never hidden."""

        def word(code: Any) -> str:
            key = str(code)
            return self._catalogue.gettext(table[key]) if key in table else key

        return word

    def message(self, text: str) -> str:
        """An English text that stands in the database or a rule file."""
        return self._catalogue.gettext(text) if text else ""

    def prose(self, text: str) -> str:
        """A rule's text for a page: marked as English where it has no translation."""
        said = self.message(text)
        if not text or translated(text, self._language):
            return said
        return Markup('<span lang="en">{}</span>').format(said)

    def clock(self, at: int, zone: str) -> str:
        """The time of day at the site: 21:14."""
        return format_time(at, zone, self._language)

    def day(self, at: int, zone: str) -> str:
        """A near day: Wed 4 Nov."""
        return self._skeleton("MMMEd", at, zone)

    def weekday(self, at: int, zone: str) -> str:
        """Wed: beneath a chart of a week."""
        return self._skeleton("E", at, zone)

    def _skeleton(self, skeleton: str, at: int, zone: str) -> str:
        return str(format_skeleton(skeleton, local(at, zone), locale=locale_of(self._language)))

    def date_time(self, at: int, zone: str) -> str:
        """Day and time in full."""
        return format_moment(at, zone, self._language)

    def date(self, at: int, zone: str) -> str:
        """4 Nov 2026"""
        return format_date(at, zone, self._language)

    def day_clock(self, at: int, zone: str) -> str:
        """Wed 4 Nov 21:14"""
        return f"{self.day(at, zone)} {self.clock(at, zone)}"

    def clock_near(self, at: int, zone: str, now: int) -> str:
        """21:14 on the day of `now`, else with its day: a bare time misleads after midnight."""
        if local(at, zone).date() == local(now, zone).date():
            return self.clock(at, zone)
        return self.day_clock(at, zone)

    def axis(self, at: int, zone: str, span: int) -> str:
        """Beneath a chart that shows `span` ms."""
        if span <= DAY:
            return self.clock(at, zone)
        if span <= 3 * DAY:
            return f"{self._skeleton('E', at, zone)} {self.clock(at, zone)}"
        return self._skeleton("MMMd", at, zone)

    def age(self, at: int | None, now: int) -> str:
        """How long before `now`; unknown is said."""
        if at is None:
            return self._catalogue.gettext("unknown")
        return self.span(max(0, now - at))

    def span(self, length: int) -> str:
        """A length in ms to the precision that matters: 40 s, 4 min, 3 h 10 min, 2 days."""
        translate = self._catalogue.gettext
        if length < MINUTE:
            return translate("%(n)s s") % {"n": length // SECOND}
        if length < HOUR:
            return translate("%(n)s min") % {"n": length // MINUTE}
        if length < DAY:
            hours, minutes = length // HOUR, length % HOUR // MINUTE
            if minutes == 0 or hours >= 10:
                return translate("%(n)s h") % {"n": hours}
            return translate("%(h)s h %(m)s min") % {"h": hours, "m": minutes}
        days = length // DAY
        return self._catalogue.ngettext("%(n)s day", "%(n)s days", days) % {"n": days}

    def gigabytes(self, size: int) -> str:
        """Free disk space."""
        amount = format_decimal(Decimal(size) / 1_000_000_000, self._language, 1)
        return self._catalogue.gettext("%(n)s GB free") % {"n": amount}

    def waiting(self, rows: int) -> str:
        """A queue's length; small numbers are ordinary."""
        if rows <= 0:
            return self._catalogue.gettext("nothing waits")
        return self._catalogue.ngettext("%(n)s waits", "%(n)s wait", rows) % {"n": rows}

    def years(self, born: Any, now: int) -> str:
        """Age in years, from the year of birth alone."""
        return str((EPOCH + timedelta(milliseconds=now)).year - int(str(born)[:4]))

    def chart_summary(self, count: int, low: str, high: str, mean: str) -> str:
        """What a chart shows, in a sentence."""
        many = self._catalogue.ngettext("%(n)s reading", "%(n)s readings", count) % {"n": count}
        if low == high:
            return self._catalogue.gettext("%(many)s: %(value)s.") % {"many": many, "value": low}
        text = self._catalogue.gettext("%(many)s: %(low)s to %(high)s, mean %(mean)s.")
        return text % {"many": many, "low": low, "high": high, "mean": mean}

    def movement(self, day: "Strip", zone: str) -> str:
        """What a day's strip says."""
        translate = self._catalogue.gettext
        parts = []
        if day.first is None or day.last is None:
            parts.append(translate("no movement seen"))
        else:
            times = {"first": self.clock(day.first, zone), "last": self.clock(day.last, zone)}
            many = self._catalogue.ngettext("%(n)s movement", "%(n)s movements", day.moves)
            parts.append(many % {"n": day.moves})
            parts.append(translate("%(first)s to %(last)s") % times)
        if day.blind_hours >= 1:
            parts.append(translate("%(n)s h not covered") % {"n": f"{day.blind_hours:g}"})
        return ", ".join(parts)

    def heard_sentence(self, homes: "Homes | None", now: int) -> str:
        """Beneath "No open alerts": calm only where the homes are heard."""
        del now
        if homes is None or homes.all == 0:
            return self._catalogue.gettext("No home is registered yet.")
        counts = {"heard": homes.heard, "all": homes.all}
        text = self._catalogue.gettext("%(heard)s of %(all)s homes heard") % counts
        if homes.last_at is None:
            return f"{text}. {self._catalogue.gettext('Nothing was received yet.')}"
        last = self.clock_near(homes.last_at, homes.zone, homes.site_at)
        if homes.heard == homes.all:
            return self._catalogue.gettext("%(heard)s; last reading %(last)s.") % {
                "heard": text,
                "last": last,
            }
        if homes.silent_since is None:
            return self._catalogue.gettext("%(heard)s, the others never.") % {"heard": text}
        since = self.clock_near(homes.silent_since, homes.zone, homes.site_at)
        many = self._catalogue.ngettext(
            "%(heard)s, but %(n)s home is not heard, since %(since)s.",
            "%(heard)s, but %(n)s homes are not heard, the longest since %(since)s.",
            homes.all - homes.heard,
        )
        return many % {"heard": text, "n": homes.all - homes.heard, "since": since}
