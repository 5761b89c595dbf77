"""The nurse's sentence, from the document to the morning on which it is told: offered, replayed,
tried in shadow, decided, live. Nobody touches Python.
"""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from devices.errors import Refused
from gateway.access import Role
from gateway.alerts.tables import episode
from gateway.db import reading, writing
from gateway.rulebook import Mode, offer
from reviews import decide, records, talking, trying
from reviews.desk import Desk, Wish
from rules.checks.admission import admitted
from tests.building import a_device, a_home, a_site, viewer
from tests.reviews.lab import HereRunner
from tests.stories.world import DAY, HOUR, World

WRITING = (Path(__file__).parents[2] / "docs" / "rules" / "writing.md").read_text(encoding="utf-8")
(TEXT,) = re.findall(r"```yaml\n(.*?)```", WRITING, re.DOTALL)
MONDAY = 1_762_128_000_000  # 3 November 2025, midnight in Dublin
NURSE = viewer(Role.NURSE, user_id=1, login="aoife")
RESIDENT = viewer(Role.RESIDENT, user_id=2, login="anna", resident="anna")
DECIDER = viewer(Role.DECIDER, user_id=3, login="dermot")
FACILITATOR = viewer(Role.FACILITATOR, user_id=4, login="fionn")


@pytest.fixture
def world(tmp_path):
    sensors = [
        a_device(room, place=room, signals=("motion", "battery"), interval_ms=HOUR)
        for room in ("kitchen", "hall")
    ]
    made = World(tmp_path, a_site(homes=[a_home(devices=sensors)]), now=MONDAY)
    yield made
    made.close()


def act(it, what, *args, **more):
    with writing(it.engine) as conn:
        return what(conn, *args, **more)


def a_day(it, breakfast):
    """Both sensors beat; she is in the hall at seven, and in the kitchen at `breakfast` o'clock."""
    for hour in range(24):
        for room in ("kitchen", "hall"):
            it.say(room, "battery", 80)
        if hour == 7:
            it.say("hall", "motion")
        if hour == breakfast:
            it.say("kitchen", "motion")
        it.wait(HOUR, step=HOUR)


def in_shadow(it):
    with reading(it.engine) as conn:
        of = episode.c
        query = sa.select(of.onset_at).where(of.mode == "shadow", of.rule_name == "kitchen-by-ten")
        return list(conn.execute(query).scalars())


def test_from_a_file_to_the_morning_on_which_it_is_told(world):
    it = world
    for breakfast in (8, None, 8):  # Monday to Wednesday
        a_day(it, breakfast)
    assert it.care() == []

    rule = admitted(TEXT, "kitchen-by-ten.yaml")
    now = it.clock.now()
    act(it, offer, NURSE, "donegal", rule, "She asked for it", now)
    review = act(it, talking.open_review, NURSE, "donegal", rule.name, "She asked for it", now)
    act(it, talking.propose, NURSE, review, rule, {}, Mode.LIVE, "She asked for it", now)

    it.stored()
    desk = Desk(it.engine, it.clock, it.registry, it.store, lambda site: it.clock.now(), 3.0)
    desk.runner = HereRunner(it.engine, it.clock, it.registry, it.store, 3.0)
    asked = desk.ask(FACILITATOR, review, Wish(rule, {}))
    desk.run(asked)
    desk.stop()
    with reading(it.engine) as conn:
        result = records.evidence(conn, asked).result
    assert (result.then.alerts, result.now.alerts) == (0, 1)  # Tuesday

    with pytest.raises(Refused, match="1 to 56 days"):
        act(it, trying.start_trial, FACILITATOR, review, 0, now)
    act(it, trying.start_trial, FACILITATOR, review, 3, now)
    with pytest.raises(Refused, match="still runs"):
        act(it, trying.finish_trial, FACILITATOR, review, it.clock.now())
    for breakfast in (8, None, 8, None):  # Thursday, Friday, Saturday, and Sunday with her daughter
        a_day(it, breakfast)
    assert in_shadow(it) == [MONDAY + 4 * DAY + 10 * HOUR]
    assert it.care() == []
    act(it, trying.finish_trial, FACILITATOR, review, it.clock.now())

    for who, role in ((NURSE, Role.NURSE), (RESIDENT, Role.RESIDENT), (DECIDER, Role.DECIDER)):
        act(it, talking.take_position, who, review, role, records.Stance.SUPPORT, "", "",
            it.clock.now())  # fmt: skip
    ballot = decide.Ballot(
        records.Outcome.ADOPT, "One morning in seven", "", "Anna, Aoife, Dermot",
        it.clock.now() + HOUR,
    )  # fmt: skip
    act(it, decide.decide, DECIDER, review, ballot, (), it.clock.now())
    a_day(it, None)  # Monday
    [alert] = it.care()
    assert (alert.rule_name, alert.onset_at) == ("kitchen-by-ten", MONDAY + 7 * DAY + 10 * HOUR)


def test_a_rule_that_was_never_shown_to_work_does_not_come_in():
    for spoilt, reason in (
        (TEXT.replace("10:00 onset", "10:05 onset"), "expects 10:05:00 onset"),
        (TEXT[: TEXT.index("examples:")], "no example of this kind: fires, quiet"),
        (TEXT.replace("from: 07:00", "from: 12:00"), "contradict each other"),
    ):
        with pytest.raises(Refused) as caught:
            admitted(spoilt, "kitchen-by-ten.yaml")
        assert reason in str(caught.value), str(caught.value)
