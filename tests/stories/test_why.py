"""Why, asked afterwards of any moment: it says what was recorded then, wherever it is read from."""

import random

import pytest
import sqlalchemy as sa

from gateway import rulebook
from gateway.access import NotFound, Role
from gateway.alerts import tables
from gateway.db import reading, writing
from gateway.watch.answers import Question
from gateway.watch.asking import WhyRoom
from rules.file.language import parse_rule
from rules.packs import starter_rules
from tests.building import a_device, a_home, a_resident, a_site, viewer
from tests.stories import test_data_sites as region
from tests.stories.world import DAY, HOUR, MINUTE, START, World


def room(it):
    return WhyRoom(
        it.engine,
        it.registry,
        it.store,
        it.host.history,
        it.clock,
        lambda: it.host.offset,
        it.host.hubs,
        it.settings.watch.silence_factor,
    )


def asked(it, rule, at, resident="anna", site=None, who=None, **more):
    question = Question(site or it.sites[0].id, rule, at, resident=resident, **more)
    return room(it).ask(who or it.me, question)


def brakes(answer):
    return {one.kind for one in answer.brakes if one.on}


def a_clip(**fields):
    return a_site(homes=[a_home(devices=[a_device("clip", owner="anna")], **fields)])


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """Two days of three homes, all rules, everything consumed."""
    it = World(tmp_path_factory.mktemp("lived"), region.a_region())
    region.play(it, region.a_recording(), HOUR)
    it.stored()
    yield it
    it.close()


def episodes_of(it):
    e = tables.episode.c
    with reading(it.engine) as conn:
        return conn.execute(
            sa.select(e.rule_name, e.subject, e.onset_at, e.ended_at).order_by(e.onset_at)
        ).all()


def test_every_recorded_episode_is_explained_at_its_onset(lived):
    found = episodes_of(lived)
    assert {row.rule_name for row in found} >= {"spo2-low", "weight-up", "no-movement-by-ten"}
    often = [row for row in found if row.rule_name == "spo2-low"]
    for row in [*(row for row in found if row not in often), *often[::8]]:
        resident = row.subject.removeprefix("resident:")
        answer = asked(lived, row.rule_name, row.onset_at, resident)
        assert answer.root.is_true, row
        assert answer.told.onset_at == row.onset_at
        assert answer.rests
        if row.rule_name == "sos":
            continue  # a press is true from its own instant on
        before = asked(lived, row.rule_name, row.onset_at - 1, resident)
        assert not before.root.is_true, row


def test_at_any_moment_it_says_what_the_record_says(lived):
    """True: an episode stands. Not true: none stands, or one that could not be seen to end."""
    found = episodes_of(lived)
    draw = random.Random(11)
    held = 0
    for number in range(60):
        rule = draw.choice(["spo2-low", "weight-up", "no-movement-by-ten", "sos"])
        resident = f"r{draw.randrange(region.HOMES)}"
        at = region.BEGIN + draw.randrange(2 * DAY)
        if number % 2:
            row = draw.choice(found)
            rule, resident = row.rule_name, row.subject.removeprefix("resident:")
            at = row.onset_at + draw.randrange(20 * MINUTE)
        answer = asked(lived, rule, at, resident)
        stands = [
            row
            for row in found
            if (row.rule_name, row.subject) == (rule, f"resident:{resident}")
            and row.onset_at <= at < (row.ended_at or at + 1)
        ]
        if answer.root.is_true:
            assert stands, (rule, resident, at)
            held += 1
        elif answer.root.answer == 0:
            assert not stands, (rule, resident, at)
    assert held > 10


def test_it_does_not_matter_where_the_past_comes_from(world):
    """From the journal while the store is behind, from the store afterwards."""
    it = world(a_clip())
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    at = START + 5 * MINUTE
    from_journal = asked(it, "spo2-low", at)
    it.stored()
    from_store = asked(it, "spo2-low", at)
    assert from_journal.seen == from_store.seen
    assert from_store.root.is_true
    assert [one.x for one in from_store.rests] == [86]


