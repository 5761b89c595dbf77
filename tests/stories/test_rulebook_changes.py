"""A decision puts another version live: at its instant, without restart or false alert."""

from decimal import Decimal
from functools import partial

import sqlalchemy as sa

from gateway import rulebook
from gateway.access import SYSTEM, Role
from gateway.alerts import tables
from gateway.db import reading, writing
from gateway.rulebook import Mode
from rules.packs import starter_rules
from tests.building import a_device, a_home, a_resident, a_site, viewer
from tests.stories.world import HOUR, MINUTE, SECOND, START

SPO2 = next(rule for rule in starter_rules() if rule.name == "spo2-low")


def a_clip(**fields):
    return a_site(homes=[a_home(devices=[a_device("clip", owner="anna")], **fields)])


def adopt(it, limit, mode=Mode.LIVE, at=None):
    values = {**SPO2.defaults(), "limit": Decimal(limit)}
    with writing(it.engine) as conn:
        rulebook.adopt(
            conn,
            SYSTEM,
            "donegal",
            SPO2,
            values,
            mode,
            1,
            at if at is not None else it.clock.now(),
            it.clock.now(),
        )


def test_a_new_limit_acts_from_its_instant_on(world):
    it = world(a_clip())
    it.say("clip", "spo2", 90)
    it.wait(6 * MINUTE)
    it.closes(it.care()[0])
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    adopt(it, 88, at=it.clock.now() + HOUR)
    it.say("clip", "spo2", 90)
    it.wait(6 * MINUTE)
    assert len(it.care()) == 1  # not yet
    it.say("clip", "spo2", 97)
    it.wait(HOUR, step=10 * MINUTE)
    it.closes(it.care()[0])
    it.say("clip", "spo2", 90)
    it.wait(10 * MINUTE)
    assert it.care() == []


def test_what_holds_is_not_raised_again_by_another_version(world):
    it = world(a_clip())
    it.say("clip", "spo2", 85)
    it.wait(6 * MINUTE)
    [alert] = it.care()
    adopt(it, 88)
    for _ in range(8):
        it.say("clip", "spo2", 85)
        it.wait(MINUTE)
    [again] = it.care()
    assert (again.id, again.occurrences, again.version) == (alert.id, 1, alert.version)
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    assert it.care()[0].state == "unacknowledged-returned"


def test_a_new_version_remembers_what_came_before_it(world):
    """In mid-`for`: a parameter resets only what it touches, and the past primes the rest."""
    it = world(a_clip())
    it.say("clip", "spo2", 85)
    it.wait(3 * MINUTE)
    adopt(it, 88)
    it.wait(3 * MINUTE)
    [alert] = it.care()
    assert alert.onset_at == START + 5 * MINUTE


def test_a_resident_s_own_limit(world):
    it = world(a_clip())
    nurse = viewer(Role.NURSE, user_id=3, login="nora")
    with writing(it.engine) as conn:
        rulebook.set_parameter(
            conn, nurse, "donegal", "anna", "spo2-low", "limit", Decimal(85), "COPD", it.clock.now()
        )
    it.wait(5 * SECOND, step=SECOND)
    it.say("clip", "spo2", 88)
    it.wait(7 * MINUTE)
    assert it.care() == []
    it.say("clip", "spo2", 84)
    it.wait(7 * MINUTE)
    assert [one.rule_name for one in it.care()] == ["spo2-low"]


def test_shadow_is_kept_and_tells_nobody(world):
    it = world(a_clip(), rules=[])
    adopt(it, 92, Mode.SHADOW)
    it.wait(5 * SECOND, step=SECOND)
    it.say("clip", "spo2", 85)
    it.wait(7 * MINUTE)
    assert it.alerts() == []
    e = tables.episode.c
    with reading(it.engine) as conn:
        kept = conn.execute(sa.select(e.rule_name, e.mode, e.onset_at, e.alert_id)).all()
    assert kept == [("spo2-low", "shadow", START + 5 * SECOND + 5 * MINUTE, None)]


def test_a_stopped_rule_leaves_its_alert_for_a_person(world):
    it = world(a_clip())
    it.say("clip", "spo2", 85)
    it.wait(6 * MINUTE)
    coordinator = viewer(Role.COORDINATOR, user_id=4, login="cara")
    with writing(it.engine) as conn:
        rulebook.stop(conn, coordinator, "donegal", "spo2-low", "too many", it.clock.now())
    it.wait(10 * SECOND, step=SECOND)
    [alert] = it.care()
    assert alert.state == "unacknowledged"
    it.closes(alert)
    it.say("clip", "spo2", 84)
    it.wait(10 * MINUTE)
    assert it.care() == []


def test_withdrawn_consent_closes_and_says_so(world):
    until = START + 20 * MINUTE
    it = world(a_clip(residents=[a_resident("anna", consent_until=until)]))
    it.say("clip", "spo2", 85)
    it.wait(6 * MINUTE)
    assert len(it.care()) == 1
    it.wait(20 * MINUTE)
    assert it.care() == []
    [closed] = it.alerts(show="closed")
    assert closed.disposition is None


def test_two_people_in_one_home_share_no_alert_of_the_home_s_sensors(world):
    """Home signals speak for a resident only while one lives there alone."""
    homes = [
        a_home(
            residents=["anna", a_resident("brian", since=0, until=None)],
            devices=[a_device("clip", owner="anna"), a_device("cuff", owner="brian")],
        )
    ]
    it = world(a_site(homes=homes))
    it.say("clip", "spo2", 85)
    it.say("cuff", "spo2", 97)
    it.wait(6 * MINUTE)
    [alert] = it.care()
    assert alert.resident_id == "anna"


def test_a_rule_that_cannot_run_is_said_and_the_others_go_on(world, monkeypatch):
    from gateway.watch import enrolments
    from rules.errors import RuleRefused

    real = enrolments.rule_of

    def broken(text):
        if "rule: weight-up" in text:
            raise RuleRefused("read a rule", "weight-up", "its words are gone", "Adopt it anew")
        return real(text)

    monkeypatch.setattr(enrolments, "rule_of", broken)
    it = world(a_clip())
    it.say("clip", "spo2", 85)
    it.wait(6 * MINUTE)
    assert len(it.care()) == 1
    assert it.alert("rule-broken").active


def test_a_rule_that_is_off_for_one_resident_watches_the_others(world):
    it = world(a_clip())
    nurse = viewer(Role.NURSE, user_id=3, login="nora")
    it.say("clip", "spo2", 85)
    it.wait(6 * MINUTE)
    [alert] = it.care()
    turn = partial(rulebook.switch, reason="With her daughter")
    with writing(it.engine) as conn:
        turn(conn, nurse, "donegal", "anna", "spo2-low", on=False, now=it.clock.now())
    it.wait(10 * SECOND, step=SECOND)
    assert it.care()[0].state == "unacknowledged"  # somebody has still to say what it was
    it.closes(alert)
    it.say("clip", "spo2", 84)
    it.wait(10 * MINUTE)
    assert it.care() == []
    with writing(it.engine) as conn:
        turn(conn, nurse, "donegal", "anna", "spo2-low", on=True, now=it.clock.now())
    it.say("clip", "spo2", 84)
    it.wait(6 * MINUTE)
    assert len(it.care()) == 1
