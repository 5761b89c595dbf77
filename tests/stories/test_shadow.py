"""A rule on trial: kept, compared, never told; and what only it saw comes to the coordinator."""

from decimal import Decimal

import sqlalchemy as sa

from gateway import rulebook
from gateway.access import SYSTEM, Role
from gateway.alerts import tables
from gateway.alerts.worklist import worklist
from gateway.db import reading, writing
from gateway.rulebook import Mode
from tests.building import a_device, a_home, a_site, viewer
from tests.rules.stories import rule
from tests.stories.world import DAY, HOUR, MINUTE, SECOND

LOW = """
priority: now
parameters: {limit: {label: lower limit, default: 92 %, low: 80 %, high: 95 %}}
when: {below: {value: spo2, limit: $limit}}
"""
COORDINATOR = viewer(Role.COORDINATOR, user_id=4, login="cara")


def urgent(body=LOW):
    """The trial rule with its own priority."""
    from rules.file.language import parse_rule

    text = rule("when: {below: {value: spo2, limit: 92 %}}\n").text
    head = text.split("when:")[0].replace("priority: soon\n", "")
    return parse_rule(head + body.lstrip(), "trial.yaml")


def a_clip(**fields):
    return a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])], **fields)


def on_trial(it, limit, made=None, days=30):
    now = it.clock.now()
    with writing(it.engine) as conn:
        rulebook.trial(
            conn,
            SYSTEM,
            "donegal",
            made or urgent(),
            {"limit": Decimal(limit)},
            "is it better?",
            now,
            now + days * DAY,
            now,
        )
    it.wait(5 * SECOND, step=SECOND)


def seen_by(it, who):
    with reading(it.engine) as conn:
        return [row.rule_name for row in worklist(conn, who).rows]


def shadow_episodes(it):
    e = tables.episode.c
    with reading(it.engine) as conn:
        return conn.execute(sa.select(e.onset_at, e.alert_id).where(e.mode == "shadow")).all()


def low(it, value):
    it.say("clip", "spo2", value)
    it.wait(5 * SECOND, step=SECOND)


def messages(it):
    with reading(it.engine) as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(tables.outbox)).scalar_one()


def test_what_only_the_trial_saw_becomes_the_coordinator_s_item(world):
    it = world(a_clip(), rules=[urgent()])
    on_trial(it, 95)
    low(it, 93)  # live is at 92
    assert len(shadow_episodes(it)) == 1
    it.wait(14 * MINUTE)
    assert seen_by(it, COORDINATOR) == []  # a live rule has a while
    it.wait(3 * MINUTE)
    assert seen_by(it, COORDINATOR) == ["missed-live"]
    assert seen_by(it, it.me) == []  # no carer, no message
    assert messages(it) == 0


def test_what_a_live_rule_told_as_well_is_not_missed(world):
    it = world(a_clip(), rules=[urgent()])
    on_trial(it, 95)
    low(it, 93)
    low(it, 85)
    it.wait(20 * MINUTE)
    assert seen_by(it, COORDINATOR) == ["trial"]


def test_less_urgent_trials_make_no_items(world):
    soon = urgent(LOW.replace("priority: now", "priority: soon"))
    it = world(a_clip(), rules=[])
    on_trial(it, 95, soon)
    low(it, 93)
    it.wait(20 * MINUTE)
    assert len(shadow_episodes(it)) == 1
    assert seen_by(it, COORDINATOR) == []


def test_it_is_still_judged_after_a_kill(world):
    it = world(a_clip(), rules=[urgent()])
    on_trial(it, 95)
    low(it, 93)
    it.kill()
    it.wait(10 * MINUTE)
    it.kill()
    it.wait(10 * MINUTE)
    assert seen_by(it, COORDINATOR) == ["missed-live"]


def test_a_site_that_is_not_live_misses_nothing(world):
    it = world(a_clip(live=False), rules=[urgent()])
    low(it, 85)
    it.wait(HOUR, step=10 * MINUTE)
    assert it.alerts() == []
    assert seen_by(it, COORDINATOR) == []


def test_shadow_and_live_run_beside_each_other_and_the_trial_ends_by_itself(world):
    it = world(a_clip(), rules=[urgent()])
    on_trial(it, 95, days=1)
    low(it, 93)
    low(it, 97)
    it.wait(DAY, step=HOUR)
    low(it, 93)
    low(it, 97)
    assert len(shadow_episodes(it)) == 1


def test_a_version_adopted_from_its_trial_raises_what_holds_once(world):
    it = world(a_clip(), rules=[urgent()])
    on_trial(it, 95)
    low(it, 93)
    now = it.clock.now()
    with writing(it.engine) as conn:
        rulebook.adopt(
            conn, SYSTEM, "donegal", urgent(), {"limit": Decimal(95)}, Mode.LIVE, 1, now, now
        )
    it.wait(20 * SECOND, step=SECOND)
    [alert] = it.care()
    assert alert.occurrences == 1
    it.wait(20 * MINUTE)
    assert seen_by(it, COORDINATOR) == ["trial"]  # it was told after all