def test_what_came_late_is_known_when_one_asks_again(world):
    it = world(a_clip())
    it.say("clip", "spo2", 97)
    it.wait(30 * MINUTE)
    at = START + 16 * MINUTE
    assert asked(it, "spo2-low", at).root.answer == 0
    it.say("clip", "spo2", 85, at=START + 10 * MINUTE)
    it.wait(MINUTE)
    answer = asked(it, "spo2-low", at)
    assert answer.root.is_true
    assert answer.told.noticed_at > at


def test_a_pause_a_missing_consent_and_a_shared_home_are_brakes(world):
    pause = (START + HOUR, START + 2 * HOUR, False)
    anna = a_resident("anna", pauses=[pause], consent_until=START + 3 * HOUR)
    motion = a_device("motion", place="hall", signals=("motion",), interval_ms=HOUR)
    home = a_home(residents=[anna, "bob"], devices=[a_device("clip", owner="anna"), motion])
    it = world(a_site(homes=[home]))
    it.say("clip", "spo2", 96)
    it.wait(4 * HOUR, step=HOUR)
    assert "paused" not in brakes(asked(it, "spo2-low", START + MINUTE))
    assert "paused" in brakes(asked(it, "spo2-low", START + HOUR + MINUTE))
    assert "no-consent" in brakes(asked(it, "spo2-low", START + 3 * HOUR + MINUTE))
    assert "several-people" in brakes(asked(it, "no-movement-by-ten", START + MINUTE))


def test_absence_without_coverage_says_so(world):
    motion = a_device("motion", place="hall", signals=("motion",), interval_ms=HOUR)
    it = world(a_site(homes=[a_home(devices=[motion])]))
    it.say("motion", "motion")
    it.wait(DAY + 4 * HOUR, step=HOUR)
    answer = asked(it, "no-movement-by-ten", it.clock.now() - MINUTE)
    assert answer.root.answer is None
    assert "not-covered" in brakes(answer)
    (gap,) = answer.root.missing
    assert (gap.signal, gap.place) == ("coverage", "motion")


def test_a_stopped_rule_says_that_it_did_not_run_and_still_what_it_would_have_said(world):
    it = world(a_clip())
    it.say("clip", "spo2", 96)
    it.wait(MINUTE)
    coordinator = viewer(Role.COORDINATOR, "*", user_id=2)
    with writing(it.engine) as conn:
        now = it.clock.now()
        rulebook.stop(conn, coordinator, "donegal", "spo2-low", "Too often.", now, now)
    it.wait(MINUTE)
    it.say("clip", "spo2", 80)
    it.wait(6 * MINUTE)
    at = it.clock.now() - 10_000
    answer = asked(it, "spo2-low", at)
    assert answer.root.is_true
    assert (answer.mode, answer.told) == ("off", None)
    assert "not-live" in brakes(answer)
    before = asked(it, "spo2-low", START + 1)
    assert before.mode == "live"


def test_an_alert_that_stands_takes_up_what_happens_again(world):
    it = world(a_clip())
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    first = asked(it, "spo2-low", START + 5 * MINUTE)
    again = asked(it, "spo2-low", it.clock.now() - 5_000)
    assert "open-already" not in brakes(first)
    assert "open-already" in brakes(again)
    assert again.told.code == first.told.code


def test_who_moved_takes_their_readings_along(world):
    """The scale came along: its reading of the old home counts in the new one."""
    moved = START + HOUR
    old = a_home(
        "old",
        residents=[a_resident("anna", until=moved)],
        devices=[a_device("scale", owner="anna", until=moved)],
    )
    new = a_home(
        "new",
        residents=[a_resident("anna", since=moved)],
        devices=[a_device("scale", owner="anna", since=moved)],
    )
    it = world(a_site(homes=[old, new]))
    it.say("scale", "body_weight", 70.0, home="old")
    it.wait(2 * HOUR, step=HOUR)
    it.say("scale", "body_weight", 72.5, home="new")
    it.wait(MINUTE)
    answer = asked(it, "weight-up", it.clock.now() - 10_000)
    assert answer.root.is_true
    assert [one.x for one in answer.rests] == [700, 725]


