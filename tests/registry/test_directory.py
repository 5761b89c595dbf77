"""The directory: whose a device's readings are, at every moment."""

from gateway.registry import Registry
from tests.building import (
    a_device,
    a_home,
    a_resident,
    a_site,
    directory_of,
    registry_with,
    state_engine,
)

DAY = 24 * 3_600_000


def holding(home, at=5 * DAY, device="motion"):
    found = directory_of(a_site(homes=[home])).device("donegal", home.id, device)
    return found.holding(at)


def test_a_home_device_speaks_for_its_only_resident():
    found = holding(a_home(devices=[a_device(place="kitchen")]))
    assert (found.home, found.place, found.resident) == ("home-1", "kitchen", None)
    assert found.sole_resident == "anna"
    assert found.consent
    assert not found.paused


def test_in_a_shared_home_a_home_device_speaks_for_nobody():
    assert holding(a_home(residents=["anna", "brid"])).sole_resident is None


def test_sole_occupancy_is_of_the_moment():
    home = a_home(residents=["anna", a_resident("brid", since=2 * DAY, until=4 * DAY)])
    assert [holding(home, at * DAY).sole_resident for at in (1, 2, 3, 4)] == [
        "anna",
        None,
        None,
        "anna",
    ]


def test_before_it_was_placed_and_after_it_was_taken_away_it_is_nobodys():
    home = a_home(devices=[a_device(since=2 * DAY, until=4 * DAY)])
    assert holding(home, 2 * DAY - 1) is None
    assert holding(home, 2 * DAY) is not None
    assert holding(home, 4 * DAY - 1) is not None
    assert holding(home, 4 * DAY) is None


def test_a_resident_own_device_needs_only_their_consent():
    home = a_home(
        residents=["anna", a_resident("brid", consent=None)],
        devices=[a_device("cuff", owner="anna"), a_device("motion")],
    )
    assert holding(home, device="cuff").resident == "anna"
    assert holding(home, device="cuff").consent
    assert not holding(home, device="motion").consent, "it sees brid too"


def test_where_nobody_is_recorded_nobody_has_agreed():
    assert not holding(a_home(residents=[])).consent


def test_consent_is_of_the_moment_of_measuring():
    home = a_home(residents=[a_resident(consent=2 * DAY, consent_until=4 * DAY)])
    assert [holding(home, day * DAY).consent for day in (1, 2, 3, 4)] == [False, True, True, False]


def test_who_has_moved_out_is_not_blamed_for_the_next_one_on_the_scale():
    home = a_home(
        residents=[a_resident("anna", until=3 * DAY), a_resident("brid", since=3 * DAY)],
        devices=[a_device("scale", owner="anna")],
    )
    before, after = holding(home, 2 * DAY, "scale"), holding(home, 4 * DAY, "scale")
    assert before.resident == "anna"
    assert after.resident is None
    assert after.unattributed


def test_a_shared_scale_knows_its_people_by_slot():
    home = a_home(
        residents=["anna", a_resident("brid", consent=None)],
        devices=[a_device("scale", slots={1: "anna", 2: "brid"})],
    )
    scale = holding(home, device="scale")
    assert scale.of(1).resident == "anna"
    assert scale.of(1).consent
    assert scale.of(2).resident == "brid"
    assert not scale.of(2).consent
    for unknown in (None, 3):
        stranger = scale.of(unknown)
        assert stranger.resident is None
        assert stranger.unattributed
        assert not stranger.consent, "it may have been brid"


def test_a_slot_of_a_device_without_slots_changes_nothing():
    found = holding(a_home(devices=[a_device("scale", owner="anna")]), device="scale")
    assert found.of(1) is found


def test_a_pause_silences_monitoring_and_never_the_button():
    home = a_home(residents=[a_resident(pauses=[(2 * DAY, 4 * DAY, False)])])
    paused = holding(home, 3 * DAY)
    assert paused.paused
    assert paused.silences("motion")
    assert not any(paused.silences(signal) for signal in ("sos", "fall", "smoke", "water"))
    assert not holding(home, 4 * DAY).paused


def test_alarms_are_paused_only_where_that_was_confirmed_apart():
    home = a_home(residents=[a_resident(pauses=[(2 * DAY, None, True)])])
    assert holding(home, 3 * DAY).silences("sos")


def test_one_pausing_resident_pauses_the_eyes_of_the_home_but_not_anothers_alarm():
    home = a_home(residents=["brid", a_resident(pauses=[(0, None, True)])])
    found = holding(home)
    assert found.silences("motion")
    assert not found.silences("smoke"), "brid did not agree to that"


def test_what_is_unknown_is_none():
    directory = directory_of(a_site())
    assert directory.device("donegal", "home-1", "nothing") is None
    assert directory.home("donegal", "home-9") is None
    assert directory.resident("nobody") is None
    assert directory.homes("nowhere") == ()


def test_two_sites_may_each_have_a_home_1():
    directory = directory_of(
        a_site("donegal"), a_site("vestland", homes=[a_home(residents=["kari"])])
    )
    assert directory.home("vestland", "home-1").occupants(0) == ("kari",)
    assert [found.site for found in directory.devices("vestland")] == ["vestland"]
    assert directory.residents("donegal")[0].id == "anna"


def test_a_resident_knows_where_they_live_and_what_they_agreed_to():
    directory = directory_of(a_site(homes=[a_home(residents=[a_resident(since=DAY, consent=DAY)])]))
    anna = directory.resident("anna")
    assert anna.home(0) is None
    assert anna.home(DAY) == "home-1"
    assert not anna.consented(0)
    assert anna.consented(DAY)


def test_what_is_stored_reads_back_the_same(tmp_path):
    home = a_home(
        residents=["anna", a_resident("brid", pauses=[(DAY, None, False)])],
        devices=[
            a_device("scale", slots={1: "anna"}, serial="S1", interval_ms=DAY, hub="hub"),
            a_device("cuff", owner="brid", signals=("systolic", "diastolic")),
        ],
    )
    site = a_site(homes=[home], languages=("en", "ga"))
    stored = registry_with(state_engine(tmp_path), site).directory
    assert stored.records == directory_of(site).records


def test_the_registry_reloads_when_another_process_changed_it(tmp_path):
    engine = state_engine(tmp_path)
    registry = registry_with(engine, a_site("donegal"))
    seen = []
    registry.on_change(seen.append)
    assert not registry.refresh()
    registry_with(engine, a_site("vestland", homes=[]))
    before = registry.directory
    assert registry.refresh()
    assert "vestland" in registry.directory.sites
    assert "vestland" not in before.sites, "a snapshot never changes under its reader"
    assert seen == [registry.directory]
    assert isinstance(registry, Registry)
