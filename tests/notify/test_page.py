import pytest

from gateway.access import Role
from gateway.notify.page import PageChannel
from gateway.notify.stream import Bulletin
from tests.building import viewer
from tests.notify.channels import ChannelContract, a_message


class Looking(Bulletin):
    def __init__(self, *viewers):
        super().__init__()
        self._subscriptions = {type("Open", (), {"viewer": one})() for one in viewers}


class TestPage(ChannelContract):
    @pytest.fixture
    def channel(self):
        return PageChannel(Looking(viewer(Role.CARER)))

    @pytest.fixture
    def deaf(self):
        return PageChannel(Bulletin())


def test_somebody_of_another_site_is_nobody():
    channel = PageChannel(Looking(viewer(Role.CARER, "vestland")))
    assert channel.send(a_message()).detail == "nobody has the page open"
