"""What homes say in an interval: the one door of generation.

Days are made whole and cut to the interval, so any cutting gives the same rows.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from simulators.columns import Columns, together
from simulators.homes.batch import EPOCH, batch, fitted
from simulators.homes.home import Home
from simulators.homes.models import MODELS


def on_days(homes: Sequence[Home], days: Sequence[int], seed: int) -> Columns:
    """All rows of whole home-days (numbers of days since 1970), undisturbed, in no order."""
    work = batch(homes, days, seed)
    return together([model.emit(work, fitted(work, model.name)) for model in MODELS])


def between(homes: Sequence[Home], start: int, end: int, seed: int) -> Columns:
    """All rows measured in [start, end) ms UTC, ordered by their sending."""
    # A day runs from 04:00 to 04:00 local; a bed's night may look two days back.
    first = (_date_of(start) - timedelta(days=2) - EPOCH).days
    last = (_date_of(end) + timedelta(days=1) - EPOCH).days
    made = on_days(homes, range(first, last + 1), seed)
    return made.where((made.at >= start) & (made.at < end)).ordered()


def _date_of(at: int) -> date:
    return datetime.fromtimestamp(at / 1000, UTC).date()
