"""The sender: at least once, never after an acknowledgement, never history, never silent."""

import pytest
import sqlalchemy as sa

from gateway.alerts import tables
from gateway.alerts.episodes import EventKind
from gateway.db import reading
from gateway.notify.channel import Result, Tried
from gateway.notify.sender import Sender
from tests.alerts.building import HOUR, MINUTE, a_change
from tests.alerts.conftest import Team, team  # noqa: F401  # the fixture


class Phone:
    """A channel that answers as it is told, and remembers what it was given."""

    name = "page"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.got = []

    def send(self, message):
        self.got.append(message)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Tried(answer, "so it was")


@pytest.fixture
def sending(team):  # noqa: F811
    def make(*answers):
        phone = Phone(*answers)
        news = []
        sender = Sender(team.engine, team.clock, [phone], news.extend)
        return sender, phone, news

    return make


def rows(team):  # noqa: F811
    with reading(team.engine) as conn:
        return conn.execute(sa.select(tables.outbox).order_by(tables.outbox.c.id)).all()


def test_an_alert_is_sent_once_and_its_timeline_says_so(team, sending):  # noqa: F811
    sender, phone, news = sending(Result.SENT)
    team.apply(a_change())
    sender.step()
    sender.step()
    assert [message.code for message in phone.got] == [team.list().rows[0].code]
    assert [one.kind for one in news] == [EventKind.TOLD]
    assert rows(team)[0].state == "sent"


def test_nobody_is_paged_for_what_somebody_has(team, sending):  # noqa: F811
    """Grafana oncall#4654."""
    sender, phone, _ = sending(Result.SENT)
    [raised] = team.apply(a_change())
    team.takes(team.aoife, raised.alert_id)
    sender.step()
    assert phone.got == []
    assert (rows(team)[0].state, rows(team)[0].reason) == ("dropped", "somebody has it")


def test_a_failed_try_is_repeated_after_a_while(team, sending):  # noqa: F811
    sender, phone, _ = sending(Result.RETRY, Result.SENT)
    team.apply(a_change())
    sender.step()
    sender.step()
    assert len(phone.got) == 1
    team.clock.advance(2_000)
    sender.step()
    assert [message.repeat for message in phone.got] == [False, False]


@pytest.mark.parametrize("answer", [Result.UNSURE, RuntimeError("broken")])
def test_what_may_have_come_is_sent_again_as_a_repeat(team, sending, answer):  # noqa: F811
    sender, phone, _ = sending(answer, Result.SENT)
    team.apply(a_change())
    sender.step()
    team.clock.advance(2_000)
    sender.step()
    assert [message.repeat for message in phone.got] == [False, True]
    assert phone.got[0].key == phone.got[1].key


def test_after_a_minute_it_is_said_that_nobody_was_told(team, sending):  # noqa: F811
    """openremote#1313: an alarm that tells nobody is itself an event."""
    sender, _, news = sending(Result.RETRY)
    team.apply(a_change())
    for _ in range(30):
        sender.step()
        team.clock.advance(5_000)
    assert [one.kind for one in news] == [EventKind.NOBODY_TOLD]


def test_history_is_never_sent(team, sending):  # noqa: F811
    """A gateway that was down for a day, or a channel added later."""
    sender, phone, news = sending(Result.SENT)
    team.apply(a_change())
    team.clock.advance(5 * HOUR)
    sender.step()
    assert phone.got == []
    assert rows(team)[0].state == "expired"
    assert [one.kind for one in news] == [EventKind.NOBODY_TOLD]


def test_what_can_never_arrive_is_said_at_once(team, sending):  # noqa: F811
    sender, _, news = sending(Result.REFUSED)
    team.apply(a_change())
    sender.step()
    assert [one.kind for one in news] == [EventKind.NOBODY_TOLD]
    assert rows(team)[0].state == "dropped"


def test_an_acknowledgement_that_ran_out_is_told_again(team, sending):  # noqa: F811
    from gateway.alerts import timers
    from gateway.db import writing

    sender, phone, _ = sending(Result.SENT)
    [raised] = team.apply(a_change())
    sender.step()
    team.takes(team.aoife, raised.alert_id)
    team.clock.advance(30 * MINUTE)
    with writing(team.engine) as conn:
        timers.sweep(conn, team.clock.now())
    sender.step()
    assert [message.purpose for message in phone.got] == ["raised", "again"]
