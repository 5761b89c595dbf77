"""The whole story: alerts, what carers said of them, a review, a decision, another rule at work."""

from decimal import Decimal

import pytest

from gateway.access import Role
from gateway.db import reading, writing
from gateway.rulebook import Mode
from reviews import decide, dispositions, records, talking
from reviews.desk import Desk, Wish
from rules.packs import starter_rules
from tests.building import a_device, a_home, a_site, viewer
from tests.reviews.lab import HereRunner
from tests.stories.world import DAY, HOUR, MINUTE, World

SPO2 = next(rule for rule in starter_rules() if rule.name == "spo2-low")
CARER = viewer(Role.CARER, user_id=1, login="aoife")
RESIDENT = viewer(Role.RESIDENT, user_id=2, login="anna", resident="anna")
DECIDER = viewer(Role.DECIDER, user_id=3, login="dermot")
FACILITATOR = viewer(Role.FACILITATOR, user_id=4, login="fionn")


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path, a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])]))
    yield made
    made.close()


def a_low_spell(it, value, disposition):
    """Seven minutes low, one alert, closed with what it was; then back to usual."""
    it.say("clip", "spo2", value)
    it.wait(7 * MINUTE)
    [row] = it.care()
    it.closes(row, disposition)
    it.say("clip", "spo2", 97)
    it.wait(DAY - 7 * MINUTE, step=4 * HOUR)


def a_desk(it):
    desk = Desk(it.engine, it.clock, it.registry, it.store, lambda site: it.clock.now(), 3.0)
    desk.runner = HereRunner(it.engine, it.clock, it.registry, it.store, 3.0)
    return desk


def act(it, what, *args, **more):
    with writing(it.engine) as conn:
        return what(conn, *args, **more)


def test_what_carers_said_changes_the_rule(world):
    it = world
    for _ in range(4):
        a_low_spell(it, 90, "false")
    a_low_spell(it, 86, "useful")

    with reading(it.engine) as conn:
        said = dispositions.summary(
            conn, CARER, "donegal", "spo2-low", "Europe/Dublin", it.clock.now()
        )
    assert said.total.said == {"false": 4, "useful": 1}

    review = act(it, talking.open_review, CARER, "donegal", "spo2-low", "Four of five for nothing",
                 it.clock.now())  # fmt: skip
    wish = {"limit": Decimal(88)}
    act(it, talking.propose, CARER, review, SPO2, wish, Mode.LIVE, "86 is what matters",
        it.clock.now())  # fmt: skip

    it.stored()
    desk = a_desk(it)
    asked = desk.ask(FACILITATOR, review, Wish(SPO2, wish))
    desk.run(asked)
    desk.stop()
    with reading(it.engine) as conn:
        result = records.evidence(conn, asked).result
    assert (result.then.alerts, result.now.alerts) == (5, 1)
    assert (result.useful, result.now.missed) == (1, 0)

    for who, role in ((CARER, Role.CARER), (RESIDENT, Role.RESIDENT), (DECIDER, Role.DECIDER)):
        act(it, talking.take_position, who, review, role, records.Stance.SUPPORT, "", "",
            it.clock.now())  # fmt: skip
    instant = it.clock.now() + 2 * HOUR
    ballot = decide.Ballot(
        records.Outcome.ADOPT, "Four nights for nothing", "", "Anna, Aoife, Dermot", instant
    )
    act(it, decide.decide, DECIDER, review, ballot, (), it.clock.now())

    it.say("clip", "spo2", 90)  # before the instant: the rule of yesterday
    it.wait(7 * MINUTE)
    [row] = it.care()
    it.closes(row, "false")
    it.say("clip", "spo2", 97)
    it.wait(instant - it.clock.now() + MINUTE, step=20 * MINUTE)

    it.say("clip", "spo2", 90)  # from it on: the rule that was decided
    it.wait(10 * MINUTE)
    assert it.care() == []
    it.say("clip", "spo2", 86)
    it.wait(7 * MINUTE)
    assert [row.rule_name for row in it.care()] == ["spo2-low"]


def test_live_and_replay_found_the_same_alerts(world):
    """What the replay says of today's rule is what people were told."""
    it = world
    for value in (91, 90, 86):
        a_low_spell(it, value, "useful")
    review = act(it, talking.open_review, CARER, "donegal", "spo2-low", "Are they the same?",
                 it.clock.now())  # fmt: skip
    it.stored()
    desk = a_desk(it)
    asked = desk.ask(CARER, review, Wish(SPO2, {"limit": Decimal(88)}))
    desk.run(asked)
    desk.stop()
    with reading(it.engine) as conn:
        found = records.evidence(conn, asked).result
    closed = it.alerts(show="closed")
    assert found.then.alerts == len([row for row in closed if not row.technical]) == 3
    assert (found.useful, found.then.missed) == (3, 0)
