"""What every channel must hold: the contract suite. A new channel adds one class of tests."""

import pytest

from gateway.alerts.episodes import Priority
from gateway.notify.channel import Message, Result, Tried


def a_message(**fields):
    base = {
        "key": "7:page",
        "alert_id": 7,
        "code": "K7Q2",
        "site": "donegal",
        "priority": Priority.NOW,
        "purpose": "raised",
        "repeat": False,
    }
    return Message(**{**base, **fields})


class ChannelContract:
    """Subclasses give `channel` (reaches somebody) and `deaf` (reaches nobody now)."""

    @pytest.fixture
    def channel(self):
        raise NotImplementedError

    @pytest.fixture
    def deaf(self):
        raise NotImplementedError

    def test_it_has_a_short_name(self, channel):
        assert 0 < len(channel.name) <= 20

    def test_it_says_that_it_sent(self, channel):
        tried = channel.send(a_message())
        assert isinstance(tried, Tried)
        assert tried.result is Result.SENT

    def test_a_repeat_is_sent_too(self, channel):
        assert channel.send(a_message(repeat=True)).result is Result.SENT

    def test_it_does_not_raise_for_what_the_world_does(self, deaf):
        assert deaf.send(a_message()).result in (Result.RETRY, Result.UNSURE)

    def test_its_words_fit_the_timeline_and_name_nobody(self, channel, deaf):
        for one in (channel, deaf):
            detail = one.send(a_message()).detail
            assert len(detail) <= 200
            assert "anna" not in detail.lower()
