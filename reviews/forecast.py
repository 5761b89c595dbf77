"""What a review expects a version to do, frozen with its decision, and later held against it.

The replay counted `count` events over `covered_days` resident-days. What will come is taken as
negative binomial: its variance holds the spread between weeks (`dispersion`, variance over mean of
the weekly counts, at least 1) and our ignorance of the rate itself (n events fix a rate only to
about 1/sqrt n). Half an event is added, so that a replay with none still expects some.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

EARLY_DAYS = 28  # before that many days live nothing is judged
PER = 100.0  # rates are told per this many covered resident-days


class Verdict(StrEnum):
    """What a page says beside the bar; never colour alone."""

    EARLY = "too early"
    INSIDE = "inside"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Frozen. `measure` is "alerts" or "nights"."""

    measure: str
    count: int
    covered_days: float
    dispersion: float

    def interval(self, covered_days: float, level: float = 0.8) -> tuple[int, int]:
        """Lowest and highest count that are expected in `covered_days` resident-days, inclusive."""
        mean = self.rate * covered_days
        if mean <= 0:
            return 0, 0
        own = mean * self.dispersion
        ignorance = mean * mean / (self.count + 0.5)
        size = mean * mean / max(own + ignorance - mean, 1e-9)
        tail = (1 - level) / 2
        return _quantile(mean, size, tail), _quantile(mean, size, 1 - tail)

    @property
    def rate(self) -> float:
        """Events per covered resident-day."""
        return (self.count + 0.5) / self.covered_days if self.covered_days > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A forecast beside what came. `low` to `high` is the 80 % range for the days seen."""

    forecast: Forecast
    seen: int
    covered_days: float
    days_live: int
    low: int
    high: int
    verdict: Verdict
    reopen: bool  # outside the 95 % range after at least 28 days: the review opens again


def held_against(forecast: Forecast, seen: int, covered_days: float, days_live: int) -> Outcome:
    """Judge a forecast by `seen` events in `covered_days` resident-days of `days_live` days."""
    low, high = forecast.interval(covered_days)
    wide = forecast.interval(covered_days, 0.95)
    early = days_live < EARLY_DAYS
    inside = low <= seen <= high
    verdict = Verdict.EARLY if early else Verdict.INSIDE if inside else Verdict.OUTSIDE
    reopen = not early and not wide[0] <= seen <= wide[1]
    return Outcome(forecast, seen, covered_days, days_live, low, high, verdict, reopen)


def dispersion(weekly: Sequence[int]) -> float:
    """Variance over mean of whole weeks' counts; 1 (Poisson) where it cannot be known."""
    if len(weekly) < 2 or not sum(weekly):
        return 1.0
    mean = sum(weekly) / len(weekly)
    variance = sum((one - mean) ** 2 for one in weekly) / (len(weekly) - 1)
    return max(1.0, variance / mean)


def _quantile(mean: float, size: float, share: float) -> int:
    """Smallest k with P(X <= k) >= share, X negative binomial of `mean` and `size`."""
    step = mean / (size + mean)
    log_p = size * math.log(size / (size + mean))
    total, k = math.exp(log_p), 0
    while total < share:
        log_p += math.log((k + size) / (k + 1)) + math.log(step)
        k += 1
        total += math.exp(log_p)
        if k > mean + 60 * (math.sqrt(mean * (1 + mean / size)) + 1):
            break  # the remaining mass is below what a float can add
    return k
