"""Late or in time, with or without a stop: the same episodes in the end."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.building import a_device, a_home, a_site
from tests.stories.test_data_sites import outcome
from tests.stories.world import MINUTE, START, World


def a_clip():
    return a_site("region", [a_home(devices=[a_device("clip", owner="anna")])], clock="data")


def readings(values):
    return [(START + n * 3 * MINUTE, 97 if high else 86) for n, high in enumerate(values)]


def play(folder, values, late, kill):
    """Readings in `late` come after the tick that passed them, before the last.

    Not the very first: a data site's rules are in force from what came before its first tick.
    """
    it = World(folder, a_clip())
    try:
        points = readings(values)
        for n, (at, value) in enumerate(points):
            if n not in late:
                it.publish("clip", {"signal": "spo2", "value": value, "time": at})
            if n % 4 == 3:
                it.tick(at + 1)
            if kill == n:
                it.kill()
        for n in late:
            at, value = points[n]
            it.publish("clip", {"signal": "spo2", "value": value, "time": at})
        it.tick(points[-1][0] + 20 * MINUTE)
        it.run()
        episodes, _ = outcome(it)
        return [row[:5] for row in episodes]
    finally:
        it.close()


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    values=st.lists(st.booleans(), min_size=8, max_size=24),
    late=st.sets(st.integers(1, 7), max_size=4),
    kill=st.integers(0, 8),
)
def test_late_readings_end_in_the_same_episodes(tmp_path_factory, values, late, kill):
    in_time = play(tmp_path_factory.mktemp("a"), values, set(), None)
    delayed = play(tmp_path_factory.mktemp("b"), values, sorted(late), kill)
    told = {row for row in delayed if row not in in_time}
    assert set(in_time) <= set(delayed)
    # What was told too early stays on record, as over: a sent alert is never unsent.
    assert all(row[4] is not None for row in told)
