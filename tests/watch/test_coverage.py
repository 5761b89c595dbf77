"""Coverage is a function of event times: what the gateway would have seen, and when."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.watch.coverage import Coverage, Level, Sensor

HOUR = 3_600_000
HALL = Sensor(1, 0, "home-1", "hall", "hub", ("motion",), HOUR)
BATH = Sensor(2, 0, "home-1", "bathroom", "hub", ("motion",), HOUR)


def coverage(*sensors):
    made = Coverage()
    for sensor in sensors or (HALL,):
        made.register(sensor)
    return made


def said(made, to=1_000 * HOUR, of="motion"):
    return [(level.at, level.x) for level in made.advance(to) if level.of == of]


def everything(made, to=1_000 * HOUR):
    return [(level.of, level.at, level.x) for level in made.advance(to)]


def test_nothing_is_said_before_the_first_reading():
    assert said(coverage()) == []


def test_a_reading_covers_until_its_hold_is_over():
    made = coverage()
    made.heard((1, 0), 10)
    assert list(made.advance(10 + HOUR - 1)) == [
        Level(10, "home-1", "motion", 1),
        Level(10, "home-1", "motion@hall", 1),
    ]
    assert said(made) == [(10 + HOUR, 0)]


def test_a_reading_at_the_moment_of_expiry_keeps_it_covered():
    made = coverage()
    made.heard((1, 0), 0)
    made.heard((1, 0), HOUR)
    assert said(made) == [(0, 1), (2 * HOUR, 0)]


def test_one_of_two_sensors_is_enough():
    made = coverage(HALL, BATH)
    made.heard((1, 0), 0)
    made.heard((2, 0), HOUR // 2)
    assert said(made) == [(0, 1), (HOUR + HOUR // 2, 0)]


def test_a_hub_that_is_offline_covers_nothing_until_it_is_heard():
    made = coverage()
    made.heard((1, 0), 0)
    made.hub("home-1", "hub", 10, online=False)
    made.heard((1, 0), 20)
    assert said(made, 30) == [(0, 1), (10, 0), (20, 1)]


def test_our_own_gap_covers_nothing_and_ends_where_it_ends():
    made = coverage()
    made.heard((1, 0), 0)
    made.gap(10, begins=True)
    made.gap(20, begins=False)
    assert said(made, 30) == [(0, 1), (10, 0), (20, 1)]


def test_a_gap_longer_than_the_hold_leaves_it_dark():
    made = coverage()
    made.heard((1, 0), 0)
    made.gap(10, begins=True)
    made.gap(3 * HOUR, begins=False)
    assert said(made) == [(0, 1), (10, 0)]
    assert made.dark() == [("home-1", "motion"), ("home-1", "motion@hall")]


def test_a_place_is_covered_by_its_own_sensors_alone():
    made = coverage(HALL, BATH)
    made.heard((1, 0), 0)
    made.heard((1, 0), HOUR)
    made.heard((2, 0), 10)
    assert everything(made) == [
        ("motion", 0, 1),
        ("motion@hall", 0, 1),
        ("motion@bathroom", 10, 1),
        ("motion@bathroom", 10 + HOUR, 0),
        ("motion", 2 * HOUR, 0),
        ("motion@hall", 2 * HOUR, 0),
    ]


def test_a_device_that_moves_covers_the_place_it_left_no_longer():
    hall = HALL._replace(until=30)
    made = coverage(hall, HALL._replace(since=30, place="kitchen"))
    made.heard((1, 0), 0)
    made.heard((1, 30), 40)
    assert everything(made, 50) == [
        ("motion", 0, 1),
        ("motion@hall", 0, 1),
        ("motion", 30, 0),  # nobody has heard it there yet
        ("motion@hall", 30, 0),
        ("motion", 40, 1),
        ("motion@kitchen", 40, 1),
    ]


def test_what_is_taken_away_unannounced_covers_nothing_from_then_on():
    """The registry says so after its readings came: the past is not unsaid."""
    made = coverage()
    made.heard((1, 0), 0)
    assert said(made, 100) == [(0, 1)]
    made.register(HALL._replace(until=20))
    assert said(made) == [(101, 0)]


EVENTS = st.lists(
    st.tuples(st.integers(0, 20 * HOUR), st.sampled_from([1, 2])), min_size=1, max_size=40
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_matters(events, draw):
    one, other = coverage(HALL, BATH), coverage(HALL, BATH)
    for at, key in sorted(events):
        one.heard((key, 0), at)
    shuffled = list(events)
    draw.shuffle(shuffled)
    for at, key in shuffled:
        other.heard((key, 0), at)
    assert said(one) == said(other)


@given(EVENTS, st.integers(1, 20 * HOUR))
def test_it_equals_the_obvious_and_survives_a_snapshot(events, cut):
    made = coverage(HALL, BATH)
    for at, key in events:
        made.heard((key, 0), at)
    levels = said(made, cut)
    made = Coverage.restore(made.dump())
    levels += said(made)
    for minute in range(0, 22 * 60, 7):
        t = minute * 60_000
        covered = any(at <= t < at + HOUR for at, _ in events)
        now = [x for at, x in levels if at <= t]
        assert bool(now and now[-1]) is covered
