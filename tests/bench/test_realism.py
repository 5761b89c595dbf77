"""What `bench/realism.py` measures with is itself measured: on data whose answer is known."""

from pathlib import Path

import numpy as np
import pytest

from bench.realism_days import FEATURES, Days, days
from bench.realism_distances import Shares, Values, shares, total_variation, wasserstein
from bench.realism_fit import fitted, gaps, proportional
from bench.realism_homes import DAY_S, FIRST_DAY, FOREVER, Sample, in_order, real, usable
from bench.realism_told import auc, logistic, told_apart
from bench.realism_tune import lived
from bench.realism_vitals import habits, levels
from simulators.people.population import CLASSES, START, population, read, written
from simulators.people.rhythm import BLIND_S
from tests.bench.people import measured

TIHM = Path("../shared/data/tihm")


def values(*people: list[float]) -> Values:
    home = np.repeat(np.arange(len(people)), [len(one) for one in people])
    return Values(home, np.array([x for one in people for x in one]))


def planted(shift: float, seed: int, homes: int = 20) -> Days:
    rng = np.random.default_rng(seed)
    home = np.repeat(np.arange(homes), 12)
    table = rng.normal(size=(len(home), len(FEATURES))) + rng.normal(size=(homes, 1))[home]
    table[:, 3] += shift
    return Days(home, table)


def test_moving_everybody_by_two_is_a_distance_of_two() -> None:
    one = values([1.0, 2.0, 3.0], [5.0])
    assert wasserstein(one, one) == 0
    assert wasserstein(one, Values(one.home, one.value + 2)) == pytest.approx(2)


def test_every_person_weighs_the_same_however_often_they_measure() -> None:
    often = values([0.0] * 1000, [10.0])
    assert wasserstein(often, values([0.0], [10.0])) == pytest.approx(0)


def test_shares_that_have_nothing_in_common_are_one_apart() -> None:
    one = shares(np.array([0, 0, 1]), np.array([0, 0, 1]), 3, 4)
    assert one.table.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]  # who has nothing is left out
    other = Shares(np.array([[0.0, 0.0, 1.0, 0.0]]))
    assert total_variation(one, other) == pytest.approx(1)


def test_the_area_counts_ties_half_and_weights_whole() -> None:
    labels = np.array([True, False, True, False])
    even = np.ones(4)
    assert auc(np.array([2.0, 1.0, 2.0, 1.0]), labels, even) == 1
    assert auc(np.zeros(4), labels, even) == 0.5
    assert auc(np.array([1.0, 0.0, 0.0, 1.0]), labels, np.array([3.0, 3.0, 1.0, 1.0])) == (
        pytest.approx((3 * 3 + 0.5 * 3 * 1 + 0.5 * 1 * 3) / 16)
    )


def test_a_planted_difference_is_told_and_none_is_not() -> None:
    assert told_apart(planted(0, 1), planted(3, 2), logistic, 0) > 0.9
    assert 0.3 < told_apart(planted(0, 3), planted(0, 4), logistic, 0) < 0.7


def test_log_weights_are_found_again_where_some_choices_were_closed() -> None:
    rng = np.random.default_rng(5)
    truth = [rng.normal(size=(4, 5)), rng.normal(size=(6, 5))]
    one, two = (index.ravel() for index in np.meshgrid(np.arange(4), np.arange(6)))
    allowed = rng.random((len(one), 5)) < 0.8
    allowed[:, 0] = True
    weights = np.where(allowed, np.exp(truth[0][one] + truth[1][two]), 0)
    counts = 100_000 * weights / weights.sum(axis=1, keepdims=True)
    found = proportional(counts, allowed, [(one, 4, 10.0), (two, 6, 10.0)])
    again = np.where(allowed, np.exp(found[0][one] + found[1][two]), 0)
    again *= 100_000 / again.sum(axis=1, keepdims=True)
    assert np.abs(again - counts).max() < 500


