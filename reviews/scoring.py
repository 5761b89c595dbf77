"""What was told, held against what was planted: figures with intervals. Pure.

Sensitivity: situations of which somebody was told while they went on (or an alert that touches
them stood open when they began). False: an alert that touches nothing planted in its home, from the
scenario's beginning to a day after it. An alert touches a situation where it is about the same
person or home and the rule reads a signal in which the situation shows: names of rules play no
part, so any rulebook can be scored. By chance: the share that would have been told as well in the
same homes had nothing happened: sensitivity is worth only what lies above it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from gateway.watch.subjects import of_resident
from reviews.comparing import NIGHT_FROM, NIGHT_TO
from reviews.detecting import Told

DAY = 86_400_000
MONTH_D = 30.0
IN_TIME = {"now": 30 * 60_000, "soon": 6 * 3_600_000, "today": DAY}  # from when it could be known
DRAWS = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Planted(NamedTuple):
    """A situation as it was planted."""

    situation: str
    resident: str | None  # None: it concerns the home
    start: int
    end: int
    how_soon: str
    shows: frozenset[str]


class Found(NamedTuple):
    """A situation that had to be told, and how long that took; None: it was not."""

    situation: str
    how_soon: str
    delay_ms: int | None
    by_chance: bool | None = None  # told as well where nothing happened; None: not asked


@dataclass(frozen=True, slots=True)
class OfHome:
    """One home's life under one rulebook."""

    scenario: str
    seed: int
    home: str
    days: float  # resident-days
    found: tuple[Found, ...]
    alerts: int
    false: tuple[tuple[str, int], ...]  # by rule
    nights: int  # alerts that wake somebody: `now`, in the local night
    journeys: int  # at most: each `now` and `soon` alert sends somebody
    minutes: int  # driven for these, there and back


class Interval(NamedTuple):
    """A figure with the middle 95 % of its bootstrap; None: nothing to measure it on."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of some homes. Rates are per resident and 30 days."""

    homes: int
    days: float
    situations: int
    sensitivity: Interval
    chance: Interval
    beyond: Interval  # noticed, and not in the calm home as well
    in_time: Interval
    delay_h: Interval  # median over what was told, hours
    false: Interval
    alerts: Interval
    nights: Interval
    journeys: Interval
    drive_h: Interval


def judge(
    scenario: tuple[str, int],
    began: int,
    home: str,
    zone: str,
    days: float,
    drive_minutes: int,
    told: Sequence[Told],
    planted: Sequence[Planted],
    calm: Sequence[Told] | None = None,
) -> OfHome:
    """One home. `scenario`: name and seed; `began`: when it began, ms UTC; `calm`: what is told of
    the same home where nothing happens.
    """
    found = tuple(
        Found(
            one.situation,
            one.how_soon,
            _delay(one, told),
            None if calm is None else _delay(one, calm) is not None,
        )
        for one in planted
        if one.how_soon != "no-hurry"
    )
    false = Counter(one.rule for one in told if not _justified(one, planted, began))
    sent = [one for one in told if one.priority != "today"]
    info = ZoneInfo(zone)
    nights = sum(1 for one in told if one.priority == "now" and _at_night(one.at, info))
    return OfHome(
        *scenario,
        home,
        days,
        found,
        len(told),
        tuple(sorted(false.items())),
        nights,
        len(sent),
        2 * drive_minutes * len(sent),
    )


def _touches(one: Told, planted: Planted) -> bool:
    person = planted.resident is None or not one.subject.startswith("resident:")
    return bool(one.signals & planted.shows) and (
        person or one.subject == of_resident(planted.resident or "")
    )


def _delay(planted: Planted, told: Sequence[Told]) -> int | None:
    delays = [
        max(0, one.at - planted.start)
        for one in told
        if _touches(one, planted)
        and one.at <= planted.end
        and (one.at >= planted.start or one.end is None or one.end > planted.start)
    ]
    return min(delays, default=None)


def _justified(one: Told, planted: Sequence[Planted], began: int) -> bool:
    return any(
        _touches(one, truth)
        and began <= one.at <= truth.end + DAY
        and (truth.how_soon != "no-hurry" or one.priority == "today")
        for truth in planted
    )


