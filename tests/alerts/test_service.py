"""What people do: who has it, until when, what it was, and what may be taken back."""

import pytest
import sqlalchemy as sa

from devices.errors import Refused
from gateway.access import NotAllowed, NotFound, Role
from gateway.access.tables import audit_entry
from gateway.alerts import service, tables, timers
from gateway.alerts.detail import detail
from gateway.alerts.episodes import EventKind, Priority
from gateway.alerts.states import MoveRefused
from gateway.alerts.worklist import events_after, find_code
from gateway.db import reading, writing
from tests.alerts.building import HOUR, MINUTE, ONSET, a_change, a_finding, an_end, an_sos
from tests.building import viewer


@pytest.fixture
def alert(team):
    [news] = team.apply(a_change())
    return news.alert_id


def kinds(team, alert_id):
    with writing(team.engine) as conn:
        found = detail(conn, team.aoife, alert_id, team.clock.now())
    return [entry.kind for entry in found.timeline]


def test_i_have_it_and_still_on_it(team, alert):
    taken = team.takes(team.aoife, alert)
    assert (taken.result, taken.owner_name) == ("done", "Aoife")
    assert taken.hold_until == team.clock.now() + 30 * MINUTE
    team.clock.advance(20 * MINUTE)
    assert team.takes(team.aoife, alert).hold_until == team.clock.now() + 30 * MINUTE
    assert kinds(team, alert)[-2:] == [EventKind.ACKNOWLEDGED, EventKind.STILL_ON_IT]


def test_who_reaches_the_server_first_has_it_and_the_other_sees_who(team, alert):
    team.takes(team.aoife, alert)
    team.clock.advance(10 * MINUTE)
    earlier = team.clock.now() - 15 * MINUTE  # done before Aoife's, on a phone without a link
    second = team.takes(team.bjarni, alert, done_at=earlier)
    assert (second.result, second.owner_name) == ("someone-else", "Aoife")
    with reading(team.engine) as conn:
        kept = conn.execute(
            sa.select(tables.alert_event).where(tables.alert_event.c.by_id == 2)
        ).one()
    assert (kept.done_at, kept.at) == (earlier, team.clock.now())


def test_the_same_key_acts_once(team, alert):
    first = team.takes(team.aoife, alert, key="k")
    assert team.takes(team.aoife, alert, key="k").result == "already"
    assert kinds(team, alert).count(first.news[0].kind) == 1
    assert team.takes(team.bjarni, alert, key="k").result == "someone-else"  # another's key


def test_an_acknowledgement_runs_out_and_the_team_is_told_again(team, alert):
    team.takes(team.aoife, alert)
    team.clock.advance(30 * MINUTE)
    with reading(team.engine) as conn:
        assert timers.due(conn, team.clock.now())
    with writing(team.engine) as conn:
        [news] = timers.sweep(conn, team.clock.now())
        assert timers.sweep(conn, team.clock.now()) == []
    assert news.kind is EventKind.RAN_OUT
    line = team.line(alert)
    assert (line.state, line.owner_name) == ("unacknowledged", None)


def test_take_over(team, alert):
    team.takes(team.aoife, alert)
    taken = team.does(service.take_over, team.bjarni, alert)
    assert (taken.owner_name, taken.news[0].kind) == ("Bjarni", EventKind.TAKEN_OVER)
    undone = team.does(service.undo, team.bjarni, alert)
    assert undone.owner_name == "Aoife"


def test_close_says_what_it_was(team, alert):
    team.takes(team.aoife, alert)
    team.closes(team.aoife, alert, "false", "drove", "Sensor slipped")
    [row] = team.list(show="closed").rows
    assert (row.disposition, row.response, row.state) == ("false", "drove", "closed")
    assert team.list().rows == ()


def test_another_s_alert_is_not_closed_over_their_head_and_the_words_are_kept(team, alert):
    team.takes(team.aoife, alert)
    refused = team.closes(team.bjarni, alert, note="She is fine")
    assert (refused.result, refused.state) == ("someone-else", "acknowledged")
    assert kinds(team, alert)[-1] is EventKind.KEPT_NOTE


def test_a_closed_alert_is_not_taken_and_nothing_changes(team, alert):
    team.closes(team.aoife, alert)
    with pytest.raises(MoveRefused):
        team.takes(team.bjarni, alert)
    assert team.line(alert).owner_name is None


def test_undo_of_i_have_it_gives_it_back(team, alert):
    team.takes(team.aoife, alert)
    undone = team.does(service.undo, team.aoife, alert)
    assert undone.state == "unacknowledged"
    with reading(team.engine) as conn:
        purposes = conn.execute(sa.select(tables.outbox.c.purpose)).scalars().all()
    assert purposes == ["raised", "again"]


def test_undo_of_a_close_reopens_as_things_are_now(team, alert):
    team.takes(team.aoife, alert)
    team.closes(team.aoife, alert)
    team.apply(an_end())
    undone = team.does(service.undo, team.aoife, alert)
    assert (undone.state, undone.owner_name) == ("acknowledged-returned", "Aoife")
    assert team.line(alert).disposition is None


def test_undo_is_for_one_s_own_newest_action_within_ten_minutes(team, alert):
    team.takes(team.aoife, alert)
    with pytest.raises(Refused):
        team.does(service.undo, team.bjarni, alert)
    team.clock.advance(11 * MINUTE)
    with pytest.raises(Refused):
        team.does(service.undo, team.aoife, alert)


def test_undo_of_a_close_makes_no_second_open_alert(team, alert):
    team.closes(team.aoife, alert)
    team.apply(an_end(), a_change(onset_at=ONSET + 2 * HOUR, noticed_at=ONSET + 2 * HOUR))
    with pytest.raises(Refused, match="raised for the same since"):
        team.does(service.undo, team.aoife, alert)


