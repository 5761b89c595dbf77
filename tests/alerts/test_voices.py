"""Residents say what alerts about them were: theirs alone to say, and reviews count it."""

import pytest

from devices.errors import Refused
from gateway.access import NotFound, Role
from gateway.access.audit import read_audit
from gateway.alerts import voices
from gateway.alerts.voices import Said
from gateway.db import reading, writing
from reviews import dispositions
from reviews.comparing import WEEK_MS
from tests.alerts.building import ONSET, a_change, a_finding
from tests.building import viewer

ANNA = viewer(Role.RESIDENT, user_id=9, login="anna", resident="anna")


@pytest.fixture
def alert(team):
    [news] = team.apply(a_change())
    return news.alert_id


def say(team, alert_id, said="helped", words="", who=ANNA):
    with writing(team.engine) as conn:
        return voices.say(conn, who, alert_id, said, words, team.clock.now())


def heard(team):
    with reading(team.engine) as conn:
        return voices.of_resident(conn, ANNA, "donegal", "anna", team.clock.now())


def week(team):
    with reading(team.engine) as conn:
        found = dispositions.summary(
            conn, team.aoife, "donegal", "spo2-low", "UTC", ONSET + WEEK_MS, weeks=2
        )
    return found.total.heard


def test_what_was_said_last_stands_and_nothing_is_lost(team, alert):
    team.clock.step(ONSET - team.clock.now())
    assert [one.voice for one in heard(team)] == [None]
    say(team, alert, "dont_know")
    team.clock.advance(1_000)
    say(team, alert, "helped", " Siv phoned me at once. ")
    (one,) = heard(team)
    assert (one.voice.said, one.voice.words) == (Said.HELPED, "Siv phoned me at once.")
    with reading(team.engine) as conn:
        told = read_audit(conn, ANNA, "anna", "donegal", limit=10)
    assert [entry.verb for entry in told].count("spoke of") == 2


def test_the_same_said_twice_is_said_once(team, alert):
    first = say(team, alert, "helped", "Yes")
    team.clock.advance(1_000)
    assert say(team, alert, "helped", "Yes") == first


def test_reviews_count_the_newest_word_of_each_alert_and_no_disposition(team, alert):
    assert week(team) == {}
    say(team, alert, "dont_know")
    say(team, alert, "not_needed")
    team.apply(a_change(onset_at=ONSET + 1, rule_name="sos"))
    assert week(team) == {Said.NOT_NEEDED: 1}
    with reading(team.engine) as conn:
        total = dispositions.summary(
            conn, team.aoife, "donegal", "spo2-low", "UTC", ONSET + WEEK_MS, weeks=2
        ).total
    assert (total.unsaid, total.said) == (1, {})


@pytest.mark.parametrize(
    "who",
    [
        viewer(Role.CARER),
        viewer(Role.FAMILY, residents=["anna"]),
        viewer(Role.RESIDENT, resident="bert"),
        viewer(Role.RESIDENT, site="vestland", resident="anna"),
        viewer(Role.FACILITATOR),
    ],
    ids=lambda who: f"{who.login}-{who.resident_id}",
)
def test_nobody_else_speaks_for_a_resident(team, alert, who):
    with pytest.raises(NotFound):
        say(team, alert, who=who)
    assert week(team) == {}


def test_nobody_speaks_of_a_device(team):
    [news] = team.technical(a_finding())
    with pytest.raises(NotFound):
        say(team, news.alert_id)


@pytest.mark.parametrize(("said", "words"), [("", ""), ("useful", ""), ("helped", "x" * 501)])
def test_what_is_no_answer_is_refused(team, alert, said, words):
    with pytest.raises(Refused):
        say(team, alert, said, words)
    assert week(team) == {}
