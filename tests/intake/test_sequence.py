"""Sequence numbers: gaps are counted once, late ones are no clash, a reset is one."""

from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.intake.sequence import HOLES, PATIENCE_MS, Seen, dump, notice, restore
from tests.intake.building import AT


def run(numbers, boot=1, step_ms=1_000):
    """Missing in all, and the numbers that clashed; a message a second."""
    state: Seen | None = None
    missing, clashes, now = 0, [], AT
    for number in numbers:
        noticed = notice(state, boot, number, now)
        state = restore(noticed.state.boot, noticed.state.high, dump(noticed.state))
        assert state == noticed.state
        missing += noticed.missing
        now += step_ms
        if noticed.clash:
            clashes.append(number)
    return missing, clashes


def test_an_unbroken_run_misses_nothing():
    assert run(range(500)) == (0, [])


def test_a_number_that_comes_within_a_minute_is_not_missing():
    assert run([0, 1, 3, *range(4, 50), 2, *range(50, 200)]) == (0, [])


def test_a_number_that_never_comes_is_counted_once():
    assert run([n for n in range(300) if n not in {20, 90}]) == (2, [])


def test_one_that_comes_after_it_was_counted_is_no_clash():
    assert run([*range(20), *range(21, 120), 20, *range(120, 300)]) == (1, [])


def test_thousands_that_come_ten_seconds_late_are_not_missing():
    """A restart: what was stranded at the broker comes after what was published meanwhile."""
    numbers = [*range(100), *range(1_100, 2_100), *range(100, 1_100), *range(2_100, 9_000)]
    assert run(numbers, step_ms=10) == (0, [])


def test_a_leap_is_counted():
    after = range(1_000_000, 1_000_100)
    assert run([*range(50), *after]) == (1_000_000 - 50, [])


def test_a_counter_that_begins_anew_clashes_once():
    assert run([*range(40), *range(5, 40)]) == (0, [5])
    assert run([*range(1000), *range(30)]) == (0, [0])


def test_a_new_boot_is_no_clash():
    state = None
    for number in range(20):
        state = notice(state, 1, number, AT).state
    noticed = notice(state, 2, 0, AT)
    assert (noticed.missing, noticed.clash) == (0, False)


def test_what_is_remembered_of_a_device_is_bounded():
    state, missing = None, 0
    for number in range(0, 1_000, 2):  # every other one is lost, faster than anybody waits
        noticed = notice(state, 1, number, AT)
        state, missing = noticed.state, missing + noticed.missing
    assert len(state.holes) == HOLES
    assert missing == 499 - HOLES


@given(
    lost=st.sets(st.integers(1, 299), max_size=30),
    swaps=st.lists(st.tuples(st.integers(0, 280), st.integers(1, 30)), max_size=20),
)
def test_what_is_missing_is_exactly_what_never_came(lost, swaps):
    numbers = [n for n in range(1, 300) if n not in lost]
    for place, by in swaps:  # each comes up to half a minute late
        if place + by < len(numbers):
            numbers.insert(place + by, numbers.pop(place))
    quiet = range(300, 301 + 2 * PATIENCE_MS // 1_000)
    positions = {n: at for at, n in enumerate(numbers)}
    late = any(
        at - positions[m] > PATIENCE_MS // 1_000
        for n, at in positions.items()
        for m in [min((k for k in numbers if k > n), default=n)]
        if at > positions[m]
    )
    assume(not late)
    assert run([0, *numbers, *quiet]) == (len(lost), [])