def test_another_persons_past_in_the_same_home_is_not_shown(world):
    """A rule of the home, asked by who lives there alone now: nothing of the time before."""
    since = START + DAY
    door = a_device("door", place="outer", signals=("door",), interval_ms=HOUR)
    home = a_home(
        residents=[a_resident("bob", until=since), a_resident("anna", since=since)],
        devices=[door],
    )
    it = world(a_site(homes=[home]))
    it.say("door", "door", "open")
    it.wait(DAY + HOUR, step=HOUR)
    anna = viewer(Role.RESIDENT, "donegal", resident="anna", user_id=3)
    question = Question("donegal", "outer-door-open-at-night", START + HOUR, resident="anna")
    with pytest.raises(NotFound):
        room(it).ask(anna, question)
    now = asked(it, "outer-door-open-at-night", it.clock.now(), who=anna)
    assert now.whom.since == since
    assert all(one.at >= since for seen in now.seen for one in seen.readings)


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ADMIN, Role.DECIDER, Role.CHAMPION])
def test_some_roles_see_no_why(world, role):
    it = world(a_clip())
    it.say("clip", "spo2", 86)
    with pytest.raises(NotFound):
        asked(it, "spo2-low", START, who=viewer(role, "*", user_id=4))


def test_the_start_of_what_is_kept_is_said(world):
    it = world(a_clip())
    it.wait(DAY, step=HOUR)
    it.say("clip", "spo2", 96)
    it.wait(MINUTE)
    it.stored()
    assert asked(it, "spo2-low", START).gone
    kept = asked(it, "spo2-low", it.clock.now() - 1_000)
    assert not kept.gone
    assert kept.partial_from == kept.first_at == START + DAY


def with_keys(name, **keys):
    """A starter rule with a few keys more."""
    text = next(rule.text for rule in starter_rules() if rule.name == name)
    lines = "\n".join(f"{key}: {value}" for key, value in keys.items())
    return parse_rule(f"{text}{lines}\n", f"{name}.yaml")


def test_at_most_once_in_a_while_is_a_brake_with_its_end(world):
    it = world(a_clip(), rules=[with_keys("spo2-low", at_most="2 h")])
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    it.closes(it.care()[0])
    it.say("clip", "spo2", 97)
    it.wait(MINUTE)
    again = it.clock.now()
    for _ in range(12):
        it.say("clip", "spo2", 86)
        it.wait(MINUTE)
    assert it.care() == []  # recorded, and held back
    answer = asked(it, "spo2-low", again + 8 * MINUTE)
    assert answer.root.is_true
    (brake,) = [one for one in answer.brakes if one.kind == "at-most"]
    assert brake.on
    assert brake.until == START + 5 * MINUTE + 2 * HOUR
    assert answer.told.code is None
    assert answer.told.held_until == brake.until
    first = asked(it, "spo2-low", START + 5 * MINUTE)
    assert "at-most" not in brakes(first)


def test_a_broader_cause_is_a_brake_that_names_itself(world):
    rules = [
        with_keys("pulse-out-of-range", yields_to="[spo2-low]"),
        next(rule for rule in starter_rules() if rule.name == "spo2-low"),
    ]
    it = world(a_clip(), rules=rules)
    it.say("clip", "spo2", 86)
    it.wait(6 * MINUTE)
    assert [row.rule_name for row in it.care()] == ["spo2-low"]
    for _ in range(12):
        it.say("clip", "spo2", 86)
        it.say("clip", "pulse", 130)
        it.wait(MINUTE)
    answer = asked(it, "pulse-out-of-range", it.clock.now() - 30_000)
    assert answer.root.is_true
    (brake,) = [one for one in answer.brakes if one.kind == "yields-to"]
    assert brake.on
    assert brake.by == "Oxygen saturation low"
    (cause,) = answer.told.causes
    assert cause.code == it.alert("spo2-low").code
