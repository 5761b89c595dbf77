"""A room is heard by its own sensors; an open door stands open, whatever another one says."""

import pytest
import sqlalchemy as sa

from api.pages.why_lines import lines
from gateway.db import writing
from gateway.watch import tables as watch_tables
from rules.file.language import parse_rule
from tests.building import a_device, a_home, a_site
from tests.rules.stories import HEAD
from tests.stories.test_why import asked
from tests.stories.world import HOUR, MINUTE, START

BREAKFAST = "when: {none_for: {signal: motion@kitchen, for: 4 h}}\n"
OPEN = "when: {is: {signal: door@outer, state: open, for: 30 min}}\n"
FIRE = "when: {is: {signal: smoke, state: alarm}}\n"


def rule(body, name="trial"):
    return parse_rule(HEAD.replace("rule: trial", f"rule: {name}") + body, f"{name}.yaml")


def a_sensor(name, place, signal="motion", interval=30 * MINUTE, **more):
    return a_device(name, place=place, signals=(signal, "battery"), interval_ms=interval, **more)


def a_flat(*devices):
    return a_site(homes=[a_home(devices=devices)])


def beats(it, until, *devices, every=30 * MINUTE):
    """These are alive and see nobody."""
    while it.clock.now() < until:
        for device in devices:
            it.say(device, "battery", 80)
        it.wait(min(every, until - it.clock.now()), step=10 * MINUTE)


# -- absence in a room


def test_a_room_without_a_sensor_is_never_said_to_be_still(world):
    """The hall is heard, and says nothing of the kitchen."""
    it = world(a_flat(a_sensor("hall", "hall")), rules=[rule(BREAKFAST)])
    it.say("hall", "motion")
    beats(it, START + 12 * HOUR, "hall")
    assert it.care() == []
    assert it.alert("home-cannot-see") is None  # nobody misses what never was


def test_a_room_whose_sensor_died_cannot_be_seen_while_another_is_heard(world):
    devices = (a_sensor("hall", "hall"), a_sensor("kitchen", "kitchen"))
    it = world(a_flat(*devices), rules=[rule(BREAKFAST)])
    it.say("kitchen", "motion")
    beats(it, START + 3 * HOUR, "hall", "kitchen")
    beats(it, START + 12 * HOUR, "hall")
    assert it.care() == []
    alert = it.alert("home-cannot-see")
    assert (alert.onset_at, alert.active) == (START + 4 * HOUR, True)
    it.say("kitchen", "motion")
    it.wait(MINUTE)
    assert not it.alert("home-cannot-see").active


def test_a_room_that_is_heard_and_still_is_told(world):
    it = world(a_flat(a_sensor("kitchen", "kitchen")), rules=[rule(BREAKFAST)])
    it.say("kitchen", "motion")
    beats(it, START + 5 * HOUR, "kitchen")
    [alert] = it.care()
    assert alert.onset_at == START + 4 * HOUR


def test_a_sensor_that_was_moved_speaks_for_the_room_where_it_is(world):
    moved = a_sensor("roving", "kitchen", moves=[(START + HOUR, "hall")])
    it = world(a_flat(moved), rules=[rule(BREAKFAST)])
    it.say("roving", "motion")
    beats(it, START + 12 * HOUR, "roving")
    assert it.care() == []


@pytest.mark.parametrize("lost", [False, True])
def test_a_restart_knows_which_room_is_heard(world, lost):
    devices = (a_sensor("hall", "hall"), a_sensor("kitchen", "kitchen"))
    it = world(a_flat(*devices), rules=[rule(BREAKFAST)])
    it.say("kitchen", "motion")
    beats(it, START + 2 * HOUR, "hall", "kitchen")
    it.stored()
    if lost:
        _forget(it)
    it.kill()
    beats(it, START + 5 * HOUR, "hall", "kitchen")
    [alert] = it.care()
    assert alert.onset_at == START + 4 * HOUR


def _forget(it):
    with writing(it.engine) as conn:
        conn.execute(watch_tables.snapshot.delete())


def test_a_snapshot_of_an_older_form_is_begun_anew_from_the_past(world):
    """As after an upgrade: the past is read again, and nothing is missed."""
    it = world(a_flat(a_sensor("kitchen", "kitchen")), rules=[rule(BREAKFAST)])
    it.say("kitchen", "motion")
    beats(it, START + 2 * HOUR, "kitchen")
    it.stored()
    older = b"\x81\xa4form\x03"  # {"form": 3}
    with writing(it.engine) as conn:
        changed = conn.execute(sa.update(watch_tables.snapshot).values(data=older))
        assert changed.rowcount
    it.kill()
    beats(it, START + 5 * HOUR, "kitchen")
    [alert] = it.care()
    assert alert.onset_at == START + 4 * HOUR


