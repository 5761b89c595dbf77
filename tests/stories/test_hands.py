"""Rules, people and devices that change: each from its own moment on, and for nobody else."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from gateway import rulebook
from gateway.access import SYSTEM, Role
from gateway.alerts import tables
from gateway.db import reading, writing
from gateway.rulebook import Mode
from rules.packs import starter_rules
from tests.building import a_device, a_home, a_resident, a_site, viewer
from tests.stories.world import DAY, HOUR, MINUTE, SECOND, START

SPO2 = next(rule for rule in starter_rules() if rule.name == "spo2-low")
COORDINATOR = viewer(Role.COORDINATOR, "*", user_id=4, login="cara")


def adopt(it, limit, site="donegal", decision=1):
    now = it.clock.now()
    with writing(it.engine) as conn:
        values = {**SPO2.defaults(), "limit": Decimal(limit)}
        rulebook.adopt(conn, SYSTEM, site, SPO2, values, Mode.LIVE, decision, now, now)
    it.wait(5 * SECOND, step=SECOND)


def stop(it):
    with writing(it.engine) as conn:
        rulebook.stop(conn, COORDINATOR, "donegal", "spo2-low", "too many", it.clock.now())
    it.wait(5 * SECOND, step=SECOND)


def low_for_six_minutes(it, value, **where):
    it.say("clip", "spo2", value, **where)
    it.wait(6 * MINUTE)


def a_clip(name="donegal"):
    return a_site(name, homes=[a_home(devices=[a_device("clip", owner="anna")])])


def test_two_sites_run_two_versions(world):
    homes = [a_home("home-2", residents=["brian"], devices=[a_device("clip", owner="brian")])]
    it = world(a_clip(), a_site("vestland", homes=homes, zone="Europe/Oslo"))
    adopt(it, 88)
    it.say("clip", "spo2", 90, site="donegal")
    it.say("clip", "spo2", 90, site="vestland")
    it.wait(6 * MINUTE)
    assert [(one.site, one.rule_name) for one in it.care()] == [("vestland", "spo2-low")]


def test_back_in_one_step_and_the_version_before_goes_on(world):
    it = world(a_clip())
    adopt(it, 88)
    low_for_six_minutes(it, 90)
    assert it.care() == []
    stop(it)
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    low_for_six_minutes(it, 90)
    assert [one.rule_name for one in it.care()] == ["spo2-low"]


def test_a_step_back_raises_nothing_anew_that_holds(world):
    it = world(a_clip())
    adopt(it, 88)
    low_for_six_minutes(it, 85)
    [alert] = it.care()
    it.takes(alert)
    stop(it)
    for _ in range(3):
        low_for_six_minutes(it, 85)
    [again] = it.care()
    assert (again.id, again.state, again.occurrences) == (alert.id, "acknowledged", 1)


def test_back_and_back_again(world):
    """The next stop goes one step further, and after the first version there is none."""
    it = world(a_clip())
    adopt(it, 88)
    stop(it)
    stop(it)
    low_for_six_minutes(it, 85)
    assert it.care() == []


def test_a_device_that_changed_hands_speaks_for_its_new_owner_from_then_on(world):
    """The clip of one neighbour goes to the other; what it said before stays the first one's."""
    handed_over = START + HOUR
    homes = [
        a_home(
            "home-1",
            residents=["anna"],
            devices=[a_device("clip", owner="anna", until=handed_over)],
        ),
        a_home(
            "home-2",
            residents=["brian"],
            devices=[a_device("clip", owner="brian", since=handed_over)],
        ),
    ]
    it = world(a_site(homes=homes))
    low_for_six_minutes(it, 85, home="home-1")
    assert [one.resident_id for one in it.care()] == ["anna"]
    it.closes(it.care()[0])
    it.wait(HOUR, step=10 * MINUTE)
    low_for_six_minutes(it, 84, home="home-2")
    assert [one.resident_id for one in it.care()] == ["brian"]
    e = tables.episode.c
    with reading(it.engine) as conn:
        whose = conn.execute(sa.select(e.resident, e.onset_at).order_by(e.onset_at)).all()
    assert [one.resident for one in whose] == ["anna", "brian"]


def test_a_reading_of_before_the_handing_over_is_still_the_first_one_s(world):
    """It was buffered: whose it is, is settled by when it was measured."""
    handed_over = START + HOUR
    homes = [
        a_home(
            "home-1",
            residents=["anna"],
            devices=[a_device("clip", owner="anna", until=handed_over)],
        ),
        a_home("home-2", residents=["brian"], devices=[]),
    ]
    it = world(a_site(homes=homes))
    it.wait(HOUR + 10 * MINUTE, step=10 * MINUTE)
    for minute in range(8):
        at = START + 30 * MINUTE + minute * MINUTE
        it.publish("clip", {"signal": "spo2", "value": 85, "time": at}, home="home-1")
    it.wait(10 * SECOND, step=SECOND)
    [alert] = it.care()
    assert (alert.resident_id, alert.late) == ("anna", True)


def test_two_people_in_one_home_and_one_moves_out(world):
    """Home sensors speak for a resident only while one lives there alone."""
    leaves = START + 2 * DAY
    sensor = a_device("hall", place="hall", signals=("motion", "battery"), interval_ms=30 * MINUTE)
    homes = [
        a_home(residents=["anna", a_resident("brian", until=leaves)], devices=[sensor]),
    ]
    it = world(a_site(homes=homes), now=START - 8 * HOUR)
    it.say("hall", "motion")

    def nobody_moves(until):
        while it.clock.now() < until:
            it.say("hall", "battery", 80)
            it.wait(30 * MINUTE, step=30 * MINUTE)

    nobody_moves(START + 4 * HOUR)
    assert it.care() == []  # whose movement would it be?
    nobody_moves(leaves + DAY + 4 * HOUR)
    assert [one.rule_name for one in it.care()] == ["no-movement-by-ten"]
    assert it.care()[0].resident_id == "anna"


@pytest.mark.parametrize("kill", [False, True])
def test_a_resident_s_own_limit_acts_from_its_instant_on_and_raises_nothing_anew(world, kill):
    it = world(a_clip())
    low_for_six_minutes(it, 85)
    [alert] = it.care()
    it.takes(alert)
    nurse = viewer(Role.NURSE, user_id=3, login="nora")
    with writing(it.engine) as conn:
        rulebook.set_parameter(
            conn, nurse, "donegal", "anna", "spo2-low", "limit", Decimal(90), "COPD", it.clock.now()
        )
    if kill:
        it.kill()
    it.wait(5 * SECOND, step=SECOND)
    for _ in range(3):
        low_for_six_minutes(it, 85)
    [again] = it.care()
    assert (again.id, again.state, again.occurrences) == (alert.id, "acknowledged", 1)
    it.say("clip", "spo2", 93)  # usual by her own limit
    it.wait(MINUTE)
    assert it.care()[0].state == "acknowledged-returned"