def test_what_is_low_acknowledged_and_returned_closes_itself_a_high_one_never(team):
    [low] = team.apply(a_change(priority=Priority.TODAY, rule_name="weight-up"))
    [high] = team.apply(a_change())
    for news in (low, high):
        team.takes(team.aoife, news.alert_id)
    team.apply(an_end(rule_name="weight-up"), an_end())
    team.clock.advance(25 * HOUR)
    with writing(team.engine) as conn:
        swept = timers.sweep(conn, team.clock.now())
    assert {news.kind for news in swept} == {EventKind.RAN_OUT, EventKind.CLOSED_ITSELF}
    assert team.line(low.alert_id).state == "closed"
    assert team.line(high.alert_id).state == "unacknowledged-returned"


def test_a_device_alert_closes_itself_once_seen_and_over(team):
    [news] = team.technical(a_finding())
    team.takes(team.aoife, news.alert_id)
    team.technical(a_finding(active=False))
    assert team.line(news.alert_id).state == "closed"


def test_closing_the_cause_closes_what_it_explained(team):
    [cause] = team.technical(a_finding("home-silent", "home-1"))
    told = team.technical(a_finding(cause="home-silent|home-1"))
    team.closes(team.aoife, cause.alert_id)
    assert team.line(told[0].alert_id).state == "closed"


def test_the_list_is_by_priority_then_free_ones_then_age(team):
    [soon] = team.apply(a_change())
    [today] = team.apply(a_change(rule_name="weight-up", priority=Priority.TODAY))
    [pulse] = team.apply(a_change(rule_name="pulse"))
    [sos] = team.apply(an_sos())
    team.takes(team.bjarni, soon.alert_id)
    found = team.list()
    ids = [news.alert_id for news in (sos, pulse, soon, today)]
    assert [row.id for row in found.rows] == ids
    assert found.counts[Priority.SOON] == 2
    assert [row.id for row in team.list(who=team.bjarni, show="mine").rows] == [soon.alert_id]
    page = team.list(limit=3)
    assert [row.id for row in team.list(limit=3, after=page.next).rows] == ids[3:]


def test_detail_shows_evidence_with_units_and_records_the_look(team, alert):
    with writing(team.engine) as conn:
        found = detail(conn, team.aoife, alert, team.clock.now())
        looks = conn.execute(
            sa.select(audit_entry.c.verb).where(audit_entry.c.resident == "anna")
        ).scalars()
        assert list(looks) == ["looked at"]
    [point] = found.evidence
    assert (point.value, point.unit, point.offset, point.index) == ("86", "%", 7, 2)
    assert found.emergency == "112"
    assert found.can == {"acknowledge", "close", "note"}


def test_before_counts_what_the_last_ones_were_said_to_be(team):
    for day in range(3):
        at = ONSET + day * 24 * HOUR
        [news] = team.apply(a_change(onset_at=at, noticed_at=at))
        team.apply(an_end(at + HOUR))
        team.closes(team.aoife, news.alert_id, "useful" if day else "false")
    [news] = team.apply(a_change(onset_at=ONSET + 99 * HOUR, noticed_at=ONSET + 99 * HOUR))
    with writing(team.engine) as conn:
        assert detail(conn, team.aoife, news.alert_id, team.clock.now()).before == {
            "false": 1,
            "useful": 2,
        }


def test_who_has_no_right_finds_nothing_and_changes_nothing(team, alert):
    technician = viewer(Role.TECHNICIAN, user_id=9)
    elsewhere = viewer(Role.CARER, "vestland", user_id=8)
    for stranger in (technician, elsewhere):
        assert team.list(who=stranger).rows == ()
        assert team.list(who=stranger).counts[Priority.SOON] == 0
        with reading(team.engine) as conn:
            assert find_code(conn, stranger, team.line(alert).code) is None
            assert events_after(conn, stranger, 0) == []
        with pytest.raises(NotFound), writing(team.engine) as conn:
            detail(conn, stranger, alert, team.clock.now())
        with pytest.raises(NotFound):
            team.takes(stranger, alert)


def test_a_relative_sees_the_alert_and_does_not_act(team, alert):
    relative = viewer(Role.FAMILY, user_id=6, residents=["anna"])
    assert [row.id for row in team.list(who=relative).rows] == [alert]
    with pytest.raises(NotAllowed):
        team.takes(relative, alert)


def test_a_technician_cares_for_devices(team, alert):
    technician = viewer(Role.TECHNICIAN, user_id=9)
    [news] = team.technical(a_finding())
    assert [row.id for row in team.list(who=technician).rows] == [news.alert_id]
    assert team.takes(technician, news.alert_id).result == "done"


def test_events_after_an_id_are_what_a_reader_missed(team, alert):
    taken = team.takes(team.aoife, alert)
    with reading(team.engine) as conn:
        missed = events_after(conn, team.bjarni, taken.event_id - 1)
    assert [news.id for news in missed] == [taken.event_id]


def test_a_note_needs_words_and_an_end(team, alert):
    for text in (" ", "x" * 2_001):
        with pytest.raises(Refused):
            team.does(service.note, team.aoife, alert, text)
    team.closes(team.aoife, alert)
    assert team.does(service.note, team.aoife, alert, "Rang again").result == "done"


def test_a_second_fall_starts_the_clock_of_the_hold_anew(team):
    [news] = team.apply(an_sos())
    team.takes(team.aoife, news.alert_id)
    team.apply(an_sos(ONSET + MINUTE))
    assert team.line(news.alert_id).hold_until is None
