"""From episodes to alerts: one open alert per rule and person, nothing twice, nothing silent."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gateway.alerts import tables
from gateway.alerts.episodes import ChangeKind, EventKind, Mode, Priority
from gateway.db import reading, writing
from tests.alerts.building import HOUR, MINUTE, ONSET, a_change, a_finding, an_end, an_sos


def test_an_onset_raises_one_alert_and_somebody_is_to_be_told(team):
    [news] = team.apply(a_change())
    line = team.line(news.alert_id)
    assert (line.state, line.priority, line.occurrences) == ("unacknowledged", Priority.SOON, 1)
    assert line.code == news.code
    with reading(team.engine) as conn:
        [row] = conn.execute(sa.select(tables.outbox)).all()
    assert (row.alert_id, row.channel, row.state) == (news.alert_id, "page", "waiting")
    assert row.not_after == team.clock.now() + 4 * HOUR


def test_the_same_change_twice_changes_nothing(team):
    team.apply(a_change(), an_sos())
    assert team.apply(a_change(), an_sos()) == []
    team.apply(an_end())
    assert team.apply(a_change(), an_end()) == []
    assert len(team.list().rows) == 2


def test_over_is_not_closed(team):
    [news] = team.apply(a_change())
    team.apply(an_end())
    line = team.line(news.alert_id)
    assert (line.state, line.returned_at) == ("unacknowledged-returned", ONSET + HOUR)


def test_a_new_occurrence_is_appended_and_leaves_the_owner(team):
    [news] = team.apply(a_change())
    team.takes(team.aoife, news.alert_id)
    team.apply(an_end())
    [again] = team.apply(a_change(onset_at=ONSET + 2 * HOUR, noticed_at=ONSET + 2 * HOUR))
    assert (again.kind, again.alert_id) == (EventKind.AGAIN, news.alert_id)
    line = team.line(news.alert_id)
    assert (line.state, line.occurrences, line.owner_name) == ("acknowledged", 2, "Aoife")


def test_a_second_sos_on_an_acknowledged_alert_belongs_to_nobody_again(team):
    [news] = team.apply(an_sos())
    team.takes(team.aoife, news.alert_id)
    later = ONSET + MINUTE
    [again] = team.apply(an_sos(later))
    assert again.kind is EventKind.AGAIN_LOUD
    line = team.line(news.alert_id)
    assert (line.state, line.owner_name, line.occurrences) == ("unacknowledged", None, 2)
    assert team.apply(an_sos(later)) == []  # the same press, told twice
    with reading(team.engine) as conn:
        purposes = conn.execute(sa.select(tables.outbox.c.purpose)).scalars().all()
    assert purposes == ["raised", "again"]


def test_a_press_after_the_first_was_closed_is_a_new_alert(team):
    [news] = team.apply(an_sos())
    team.closes(team.aoife, news.alert_id)
    [again] = team.apply(an_sos(ONSET + MINUTE))
    assert again.kind is EventKind.RAISED
    assert again.alert_id != news.alert_id


def test_a_higher_priority_takes_it_from_its_owner(team):
    [news] = team.apply(a_change())
    team.takes(team.aoife, news.alert_id)
    team.apply(an_end())
    again = ONSET + 2 * HOUR
    team.apply(a_change(onset_at=again, noticed_at=again, version="v2", priority=Priority.NOW))
    line = team.line(news.alert_id)
    assert (line.state, line.priority) == ("unacknowledged", Priority.NOW)
    assert line.version == "v1"  # the alert stays with the version that raised it


def test_closing_what_still_holds_raises_nothing_until_it_ends_and_begins_anew(team):
    [news] = team.apply(a_change())
    team.closes(team.aoife, news.alert_id)
    assert team.apply(a_change(), an_end()) == []
    [fresh] = team.apply(a_change(onset_at=ONSET + 2 * HOUR, noticed_at=ONSET + 2 * HOUR))
    assert fresh.alert_id != news.alert_id


def test_not_measured_since_holds_the_alert(team):
    [news] = team.apply(a_change())
    [unknown] = team.apply(a_change(ChangeKind.UNKNOWN, since=ONSET + HOUR))
    assert unknown.kind is EventKind.UNKNOWN
    line = team.line(news.alert_id)
    assert (line.state, line.unknown_since) == ("unacknowledged", ONSET + HOUR)
    team.apply(a_change(ChangeKind.KNOWN, noticed_at=ONSET + 2 * HOUR))
    assert team.line(news.alert_id).unknown_since is None


def test_late_readings_move_an_onset_and_never_make_a_second_alert(team):
    [news] = team.apply(a_change())
    [moved] = team.apply(
        a_change(ChangeKind.REVISED, onset_at=ONSET - HOUR, late=True, revises=ONSET)
    )
    assert (moved.kind, moved.alert_id) == (EventKind.MOVED, news.alert_id)
    assert team.line(news.alert_id).onset_at == ONSET - HOUR
    with reading(team.engine) as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(tables.episode)).scalar() == 1


def test_a_fall_of_03_10_known_at_07_00_is_an_alert_and_one_of_last_week_a_note(team):
    known_at = ONSET + 4 * HOUR
    old = ONSET - 7 * 24 * HOUR
    [news] = team.apply(replace(an_sos(), noticed_at=known_at, late=True))
    assert team.line(news.alert_id).late
    assert (
        team.apply(a_change(onset_at=old, noticed_at=known_at, ended_at=old + HOUR, late=True))
        == []
    )
    with reading(team.engine) as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(tables.episode)).scalar() == 2


def test_a_late_episode_that_is_over_adds_to_what_holds_and_does_not_end_it(team):
    [news] = team.apply(a_change())
    team.takes(team.aoife, news.alert_id)
    early = ONSET - 2 * HOUR
    [again] = team.apply(
        a_change(onset_at=early, noticed_at=ONSET + HOUR, ended_at=early + MINUTE, late=True)
    )
    assert again.kind is EventKind.AGAIN
    line = team.line(news.alert_id)
    assert (line.state, line.occurrences, line.onset_at) == ("acknowledged", 2, ONSET)
    team.apply(an_end())
    assert team.line(news.alert_id).state == "acknowledged-returned"


def test_shadow_is_kept_and_tells_nobody(team):
    assert team.apply(a_change(mode=Mode.SHADOW)) == []
    [news] = team.apply(a_change())  # beside the live one
    assert news.kind is EventKind.RAISED
    with reading(team.engine) as conn:
        modes = conn.execute(sa.select(tables.episode.c.mode)).scalars().all()
        assert conn.execute(sa.select(sa.func.count()).select_from(tables.outbox)).scalar() == 1
    assert sorted(modes) == ["live", "shadow"]


def test_withdrawn_consent_closes_and_says_so_but_never_an_sos(team):
    [low] = team.apply(a_change())
    [sos] = team.apply(an_sos())
    withdrawn = a_change(ChangeKind.WITHDRAWN, ended_at=ONSET + HOUR)
    [news] = team.apply(withdrawn)
    assert news.kind is EventKind.WITHDRAWN
    assert team.line(low.alert_id).state == "closed"
    team.apply(an_sos(ONSET, ChangeKind.WITHDRAWN, ended_at=ONSET + HOUR))
    assert team.line(sos.alert_id).state == "unacknowledged"


def test_the_database_itself_refuses_a_second_open_alert(team):
    [news] = team.apply(a_change())
    with reading(team.engine) as conn:
        row = conn.execute(sa.select(tables.alert).where(tables.alert.c.id == news.alert_id)).one()
    copy = {**row._mapping, "id": None, "code": None}
    with pytest.raises(IntegrityError), writing(team.engine) as conn:
        conn.execute(sa.insert(tables.alert).values(**copy))


def test_a_technical_alert_is_raised_once_and_returns(team):
    [news] = team.technical(a_finding())
    assert team.technical(a_finding()) == []
    [back] = team.technical(a_finding(active=False, at=ONSET + HOUR))
    assert (news.priority, back.kind) == (Priority.DEVICE, EventKind.RETURNED)
    assert team.line(news.alert_id).state == "unacknowledged-returned"


def test_what_a_broader_cause_explains_is_recorded_and_not_listed_twice(team):
    team.technical(a_finding("home-silent", "home-1"))
    raised, inhibited = team.technical(a_finding(cause="home-silent|home-1"))
    assert inhibited.kind is EventKind.INHIBITED
    found = team.list()
    assert [row.rule_name for row in found.rows] == ["home-silent"]
    assert found.hidden == 1
    freed = team.technical(a_finding("home-silent", "home-1", active=False))
    assert [news.kind for news in freed] == [EventKind.RETURNED, EventKind.FREED]
    assert raised.alert_id in {row.id for row in team.list().rows}
