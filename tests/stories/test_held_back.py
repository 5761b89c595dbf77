"""What is held back, by what, where that is seen, and when it is told after all."""

import pytest
import sqlalchemy as sa

from gateway.alerts import tables
from gateway.alerts.detail import detail
from gateway.alerts.episodes import EventKind
from gateway.alerts.worklist import row
from gateway.db import reading, writing
from gateway.watch import tables as watch_tables
from rules.file.language import parse_rule
from tests.building import a_device, a_home, a_site
from tests.rules.stories import HEAD, rule
from tests.stories.world import HOUR, MINUTE, SECOND, START

COLD = "when: {below: {value: spo2, limit: 92 %}}\n"
FAST = "when: {above: {value: pulse, limit: 120 /min}}\n"


def a_clip(**fields):
    return a_site(homes=[a_home(devices=[a_device("clip", owner="anna")], **fields)])


def named(name, body):
    return parse_rule(HEAD.replace("rule: trial", f"rule: {name}") + body, f"{name}.yaml")


def kinds(it, alert):
    with writing(it.engine) as conn:
        return [one.kind for one in detail(conn, it.me, alert.id, it.clock.now()).timeline]


def messages(it):
    with reading(it.engine) as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(tables.outbox)).scalar_one()


def low(it, value=85):
    it.say("clip", "spo2", value)
    it.wait(5 * SECOND, step=SECOND)


def forget(it):
    with writing(it.engine) as conn:
        conn.execute(watch_tables.snapshot.delete())


# -- told at most once in a while


def test_the_second_of_a_day_is_kept_and_told_to_nobody(world):
    it = world(a_clip(), rules=[rule(COLD, at_most="2 h")])
    low(it)
    it.closes(it.care()[0])
    low(it, 97)
    low(it)
    low(it, 97)
    assert it.care() == []
    assert messages(it) == 1
    e = tables.episode.c
    with reading(it.engine) as conn:
        rows = conn.execute(sa.select(e.told_at, e.held_until).order_by(e.onset_at)).all()
    assert [tuple(one) for one in rows] == [(START, None), (None, START + 2 * HOUR)]


def told_at(it):
    e = tables.episode.c
    with reading(it.engine) as conn:
        return list(conn.scalars(sa.select(e.told_at).order_by(e.onset_at)))


def test_it_was_told_when_the_while_was_over_and_not_when_the_clock_next_moved(world):
    """A back-test over the same readings says the same instant."""
    it = world(a_clip(), rules=[rule(COLD, at_most="1 h")])
    low(it)
    low(it, 97)
    it.wait(50 * MINUTE, step=10 * MINUTE)
    low(it)
    it.wait(25 * MINUTE, step=25 * MINUTE)
    assert told_at(it) == [START, START + HOUR]


@pytest.mark.parametrize("lost", [False, True])
def test_what_still_holds_when_the_while_is_over_is_told_also_over_a_restart(world, lost):
    it = world(a_clip(), rules=[rule(COLD, at_most="1 h")])
    low(it)
    it.closes(it.care()[0])
    low(it, 97)
    it.wait(50 * MINUTE, step=10 * MINUTE)
    low(it)
    it.stored()
    if lost:
        forget(it)
    it.kill()
    assert it.care() == []
    for _ in range(3):
        it.wait(5 * MINUTE)
        it.say("clip", "spo2", 85)
    [alert] = it.care()
    assert START + HOUR <= alert.noticed_at <= START + HOUR + MINUTE
    assert alert.phrase is not None
    assert messages(it) == 2
    assert told_at(it) == [START, START + HOUR]  # as a back-test says it, whenever we noticed


def test_what_was_held_back_and_came_late_was_told_when_the_while_was_over(world):
    """As a back-test over the same readings says it."""
    it = world(a_clip(), rules=[rule(COLD, at_most="1 h")])
    low(it)
    low(it, 97)
    it.wait(2 * HOUR, step=20 * MINUTE)
    for minute in range(30, 120, 10):
        body = {"signal": "spo2", "value": 85, "time": START + minute * MINUTE}
        it.publish("clip", body)
    it.run()
    it.wait(10 * SECOND, step=SECOND)
    assert told_at(it) == [START, START + HOUR]


def test_an_open_alert_says_that_it_happened_again_and_was_held_back(world):
    it = world(a_clip(), rules=[rule(COLD, at_most="2 h")])
    low(it)
    low(it, 97)
    low(it)
    [alert] = it.care()
    assert (alert.state, alert.occurrences) == ("unacknowledged", 2)
    assert EventKind.HELD_BACK in kinds(it, alert)
    assert messages(it) == 1


# -- yielding to a broader cause


