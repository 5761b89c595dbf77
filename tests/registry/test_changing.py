"""Pause and consent, as people change them between imports."""

import pytest

from devices.errors import Refused
from gateway.access import NotFound
from gateway.access.audit import read_audit
from gateway.db import reading, writing
from gateway.registry import changing
from tests.building import a_home, a_resident, a_site, registry_with, state_engine, viewer

NOW = 1_793_750_400_000
DAY = 24 * 3_600_000
ANNA = viewer("resident", resident="anna")


class Home:
    def __init__(self, folder, **resident):
        self.engine = state_engine(folder)
        site = a_site(homes=[a_home(residents=[a_resident(**resident)])])
        self.registry = registry_with(self.engine, site)

    def do(self, function, who=ANNA, *args, at=NOW, **named):
        with writing(self.engine) as conn:
            function(conn, who, "anna", at, *args, now=NOW, **named)
        assert self.registry.refresh(), "every change is seen by who polls"

    def holding(self, at):
        return self.registry.directory.device("donegal", "home-1", "motion").holding(at)


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    yield home
    home.engine.dispose()


def test_a_resident_pauses_their_own_monitoring_and_the_button_stays(home):
    home.do(changing.pause, ANNA, NOW + DAY, reason="visitors")
    assert home.holding(NOW).silences("motion")
    assert not home.holding(NOW).silences("sos")
    assert not home.holding(NOW - 1).paused
    assert not home.holding(NOW + DAY).paused
    with reading(home.engine) as conn:
        (entry,) = read_audit(conn, ANNA, "anna", "donegal")
    assert entry.detail == "monitoring"


def test_stopping_alarms_is_asked_apart_and_not_a_carers_to_decide(home):
    carer = viewer("carer")
    home.do(changing.pause, carer, None)
    with pytest.raises(NotFound):
        home.do(changing.pause, carer, None, covers_alarms=True)
    home.do(changing.pause, ANNA, None, covers_alarms=True)
    assert home.holding(NOW).silences("sos")


def test_a_new_pause_replaces_the_old_and_resuming_ends_all(home):
    home.do(changing.pause, ANNA, NOW + 9 * DAY)
    home.do(changing.pause, ANNA, NOW + 2 * DAY, at=NOW + DAY)
    assert home.holding(NOW + DAY).paused
    assert not home.holding(NOW + 3 * DAY).paused
    home.do(changing.resume, ANNA, at=NOW + DAY + 1)
    assert not home.holding(NOW + DAY + 1).paused
    home.do(changing.pause, ANNA, None, at=NOW + 5 * DAY)
    home.do(changing.resume, ANNA, at=NOW + 4 * DAY)
    assert not home.holding(NOW + 6 * DAY).paused


def test_a_pause_that_ends_before_it_begins(home):
    with pytest.raises(Refused, match="before it begins"):
        home.do(changing.pause, ANNA, NOW - 1)


def test_consent_withdrawn_holds_from_that_moment(home):
    home.do(changing.withdraw_consent)
    assert home.holding(NOW - 1).consent
    assert not home.holding(NOW).consent
    with pytest.raises(Refused, match="none is in force"):
        home.do(changing.withdraw_consent)
    with pytest.raises(NotFound):
        home.do(changing.record_consent, ANNA, at=NOW + DAY)
    home.do(changing.record_consent, viewer("coordinator"), at=NOW + DAY)
    assert home.holding(NOW + DAY).consent
    with pytest.raises(Refused, match="is recorded for that time"):
        home.do(changing.record_consent, viewer("coordinator"), at=NOW + 2 * DAY)


@pytest.mark.parametrize(
    "who", [viewer("carer", "vestland"), viewer("admin"), viewer("resident", resident="brid")]
)
def test_strangers_find_nobody(home, who):
    for function in (changing.withdraw_consent, changing.record_consent, changing.resume):
        with pytest.raises(NotFound):
            home.do(function, who)
