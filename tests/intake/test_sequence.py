"""Sequence numbers: gaps are counted once, late ones are no clash, a reset is one."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.intake.sequence import REORDER, Seen, notice


def run(numbers, boot=1):
    """Missing in all, and the numbers that clashed."""
    state: Seen | None = None
    missing, clashes = 0, []
    for number in numbers:
        noticed = notice(state, boot, number)
        state = noticed.state
        missing += noticed.missing
        if noticed.clash:
            clashes.append(number)
    return missing, clashes


def test_an_unbroken_run_misses_nothing():
    assert run(range(500)) == (0, [])


def test_a_late_number_within_the_window_is_not_missing():
    assert run([0, 1, 3, 4, 2, *range(5, 60)]) == (0, [])


def test_a_number_that_never_comes_is_counted_once():
    assert run([n for n in range(200) if n not in {20, 90}]) == (2, [])


def test_a_leap_is_counted():
    assert run([*range(50), *range(1_000_000, 1_000_050)]) == (1_000_000 - 50, [])


def test_a_counter_that_begins_anew_clashes_once():
    assert run([*range(40), *range(5, 40)]) == (0, [5])
    assert run([*range(1000), *range(30)]) == (0, [0])


def test_a_new_boot_is_no_clash():
    state = None
    for number in range(20):
        state = notice(state, 1, number).state
    noticed = notice(state, 2, 0)
    assert (noticed.missing, noticed.clash) == (0, False)


@given(
    lost=st.sets(st.integers(1, 299), max_size=30),
    swaps=st.lists(st.integers(0, 280), max_size=20),
)
def test_what_is_missing_is_exactly_what_never_came(lost, swaps):
    numbers = [n for n in range(300) if n not in lost]
    for place in swaps:  # small reorderings, well inside the window
        if place + 3 < len(numbers) and numbers[place + 3] - numbers[place] < REORDER // 2:
            numbers[place], numbers[place + 1] = numbers[place + 1], numbers[place]
    numbers = [0, *[n for n in numbers if n]]
    missing, clashes = run([*numbers, *range(300, 300 + 2 * REORDER)])
    assert (missing, clashes) == (len(lost), [])
