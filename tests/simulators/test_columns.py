"""Rows in one order, whatever is packed; draws by name; a home that hears little."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.columns import NAMES, SIGNAL_INDEX, UNTIMED, Columns, none, sorted_by
from simulators.homes.day import between
from simulators.randomness import begun, inverse_normal, joined, stream, uniform, words
from tests.simulators.builders import HOUR, SEED, START, homes

WIDTHS = st.sampled_from([1, 2, 1_000, 1 << 20, 1 << 45, 1 << 62])


@st.composite
def tables(draw):
    rows = draw(st.integers(0, 30))
    widths = draw(st.lists(WIDTHS, min_size=1, max_size=7))
    return [
        np.array(draw(st.lists(st.integers(-w, w), min_size=rows, max_size=rows)), np.int64)
        for w in widths
    ]


@given(tables())
def test_packed_or_not_the_order_is_that_of_lexsort(table) -> None:
    order, plain = sorted_by(table), np.lexsort(table[::-1])
    assert sorted(order.tolist()) == list(range(len(table[0])))
    for column in table:
        assert np.array_equal(column[order], column[plain])


def test_a_message_without_time_and_one_from_1970_keep_their_place() -> None:
    at = [UNTIMED, START, 5_000, START - 1, UNTIMED]
    size = len(at)
    same = np.zeros(size, np.int64)
    columns = Columns(
        same + START, np.array(at, np.int64), same, same, np.arange(size)[::-1] % 3, same, same
    )
    assert columns.ordered().at.tolist() == [UNTIMED, UNTIMED, 5_000, START - 1, START]
    assert columns.ordered().signal.tolist()[:2] == [0, 1]
    assert len(none().ordered()) == 0


def test_a_draw_is_the_same_in_two_steps_as_in_one() -> None:
    keys = joined(np.full(100, 7, np.uint64), np.arange(100))
    name = stream("some name")
    in_two = (words(begun(keys, name), 42) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    assert np.array_equal(in_two, uniform(keys, name, 42))
    assert np.array_equal(in_two[30:31], uniform(keys[30:31], name, 42))


def test_the_normal_quantile_is_right_in_the_middle_and_in_the_tails() -> None:
    p = np.array([1e-12, 1e-4, 0.02, 0.0243, 0.3, 0.5, 0.9, 0.9757, 0.98, 1 - 1e-6])
    exact = [NormalDist().inv_cdf(one) for one in p.tolist()]
    assert inverse_normal(p) == pytest.approx(exact, rel=2e-9, abs=2e-9)
    assert np.array_equal(inverse_normal(p[:1]), inverse_normal(p)[:1])


def test_one_motion_sensor_alone_is_blind_for_a_minute_and_the_day_goes_on() -> None:
    home = homes()[0]
    alone = replace(home, devices=tuple(d for d in home.devices if d.id == "motion-kitchen"))
    told = between([alone], START, START + 48 * HOUR, SEED)
    moved = told.where(told.signal == SIGNAL_INDEX["motion"])
    assert len(moved) > 20
    assert (np.diff(moved.at) >= 60_000).all()


def test_nothing_is_left_out_by_the_order() -> None:
    told = between(homes()[:2], START, START + 6 * HOUR, SEED)
    shuffled = told.taken(np.random.default_rng(1).permutation(len(told)))
    for name in NAMES:
        assert np.array_equal(getattr(shuffled.ordered(), name), getattr(told, name))