def _at_night(at: int, zone: ZoneInfo) -> bool:
    hour = (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).hour
    return hour >= NIGHT_FROM or hour < NIGHT_TO


Measure = Callable[[Sequence[OfHome]], float | None]


def _share(homes: Sequence[OfHome], fits: Callable[[Found], bool]) -> float | None:
    found = [one for home in homes for one in home.found]
    return sum(map(fits, found)) / len(found) if found else None


def _monthly(homes: Sequence[OfHome], count: Callable[[OfHome], float]) -> float | None:
    days = sum(home.days for home in homes)
    return MONTH_D * sum(map(count, homes)) / days if days else None


def _in_time(one: Found) -> bool:
    return one.delay_ms is not None and one.delay_ms <= IN_TIME[one.how_soon]


def _chance(homes: Sequence[OfHome]) -> float | None:
    asked = [one.by_chance for home in homes for one in home.found if one.by_chance is not None]
    return sum(asked) / len(asked) if asked else None


def _beyond(homes: Sequence[OfHome]) -> float | None:
    asked = [one for home in homes for one in home.found if one.by_chance is not None]
    told = [one for one in asked if one.delay_ms is not None and not one.by_chance]
    return len(told) / len(asked) if asked else None


def _median_delay(homes: Sequence[OfHome]) -> float | None:
    told = [f.delay_ms for home in homes for f in home.found if f.delay_ms is not None]
    return float(np.median(told)) / 3_600_000 if told else None


MEASURES: dict[str, Measure] = {
    "sensitivity": lambda homes: _share(homes, lambda one: one.delay_ms is not None),
    "chance": _chance,
    "beyond": _beyond,
    "in_time": lambda homes: _share(homes, _in_time),
    "delay_h": _median_delay,
    "false": lambda homes: _monthly(homes, lambda home: sum(n for _, n in home.false)),
    "alerts": lambda homes: _monthly(homes, lambda home: home.alerts),
    "nights": lambda homes: _monthly(homes, lambda home: home.nights),
    "journeys": lambda homes: _monthly(homes, lambda home: home.journeys),
    "drive_h": lambda homes: _monthly(homes, lambda home: home.minutes / 60),
}


def score(homes: Sequence[OfHome]) -> Score:
    """Figures with intervals by bootstrap over homes: whole homes are drawn, with replacement."""
    picks = _picks(len(homes))
    made = {
        name: _interval(measure(homes), [measure([homes[i] for i in pick]) for pick in picks])
        for name, measure in MEASURES.items()
    }
    return Score(
        len(homes),
        sum(home.days for home in homes),
        sum(len(home.found) for home in homes),
        **made,
    )


def difference(one: Sequence[OfHome], other: Sequence[OfHome]) -> dict[str, Interval]:
    """The second less the first, on the same homes: paired, so that luck of the homes cancels."""
    assert [(h.scenario, h.home, h.seed) for h in one] == [
        (h.scenario, h.home, h.seed) for h in other
    ]
    picks = _picks(len(one))
    return {
        name: _interval(
            _less(measure(other), measure(one)),
            [_less(measure([other[i] for i in p]), measure([one[i] for i in p])) for p in picks],
        )
        for name, measure in MEASURES.items()
    }


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _picks(size: int) -> list[list[int]]:
    drawn = np.random.Generator(np.random.PCG64(20_260_101)).integers(0, size, (DRAWS, size))
    return [list(map(int, row)) for row in drawn]


def _interval(value: float | None, drawn: Sequence[float | None]) -> Interval:
    known = sorted(one for one in drawn if one is not None)
    if value is None or not known:
        return Interval(value, None, None)
    low, high = np.quantile(known, [0.025, 0.975])
    return Interval(value, float(low), float(high))


def plain(score_of: Score) -> dict[str, Any]:
    """For JSON, rounded so that it reads the same on every machine."""
    said: dict[str, Any] = {
        "homes": score_of.homes,
        "resident_days": round(score_of.days, 1),
        "situations": score_of.situations,
    }
    for name in MEASURES:
        said[name] = rounded(getattr(score_of, name))
    return said


def rounded(interval: Interval) -> dict[str, float | None]:
    return {
        key: None if one is None else round(one, 3)
        for key, one in zip(("value", "low", "high"), interval, strict=True)
    }
