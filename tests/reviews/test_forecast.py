"""A forecast's range must hold what comes as often as it says, and judge nothing too early."""

import math

import numpy as np
import pytest

from reviews.forecast import EARLY_DAYS, Forecast, Verdict, dispersion, held_against


def test_the_range_of_a_poisson_process_is_that_of_scipy_by_hand():
    # 400 alerts in 400 days, no overdispersion: nearly Poisson with mean 10 in 10 days
    low, high = Forecast("alerts", 400, 400.0, 1.0).interval(10.0)
    assert (low, high) == (6, 14)  # Poisson(10): 10 % and 90 % quantiles


@pytest.mark.parametrize("spread", [1.0, 2.5])
def test_eighty_percent_of_outcomes_lie_inside(spread):
    """Draw a history and a future from the same home; the range must hold about 80 %."""
    chance = np.random.default_rng(4)
    inside = 0
    trials = 800
    for _ in range(trials):
        past = _draw(chance, 20.0, spread)
        future = _draw(chance, 10.0, spread)
        low, high = Forecast("alerts", past, 200.0, spread).interval(100.0)
        inside += low <= future <= high
    assert 0.76 <= inside / trials <= 0.92  # discrete ranges hold a little more than they say


def _draw(chance, mean, spread):
    if spread == 1.0:
        return int(chance.poisson(mean))
    size = mean / (spread - 1)
    return int(chance.negative_binomial(size, size / (size + mean)))


def test_a_replay_without_alerts_still_expects_some():
    low, high = Forecast("alerts", 0, 300.0, 1.0).interval(300.0)
    assert low == 0
    assert high >= 1


def test_nothing_is_expected_of_no_days():
    assert Forecast("alerts", 12, 300.0, 1.0).interval(0.0) == (0, 0)
    assert Forecast("alerts", 0, 0.0, 1.0).interval(100.0) == (0, 0)


def test_large_counts_do_not_lose_their_range():
    low, high = Forecast("alerts", 40_000, 10_000.0, 1.0).interval(10_000.0)
    assert low < 40_000 < high
    assert high - low < 6 * math.sqrt(80_000)


def test_before_28_days_nothing_is_judged():
    made = Forecast("alerts", 30, 300.0, 1.0)
    wild = held_against(made, 900, 270.0, EARLY_DAYS - 1)
    assert wild.verdict is Verdict.EARLY
    assert not wild.reopen


def test_inside_and_outside_and_when_the_review_opens_again():
    made = Forecast("alerts", 30, 300.0, 1.0)
    assert held_against(made, 28, 280.0, 28).verdict is Verdict.INSIDE
    beside = held_against(made, 39, 280.0, 28)
    assert beside.verdict is Verdict.OUTSIDE
    assert not beside.reopen  # outside 80 %, inside 95 %
    assert held_against(made, 80, 280.0, 28).reopen


@pytest.mark.parametrize(
    ("weekly", "wanted"), [((), 1.0), ((3,), 1.0), ((0, 0, 0), 1.0), ((2, 2, 2), 1.0)]
)
def test_spread_that_cannot_be_known_is_poisson(weekly, wanted):
    assert dispersion(weekly) == wanted


def test_spread_between_weeks_widens_the_range():
    spread = dispersion((0, 9, 1, 10))
    assert spread > 4
    calm = Forecast("alerts", 20, 196.0, 1.0).interval(196.0)
    wide = Forecast("alerts", 20, 196.0, spread).interval(196.0)
    assert wide[0] < calm[0]
    assert wide[1] > calm[1]