def test_gaps_are_cut_at_four_and_the_last_one_runs_into_the_next_day() -> None:
    second = np.array([3 * 3600, 3 * 3600 + 5, DAY_S - 60, DAY_S + 40]) + FIRST_DAY * DAY_S
    events = in_order(np.zeros(4, np.int64), second, np.array([3, 0, 5, 3]))
    assert events.gap.tolist() == [5, DAY_S - 60 - 3 * 3600 - 5, 100, FOREVER]
    found = gaps(Sample(1, events, {}))
    assert found.length[:4].tolist() == [3 * 3600, 5, DAY_S - 60 - 3 * 3600 - 5, 100]
    assert found.to.tolist() == [3, 0, 5, -1, 3, -1]
    assert found.hour.tolist() == [4, 7, 7, 3, 4, 4]
    assert found.previous[[0, 4]].tolist() == [START, START]
    assert found.weight.sum() == pytest.approx(len(found.home))


def test_a_day_of_silence_or_of_one_sensor_does_not_count() -> None:
    busy = np.arange(0, DAY_S, 900)
    second = np.concatenate([busy + day * DAY_S for day in range(7)])
    sensor = np.arange(len(second)) % 4
    sensor[(second // DAY_S) == 5] = 0
    second = np.where(second // DAY_S == 6, 6 * DAY_S + (second % DAY_S) // 4, second)
    order = np.argsort(second, kind="stable")
    home = np.zeros(len(second), np.int64)
    kept = usable(Sample(1, in_order(home, second[order], sensor[order]), {}))
    assert np.unique(kept.events.day).tolist() == [0, 1, 2, 3, 4]


def test_the_tables_of_simulated_homes_are_found_again_on_what_they_did() -> None:
    tables = population()
    made = lived(tables, np.ones((8, 8), np.bool_), 3)
    again = fitted(made)
    often = np.bincount(gaps(made).hour, minlength=24) > 500
    wanted, found = (
        np.exp(t.class_by_hour) / np.exp(t.class_by_hour).sum(axis=1, keepdims=True)
        for t in (tables, again)
    )
    assert np.corrcoef(wanted[often].ravel(), found[often].ravel())[0, 1] > 0.9
    # Quantiles of gaps: those of the short classes are met to a few seconds.
    middle = len(tables.grid) // 2
    for state in (0, 1, 2, 3):
        for kind in range(3):
            before, after = tables.gap_s[state, kind, middle], again.gap_s[state, kind, middle]
            assert abs(before - after) < 0.2 * before + 3


def test_no_motion_sensor_speaks_again_within_its_blind_time() -> None:
    made = lived(population(), np.ones((2, 8), np.bool_), 4).events
    for sensor in (0, 1, 2, 3, 5):
        rows = made.where(made.sensor == sensor)
        same = (np.diff(rows.home) == 0) & (np.diff(rows.day) == 0)
        assert np.diff(rows.second)[same].min() > BLIND_S


def test_levels_and_habits_are_found_again_on_simulated_people() -> None:
    level, habit = population().levels["systolic"], population().habits["cuff"]
    sample = measured(people=120)
    found = levels(sample)["systolic"]
    assert abs(found.mean - level.mean) < level.between / 3
    assert found.between == pytest.approx(level.between, rel=0.2)
    assert found.within == pytest.approx(level.within, rel=0.2)
    again = habits(sample)["cuff"]
    assert again.repeat == pytest.approx(habit.repeat, abs=0.08)
    assert again.hours[0] == pytest.approx(habit.hours[0], abs=1.0)
    assert again.keen == pytest.approx(habit.keen, rel=0.35)
    echo = habits(sample)["thermometer"]
    assert echo.repeat == pytest.approx(population().habits["thermometer"].repeat, abs=0.1)
    assert echo.same == pytest.approx(population().habits["thermometer"].same, abs=0.05)


def test_a_population_is_written_and_read_without_loss() -> None:
    text = written(population())
    assert written(read(text)) == text
    assert population().class_by_state.shape[-1] == CLASSES
    assert "CC BY 4.0" in text


def test_the_shipped_tables_are_of_tihm() -> None:
    if not TIHM.is_dir():
        pytest.skip(f"TIHM is not in {TIHM}: see bench/realism.py")
    homes = real(TIHM)
    assert homes.size == 22
    simulated = lived(population(), homes.fitted(), 1)
    mine, theirs = days(simulated.events), days(homes.events)
    log_events = FEATURES.index("log events")
    one, two = (np.average(d.features[:, log_events], weights=d.weights()) for d in (mine, theirs))
    assert abs(one - two) < 0.25
