"""What goes wrong does so as told, the same however much is generated at once."""

import numpy as np
import pytest

from devices.errors import Refused
from simulators.actions import publishes
from simulators.columns import Columns
from simulators.faults.burst import Burst
from simulators.faults.disorder import Disorder
from simulators.faults.duplicates import Duplicates
from simulators.faults.fault import Target, laid
from simulators.faults.silence import Silence
from simulators.faults.skew import Skew
from simulators.faults.stuck import Stuck
from simulators.homes.day import between
from tests.simulators.builders import HOUR, SEED, START, homes

WINDOW = Target(0, START + HOUR, START + 3 * HOUR)


def morning() -> Columns:
    return between(homes()[:2], START, START + 6 * HOUR, SEED)


def inside(columns: Columns) -> Columns:
    return columns.where(WINDOW.rows(columns))


def test_silence_takes_only_its_own() -> None:
    quiet = Silence(WINDOW).lay(morning(), SEED)
    assert not len(inside(quiet))
    assert len(quiet) == len(morning()) - len(inside(morning()))


def test_a_stuck_sensor_repeats_its_first_value() -> None:
    hub = homes()[0].device("hub")
    target = Target(0, START, START + 6 * HOUR, (hub,))
    stuck = Stuck(target).lay(morning(), SEED)
    mine = stuck.where(target.rows(stuck))
    for signal in np.unique(mine.signal):
        assert len(np.unique(mine.x[mine.signal == signal])) == 1
    before = morning()
    assert len(np.unique(before.x[target.rows(before)])) > 2


def test_duplicates_are_the_same_bytes_again() -> None:
    doubled = laid(morning(), [Duplicates(WINDOW, 0.5)], SEED)
    payloads = [(p.topic, p.payload) for p in publishes(homes()[:2], doubled)]
    once = {(p.topic, p.payload) for p in publishes(homes()[:2], morning())}
    assert set(payloads) == once
    assert len(payloads) > len(once) + 20


def test_what_is_late_comes_out_of_order_but_says_the_right_time() -> None:
    late = laid(morning(), [Disorder(WINDOW, 0.3, 10 * 60_000)], SEED)
    assert (np.diff(late.sent_at) >= 0).all()
    assert (np.diff(late.at) < 0).any()
    assert sorted(late.at) == sorted(morning().at)


def test_a_burst_comes_at_the_end() -> None:
    burst = laid(morning(), [Burst(WINDOW)], SEED)
    assert (inside(burst).sent_at == WINDOW.end).all()
    together = [p for p in publishes(homes()[:2], burst) if p.at == WINDOW.end]
    assert max(p.readings for p in together) > 3


def test_a_clock_can_be_wrong_or_fallen_back() -> None:
    fast = Skew(WINDOW, by_ms=90_000).lay(morning(), SEED)
    assert (fast.at - morning().at).max() == 90_000
    fallen = Skew(WINDOW, reset=True).lay(morning(), SEED)
    assert fallen.at.min() < 3 * HOUR
    with pytest.raises(Refused, match="exclude"):
        Skew(WINDOW, by_ms=5, reset=True)


def test_faults_do_not_depend_on_how_much_is_generated() -> None:
    faults = [Duplicates(WINDOW, 0.4), Disorder(WINDOW, 0.4, 60_000)]
    long = laid(morning(), faults, SEED)
    short = laid(between(homes()[:2], START, START + 2 * HOUR, SEED), faults, SEED)
    early = long.where(long.at < START + 2 * HOUR)
    assert np.array_equal(early.sent_at, short.sent_at)


def test_nonsense_is_refused() -> None:
    with pytest.raises(Refused, match="ends before"):
        Target(0, 5, 5)
    with pytest.raises(Refused, match="no share"):
        Duplicates(WINDOW, 1.5)