def both(it):
    it.publish("clip", {"signal": "spo2", "value": 85, "time": it.clock.now()})
    it.publish("clip", {"signal": "pulse", "value": 140, "time": it.clock.now()})
    it.run()
    it.wait(5 * SECOND, step=SECOND)


YIELDING = [rule(COLD, yields_to="[broad]"), named("broad", FAST)]


def explained(it):
    """Open alerts that a broader cause keeps out of the team's list."""
    mine = {one.id for one in it.alerts()}
    a = tables.alert.c
    with reading(it.engine) as conn:
        rows = conn.execute(sa.select(a.id, a.rule_name).where(a.closed_at.is_(None))).all()
    return [one.rule_name for one in rows if one.id not in mine]


def test_what_follows_from_a_broader_cause_is_shown_under_it_and_not_told(world):
    it = world(a_clip(), rules=YIELDING)
    it.say("clip", "pulse", 140)
    it.wait(5 * SECOND, step=SECOND)
    low(it)
    assert [one.rule_name for one in it.care()] == ["broad"]
    assert explained(it) == ["trial"]
    assert messages(it) == 1
    a = tables.alert.c
    with reading(it.engine) as conn:
        held = conn.execute(sa.select(a.id, a.inhibited_by).where(a.rule_name == "trial")).one()
        assert held.inhibited_by == it.care()[0].id
        assert row(conn, it.me, held.id).inhibited_by == it.care()[0].id  # its own page says so


def test_when_both_begin_in_one_instant_the_narrower_yields_too(world):
    it = world(a_clip(), rules=YIELDING)
    both(it)
    assert [one.rule_name for one in it.care()] == ["broad"]
    assert explained(it) == ["trial"]


def test_what_still_holds_when_its_cause_is_over_is_told_then(world):
    it = world(a_clip(), rules=YIELDING)
    both(it)
    it.say("clip", "pulse", 70)
    it.wait(5 * SECOND, step=SECOND)
    freed = next(one for one in it.care() if one.rule_name == "trial")
    assert EventKind.FREED in kinds(it, freed)
    assert EventKind.INHIBITED in kinds(it, freed)


def test_closing_the_cause_tells_what_still_holds(world):
    it = world(a_clip(), rules=YIELDING)
    both(it)
    it.closes(it.care()[0])
    [alert] = it.care()
    assert (alert.rule_name, alert.inhibited_by) == ("trial", None)
    assert messages(it) == 2


def test_what_is_over_before_its_cause_is_closed_with_it(world):
    it = world(a_clip(), rules=YIELDING)
    both(it)
    low(it, 97)
    it.closes(next(one for one in it.care() if one.rule_name == "broad"))
    assert it.care() == []
    assert explained(it) == []


def test_a_cause_in_another_home_explains_nothing(world):
    homes = [
        a_home("home-1", residents=["anna"], devices=[a_device("clip", owner="anna")]),
        a_home("home-2", residents=["brian"], devices=[a_device("cuff", owner="brian")]),
    ]
    it = world(a_site(homes=homes), rules=YIELDING)
    it.say("cuff", "pulse", 140, home="home-2")
    it.wait(5 * SECOND, step=SECOND)
    low(it)
    assert {one.rule_name for one in it.care()} == {"broad", "trial"}


def test_what_was_told_before_its_cause_began_stays_told(world):
    it = world(a_clip(), rules=YIELDING)
    low(it)
    with writing(it.engine) as conn:
        conn.execute(sa.update(tables.outbox).values(state="sent"))
    it.say("clip", "pulse", 140)
    it.wait(5 * SECOND, step=SECOND)
    assert {one.rule_name for one in it.care()} == {"broad", "trial"}


# -- a silent hub


def test_a_silent_home_explains_that_we_cannot_see(world):
    """One alert of the hub; beneath it, what the rules of absence can no longer say."""
    night = START - 8 * HOUR
    devices = [
        a_device(
            name, place=name, hub="hub", signals=("motion", "battery"), interval_ms=10 * MINUTE
        )
        for name in ("hall", "bath")
    ]
    it = world(a_site(homes=[a_home(devices=devices)]), now=night - 24 * HOUR)
    while it.clock.now() < night + 5 * HOUR:
        it.say("hall", "motion")
        it.say("bath", "battery", 80)
        it.wait(10 * MINUTE, step=10 * MINUTE)
    it.wait(6 * HOUR, step=10 * MINUTE)
    assert it.care() == []
    assert [one.rule_name for one in it.alerts()] == ["home-silent"]
    assert "home-cannot-see" in explained(it)
    it.say("hall", "motion")
    it.wait(MINUTE)
    assert not [one for one in it.alerts() if one.active]