def missing(it, at):
    """What the page says that was missing, at that moment."""
    return [text for line in lines(asked(it, "trial", at), "en") for text in line.missing]


def test_why_says_whose_sensor_is_not_heard_and_what_to_do(world):
    devices = (a_sensor("hall", "hall"), a_sensor("kitchen", "kitchen"))
    it = world(a_flat(*devices), rules=[rule(BREAKFAST)])
    it.say("kitchen", "motion")
    beats(it, START + 6 * HOUR, "hall")
    it.stored()
    [said] = missing(it, START + 6 * HOUR)
    assert said.startswith("movement in the kitchen: its sensor has not been heard since 09:30")
    assert "battery" in said


def test_why_says_where_no_sensor_ever_was(world):
    it = world(a_flat(a_sensor("hall", "hall")), rules=[rule(BREAKFAST)])
    beats(it, START + HOUR, "hall")
    it.stored()
    [said] = missing(it, START + HOUR)
    assert said.startswith("movement in the kitchen: no device there was ever heard. Put one there")


# -- two devices of one state


def doors(it, until, **words):
    """Every door repeats its word."""
    while it.clock.now() < until:
        for name, word in words.items():
            it.say(name, "door", word)
        it.wait(min(10 * MINUTE, until - it.clock.now()), step=5 * MINUTE)


def two_doors():
    return a_flat(a_sensor("front", "outer", "door"), a_sensor("back", "outer", "door"))


def test_the_back_door_does_not_close_the_front_door(world):
    it = world(two_doors(), rules=[rule(OPEN)])
    doors(it, START + HOUR, front="closed", back="closed")
    doors(it, START + 3 * HOUR, front="open", back="closed")
    [alert] = it.care()
    assert alert.onset_at == START + HOUR + 30 * MINUTE
    assert alert.active
    doors(it, START + 4 * HOUR, front="closed", back="closed")
    assert not it.care()[0].active


@pytest.mark.parametrize("lost", [False, True])
def test_a_restart_remembers_which_door_stands_open(world, lost):
    it = world(two_doors(), rules=[rule(OPEN)])
    doors(it, START + 20 * MINUTE, front="open", back="closed")
    it.stored()
    if lost:
        _forget(it)
    it.kill()
    doors(it, START + HOUR, back="closed")  # the front door says nothing more, and is not closed
    [alert] = it.care()
    assert (alert.onset_at, alert.active) == (START + 30 * MINUTE, True)


def test_a_door_sensor_that_is_taken_away_says_nothing_any_more(world):
    """Taken off its frame, its last word is open."""
    front = a_sensor("front", "outer", "door", until=START + 15 * MINUTE)
    it = world(a_flat(front, a_sensor("back", "outer", "door")), rules=[rule(OPEN)])
    doors(it, START + 10 * MINUTE, front="open", back="closed")
    doors(it, START + 2 * HOUR, back="closed")
    assert it.care() == []


def test_a_detector_that_is_quiet_does_not_silence_the_one_that_is_not(world):
    devices = (a_sensor("kitchen", "kitchen", "smoke"), a_sensor("hall", "hall", "smoke"))
    it = world(a_flat(*devices), rules=[rule(FIRE)])
    it.say("kitchen", "smoke", "alarm")
    it.wait(MINUTE)
    it.say("hall", "smoke", "clear")
    it.wait(5 * MINUTE)
    [alert] = it.care()
    assert (alert.onset_at, alert.active) == (START, True)
    it.say("kitchen", "smoke", "clear")
    it.wait(MINUTE)
    assert not it.care()[0].active


def test_a_door_that_opened_late_in_the_journal_was_open(world):
    """Its hub was offline: what the other door said meanwhile is weighed again."""
    it = world(two_doors(), rules=[rule(OPEN)])
    doors(it, START + 20 * MINUTE, back="closed")
    opened = it.clock.now() - 15 * MINUTE
    doors(it, START + 40 * MINUTE, back="closed")
    it.say("front", "door", "open", at=opened)
    doors(it, START + HOUR, back="closed")
    [alert] = it.care()
    assert (alert.onset_at, alert.active) == (opened + 30 * MINUTE, True)
