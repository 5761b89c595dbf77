"""Coverage is a function of event times: what the gateway would have seen, and when."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.watch.coverage import Coverage, Level, Sensor

HOUR = 3_600_000
HALL = Sensor(1, "home-1", "hub", ("motion",), HOUR)
BATH = Sensor(2, "home-1", "hub", ("motion",), HOUR)


def coverage(*sensors):
    made = Coverage()
    for sensor in sensors or (HALL,):
        made.register(sensor)
    return made


def said(made, to=1_000 * HOUR):
    return [(level.at, level.x) for level in made.advance(to)]


def test_nothing_is_said_before_the_first_reading():
    assert said(coverage()) == []


def test_a_reading_covers_until_its_hold_is_over():
    made = coverage()
    made.heard(1, 10)
    assert list(made.advance(10 + HOUR - 1)) == [Level(10, "home-1", "motion", 1)]
    assert said(made) == [(10 + HOUR, 0)]


def test_a_reading_at_the_moment_of_expiry_keeps_it_covered():
    made = coverage()
    made.heard(1, 0)
    made.heard(1, HOUR)
    assert said(made) == [(0, 1), (2 * HOUR, 0)]


def test_one_of_two_sensors_is_enough():
    made = coverage(HALL, BATH)
    made.heard(1, 0)
    made.heard(2, HOUR // 2)
    assert said(made) == [(0, 1), (HOUR + HOUR // 2, 0)]


def test_a_hub_that_is_offline_covers_nothing_until_it_is_heard():
    made = coverage()
    made.heard(1, 0)
    made.hub("home-1", "hub", 10, online=False)
    made.heard(1, 20)
    assert said(made, 30) == [(0, 1), (10, 0), (20, 1)]


def test_our_own_gap_covers_nothing_and_ends_where_it_ends():
    made = coverage()
    made.heard(1, 0)
    made.gap(10, begins=True)
    made.gap(20, begins=False)
    assert said(made, 30) == [(0, 1), (10, 0), (20, 1)]


def test_a_gap_longer_than_the_hold_leaves_it_dark():
    made = coverage()
    made.heard(1, 0)
    made.gap(10, begins=True)
    made.gap(3 * HOUR, begins=False)
    assert said(made) == [(0, 1), (10, 0)]
    assert made.dark() == [("home-1", "motion")]


EVENTS = st.lists(
    st.tuples(st.integers(0, 20 * HOUR), st.sampled_from([1, 2])), min_size=1, max_size=40
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_matters(events, draw):
    one, other = coverage(HALL, BATH), coverage(HALL, BATH)
    for at, key in sorted(events):
        one.heard(key, at)
    shuffled = list(events)
    draw.shuffle(shuffled)
    for at, key in shuffled:
        other.heard(key, at)
    assert said(one) == said(other)


@given(EVENTS, st.integers(1, 20 * HOUR))
def test_it_equals_the_obvious_and_survives_a_snapshot(events, cut):
    made = coverage(HALL, BATH)
    for at, key in events:
        made.heard(key, at)
    levels = [(level.at, level.x) for level in made.advance(cut)]
    made = Coverage.restore(made.dump())
    levels += said(made)
    for minute in range(0, 22 * 60, 7):
        t = minute * 60_000
        covered = any(at <= t < at + HOUR for at, _ in events)
        now = [x for at, x in levels if at <= t]
        assert bool(now and now[-1]) is covered
