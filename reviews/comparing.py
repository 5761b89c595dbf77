"""Then and now: two lists of episodes over the same history, told as counts.

Only aggregates come out. "Alert" here is an episode that would have been told; an alert that is
still open takes a second episode in, which a replay cannot know.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEK_MS = 7 * 86_400_000
NEAR_MS = 3_600_000  # a marked alert and an episode this far apart are the same event
NIGHT_FROM, NIGHT_TO = 22, 7  # local hours; a night is told by the date it begins on
COVERED_SHARE = 0.6  # a home below it is listed, not counted


@dataclass(frozen=True, slots=True)
class Span:
    """One episode. `end` None: still open when the history ended."""

    subject: str
    home: str
    onset: int
    end: int | None

    def touches(self, other: "Span", slack: int = 0) -> bool:
        """Same subject, and they overlap (within `slack` ms); an open one lasts for ever."""
        return (
            self.subject == other.subject
            and (other.end is None or self.onset <= other.end + slack)
            and (self.end is None or other.onset <= self.end + slack)
        )


@dataclass(frozen=True, slots=True)
class Marked:
    """A closed alert of the history: whether it was useful, how long somebody drove for it."""

    span: Span
    useful: bool
    minutes: int  # 0: nobody drove


@dataclass(frozen=True, slots=True)
class Side:
    """One version's counts over the history."""

    alerts: int
    nights: int  # resident-nights with at least one alert
    missed: int  # of the alerts marked useful
    journeys: int  # of the drives that were made: those that this version would have led to
    minutes: int  # of these drives
    weekly: tuple[int, ...]  # alerts of each whole week up to the end, oldest first
    weekly_nights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a review's page shows; stored as JSON."""

    then: Side
    now: Side
    new: int  # only the proposal raises them
    gone: int  # only the current version raised them
    moved: int  # both, at another moment
    same: int
    useful: int  # alerts marked useful: what "missed" is a part of
    residents: int
    homes: int
    homes_listed: tuple[str, ...]  # under 60 % coverage: listed, not counted
    covered_days: float  # resident-days; the denominator
    readings: int
    weeks_kept: bool | None  # later half of the weeks: same direction? None: too few

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Comparison":
        """The inverse of `to_json`."""
        sides = {
            key: Side(
                **{
                    **raw[key],
                    "weekly": tuple(raw[key]["weekly"]),
                    "weekly_nights": tuple(raw[key]["weekly_nights"]),
                }
            )
            for key in ("then", "now")
        }
        return cls(**{**raw, **sides, "homes_listed": tuple(raw["homes_listed"])})


@dataclass(frozen=True, slots=True)
class Covered:
    """Coverage of a home in the history: resident-days with a sign of what the rule reads."""

    home: str
    covered: float
    possible: float

    @property
    def counts(self) -> bool:
        """At least 60 %."""
        return self.possible > 0 and self.covered / self.possible >= COVERED_SHARE


def compare(
    then: Sequence[Span],
    now: Sequence[Span],
    marked: Sequence[Marked],
    covered: Sequence[Covered],
    residents: int,
    zone: str,
    start: int,
    end: int,
    readings: int,
) -> Comparison:
    """Both sides over [start, end), without the homes that were covered too little."""
    counted = {one.home for one in covered if one.counts}
    old = [one for one in then if one.home in counted]
    new = [one for one in now if one.home in counted]
    closed = [one for one in marked if one.span.home in counted]
    both = pairs(old, new)
    same = sum(1 for a, b in both if a.onset == b.onset)
    sides = [_side(one, closed, zone, start, end) for one in (old, new)]
    return Comparison(
        then=sides[0],
        now=sides[1],
        new=len(new) - len(both),
        gone=len(old) - len(both),
        moved=len(both) - same,
        same=same,
        useful=sum(one.useful for one in closed),
        residents=residents,
        homes=len(counted),
        homes_listed=tuple(sorted(one.home for one in covered if not one.counts)),
        covered_days=sum(one.covered for one in covered if one.counts),
        readings=readings,
        weeks_kept=_kept(sides[0].weekly, sides[1].weekly),
    )


def _side(spans: Sequence[Span], closed: Sequence[Marked], zone: str, start: int, end: int) -> Side:
    told = [one for one in closed if any(one.span.touches(s, NEAR_MS) for s in spans)]
    driven = [one.minutes for one in told if one.minutes]
    missed = sum(one.useful for one in closed) - sum(one.useful for one in told)
    weeks, night_weeks = ([0] * int((end - start) // WEEK_MS) for _ in range(2))
    first = end - len(weeks) * WEEK_MS  # whole weeks, the last of them up to the end
    nights = set()
    for one in sorted(spans, key=lambda one: one.onset):
        week = (one.onset - first) // WEEK_MS
        whole = 0 <= week < len(weeks)
        if whole:
            weeks[week] += 1
        night = (one.subject, night_of(one.onset, zone))
        if night[1] and night not in nights:
            nights.add(night)
            if whole:
                night_weeks[week] += 1
    return Side(
        len(spans),
        len(nights),
        missed,
        len(driven),
        sum(driven),
        tuple(weeks),
        tuple(night_weeks),
    )


def pairs(old: Iterable[Span], new: Iterable[Span]) -> list[tuple[Span, Span]]:
    """Episodes of both sides that overlap, one to one, earliest first."""
    waiting: dict[str, list[Span]] = defaultdict(list)
    for one in sorted(new, key=lambda one: one.onset):
        waiting[one.subject].append(one)
    found = []
    for one in sorted(old, key=lambda one: one.onset):
        queue = waiting[one.subject]
        match = next((other for other in queue if one.touches(other)), None)
        if match is not None:
            queue.remove(match)
            found.append((one, match))
    return found


def _kept(then: Sequence[int], now: Sequence[int]) -> bool | None:
    """Whether the later half of the weeks changes in the direction of the earlier half."""
    half = len(then) // 2
    if half < 2:
        return None
    first = sum(now[:half]) - sum(then[:half])
    later = sum(now[half:]) - sum(then[half:])
    return (first > 0) - (first < 0) == (later > 0) - (later < 0)


def night_of(at: int, zone: str) -> str | None:
    """The local date on which the night of `at` begins; None by day."""
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    if local.hour >= NIGHT_FROM:
        return local.date().isoformat()
    if local.hour < NIGHT_TO:
        return (local.date() - timedelta(days=1)).isoformat()
    return None
