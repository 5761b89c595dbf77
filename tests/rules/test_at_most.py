"""`at_most`: what is recorded stays as it is; how often people are told of it is braked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine.backtest import episodes, replay
from rules.operators import U
from tests.rules.stories import ANNA, HOUR, MINUTE, NOON, ZONE, Home, rule

LOW = "when: {below: {value: spo2, limit: 92 %}}\n"


def braked(at_most="1 h"):
    return rule(LOW, at_most=at_most)


def told(home, minute):
    """(kind, minute) and for an onset until when it is held back."""
    changes = home.engine.advance(home.start + int(minute * MINUTE))
    return [
        (c.kind, (c.at - home.start) // MINUTE)
        if c.held_until is None
        else (c.kind, (c.at - home.start) // MINUTE, (c.held_until - home.start) // MINUTE)
        for c in changes
    ]


def dip(home, start, end):
    home.say(start, "spo2", 85)
    home.say(end, "spo2", 97)


def test_the_first_is_told_and_the_second_within_it_is_held_back():
    home = Home(braked())
    dip(home, 1, 2)
    dip(home, 10, 11)
    assert told(home, 120) == [("onset", 1), ("end", 2), ("onset", 10, 61), ("end", 11)]


def test_what_still_holds_when_the_brake_ends_is_told_then():
    home = Home(braked())
    dip(home, 1, 2)
    for minute in range(50, 70, 10):
        home.say(minute, "spo2", 85)
    assert told(home, 60) == [("onset", 1), ("end", 2), ("onset", 50, 61)]
    assert told(home, 62) == [("told", 61)]
    home.say(75, "spo2", 97)
    dip(home, 80, 81)  # counted from when it was told, not from its onset
    assert told(home, 82) == [("end", 75), ("onset", 80, 121), ("end", 81)]


def test_what_ends_at_the_very_instant_of_release_is_not_told():
    home = Home(braked())
    dip(home, 1, 2)
    dip(home, 50, 61)
    assert told(home, 62) == [("onset", 1), ("end", 2), ("onset", 50, 61), ("end", 61)]


def test_an_onset_at_the_end_of_the_brake_is_told():
    home = Home(braked())
    dip(home, 1, 2)
    dip(home, 61, 62)
    assert told(home, 63)[2:] == [("onset", 61), ("end", 62)]


def test_it_is_told_though_it_cannot_be_seen_just_then():
    """Held across unknown is held: nobody knows that it is over."""
    home = Home(braked())
    dip(home, 1, 2)
    home.say(30, "spo2", 85)  # and nothing more: unknown from 45 on
    assert told(home, 62)[2:] == [("onset", 30, 61), ("unknown", 45), ("told", 61)]


def test_a_restart_forgets_neither_the_brake_nor_what_waits_for_it():
    home = Home(braked())
    dip(home, 1, 2)
    home.until(3)
    home.restart()
    home.say(55, "spo2", 85)
    assert told(home, 56) == [("onset", 55, 61)]
    home.restart()
    assert told(home, 62) == [("told", 61)]


def test_a_state_that_is_lost_takes_both_from_what_is_recorded():
    home = Home(braked())
    home.until(58)
    home.engine.remember_told("trial", NOON + MINUTE)
    home.engine.hold("trial", NOON + 55 * MINUTE, NOON + 55 * MINUTE, untold=True)
    assert told(home, 62) == [("unknown", 61), ("told", 61)]


def test_another_length_acts_from_its_instant_on():
    home = Home(braked())
    dip(home, 1, 2)
    home.say(10, "spo2", 85)
    assert told(home, 11)[2:] == [("onset", 10, 61)]
    home.enrol(braked("20 min"), minute=11)
    home.say(20, "spo2", 85)
    assert ("told", 21) in told(home, 22)


def brake(found, at_most):
    """The definition: from the episodes alone, one after the other."""
    last, times = None, []
    for onset, end in found:
        if last is None or onset >= last + at_most:
            last = onset
            times.append(onset)
        elif end is None or end > last + at_most:
            last += at_most
            times.append(last)
        else:
            times.append(None)
    return times


@pytest.mark.parametrize("restart", [False, True])
@given(
    values=st.lists(st.sampled_from([85, 97]), min_size=1, max_size=60), length=st.integers(1, 40)
)
def test_whether_it_is_told_follows_from_the_episodes_alone(values, length, restart):
    made = rule(LOW, at_most=f"{length} min")
    home = Home(made)
    changes, points = [], []
    for minute, x in enumerate(values, 1):
        home.say(minute, "spo2", x)
        points.append((ANNA, "spo2", None, NOON + minute * MINUTE, x, minute))
        if minute % 7 == 0:
            changes += home.engine.advance(NOON + minute * MINUTE - 1)
            if restart:
                home.restart()
    end = NOON + (len(values) + 14) * MINUTE
    changes += home.engine.advance(end)
    found = episodes(changes)
    known = [(e.onset, e.end) for e in found]
    wanted = [t if t is not None and t <= end else None for t in brake(known, length * MINUTE)]
    assert [e.told_at for e in found] == wanted
    again = replay([("trial", "h", ANNA, home.plans["trial"])], points, ZONE, NOON, end)
    assert again == found


def test_without_it_every_episode_is_told():
    home = Home(rule(LOW))
    dip(home, 1, 2)
    dip(home, 3, 4)
    found = episodes(home.engine.advance(NOON + HOUR))
    assert [e.told_at for e in found] == [NOON + MINUTE, NOON + 3 * MINUTE]
    assert U not in {e.told_at for e in found}
