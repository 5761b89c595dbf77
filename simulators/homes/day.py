"""What homes say in an interval: the one door of generation.

Days are made whole and cut to the interval, so any cutting gives the same rows.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from simulators.columns import Columns, together
from simulators.homes.batch import EPOCH, HOUR_MS, batch, fitted
from simulators.homes.home import Home
from simulators.homes.models import in_homes
from simulators.people.population import Population

EARLY_MS = 5 * HOUR_MS
LATE_MS = 3 * HOUR_MS


def on_days(
    homes: Sequence[Home], days: Sequence[int], seed: int, tables: Population | None = None
) -> Columns:
    """All rows of whole home-days (numbers of days since 1970), undisturbed, in no order.

    tables: a population other than the one that ships.
    """
    work = batch(homes, days, seed, tables)
    return together([model.emit(work, fitted(work, model.name)) for model in in_homes(homes)])


def between(homes: Sequence[Home], start: int, end: int, seed: int) -> Columns:
    """All rows measured in [start, end) ms UTC, ordered by their sending."""
    zones = {home.zone: home.local() for home in homes}.values()
    # A day's rows lie between 04:00 and 04:00 local time, or an hour off when clocks change.
    first = min((_date(start - EARLY_MS, zone) for zone in zones), default=EPOCH)
    last = max((_date(end - LATE_MS, zone) for zone in zones), default=EPOCH)
    made = on_days(homes, range((first - EPOCH).days, (last - EPOCH).days + 1), seed)
    return made.where((made.at >= start) & (made.at < end)).ordered()


def _date(at: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at / 1000, zone).date()
