"""Silence is noticed at its deadline, and said of what is silent: device, hub or site."""

from gateway.watch.silence import Silence, Watched

MINUTE = 60_000


def a_sensor(key, home="home-1", hub="hub", interval=10 * MINUTE):
    return Watched(key, f"d{key}", home, hub, interval, 3 * interval)


def silence(*devices):
    made = Silence("donegal")
    made.watch(devices)
    for device in devices:
        made.heard(device.key, 0)
    return made


def words(findings):
    return [(one.kind, one.key, one.at, one.active, one.cause) for one in findings]


def test_a_device_at_its_deadline():
    made = silence(a_sensor(1, hub=None))
    assert made.advance(30 * MINUTE - 1) == []
    assert words(made.advance(31 * MINUTE)) == [
        ("device-silent", "home-1/d1", 30 * MINUTE, True, None)
    ]
    assert words(made.heard(1, 40 * MINUTE)) == [
        ("device-silent", "home-1/d1", 40 * MINUTE, False, None)
    ]


def test_a_device_whose_hub_still_speaks():
    made = silence(a_sensor(1), a_sensor(2))
    made.heard(2, 20 * MINUTE)
    assert words(made.advance(45 * MINUTE)) == [
        ("device-silent", "home-1/d1", 30 * MINUTE, True, None)
    ]


def test_a_hub_that_took_a_listed_device_with_it_explains_it():
    made = silence(a_sensor(1), a_sensor(2))
    made.heard(2, 20 * MINUTE)
    made.advance(45 * MINUTE)
    found = words(made.advance(60 * MINUTE))
    assert ("home-silent", "home-1/hub", 50 * MINUTE, True, None) in found
    assert ("device-silent", "home-1/d1", 50 * MINUTE, True, "home-silent|home-1/hub") in found


def test_after_the_hub_is_back_a_dead_device_is_said_one_hold_later():
    made = silence(a_sensor(1), a_sensor(2))
    made.advance(40 * MINUTE)
    made.heard(2, 60 * MINUTE)
    made.heard(2, 80 * MINUTE)
    found = words(made.advance(91 * MINUTE))
    assert found == [("device-silent", "home-1/d1", 90 * MINUTE, True, None)]


def test_our_own_outage_gives_everybody_time():
    made = silence(a_sensor(1, hub=None))
    made.floor = 60 * MINUTE
    assert made.advance(89 * MINUTE) == []
    assert len(made.advance(91 * MINUTE)) == 1


def test_devices_never_heard_or_without_an_interval_are_not_watched():
    made = Silence("donegal")
    made.watch([a_sensor(1)])
    made.heard(9, 0)
    assert made.advance(1_000 * MINUTE) == []


def test_it_goes_on_from_a_snapshot():
    made = silence(a_sensor(1, hub=None), a_sensor(2, "home-2", hub=None))
    made.advance(20 * MINUTE)
    made.heard(2, 20 * MINUTE)
    again = Silence("donegal")
    again.restore(made.dump())
    again.watch([a_sensor(1, hub=None), a_sensor(2, "home-2", hub=None)])
    assert words(again.advance(60 * MINUTE)) == words(made.advance(60 * MINUTE))


def test_many_homes_within_five_minutes_and_not_over_an_hour():
    devices = [a_sensor(n, f"home-{n}", hub=None) for n in range(10)]
    together = silence(*devices)
    for n in range(4, 10):
        together.heard(n, 25 * MINUTE)
    kinds = [one.kind for one in together.advance(40 * MINUTE) if one.cause is None]
    assert kinds == ["device-silent"] * 3 + ["site-offline"] or "site-offline" in kinds
    apart = silence(*devices)
    for n in range(10):
        apart.heard(n, n * 7 * MINUTE)
    assert "site-offline" not in [one.kind for one in apart.advance(120 * MINUTE)]


def test_what_was_silent_before_a_start_without_a_snapshot_is_explained_like_any_other():
    """When it was heard last is forgotten; that it is silent is not, and nothing breaks on it."""
    made = Silence("donegal")
    made.watch([a_sensor(1), a_sensor(2)])
    made.adopt("device-silent", "home-1/d1")
    made.heard(2, 60 * MINUTE)
    found = words(made.advance(91 * MINUTE))
    assert ("home-silent", "home-1/hub", 90 * MINUTE, True, None) in found
    assert ("device-silent", "home-1/d1", 90 * MINUTE, True, "home-silent|home-1/hub") in found
