"""A whole virtual home in anybody's test: what is lived is heard, judged, told and stored."""

import numpy as np
import pytest

from api.cli.following import await_store
from api.cli.recorded.sources import Asked, source
from devices.errors import Refused
from simulators.catalogue import SHIPPED
from simulators.columns import SIGNAL_INDEX
from simulators.homes.day import between

MINUTE, HOUR = 60_000, 3_600_000


def test_all_that_is_lived_is_stored_and_nothing_else(virtual_home) -> None:
    home = virtual_home("frail")
    began = home.life.now
    home.lives(hours=8)
    assert home.technical() == []
    assert home.dead_letters() == 0
    lived = between([home.home], began, home.life.now, seed=1)
    for signal in ("motion", "door", "link_quality", "room_temperature"):
        own = np.sort(lived.at[lived.signal == SIGNAL_INDEX[signal]]).tolist()
        assert sorted(at for at, _ in home.readings(signal)) == own
    assert len(lived) > 100


def test_a_scenario_is_told_when_it_lasts(virtual_home) -> None:
    home = virtual_home("copd")
    home.lives(hours=1)
    began = home.life.now
    home.happens("low-oxygen")
    home.lives(hours=1)
    told = home.alert("spo2-low")
    assert told is not None
    assert told.who == home.home.people[0].id
    assert told.priority == "now"
    assert began <= told.at <= home.life.now


def test_a_fault_that_silences_the_device_hides_the_same_scenario(virtual_home) -> None:
    home = virtual_home("copd")
    home.lives(hours=1)
    home.fails("silence", devices=["oximeter"])
    home.happens("low-oxygen")
    home.lives(hours=1)
    assert home.alert("spo2-low") is None
    assert home.technical("device-silent")


def test_a_hub_without_power_is_told_and_comes_back(virtual_home) -> None:
    home = virtual_home("frail")
    home.lives(hours=1)
    home.fails("offline", for_="3 h", buffer=0)
    home.lives(hours=2)
    (told,) = home.technical("home-silent")
    assert told.open
    home.lives(hours=2)
    heard = [at for at, _ in home.readings("link_quality", "hub")]
    gone = range(home.life.now - 4 * HOUR, home.life.now - HOUR)
    assert not any(at in gone for at in heard)
    assert any(at >= gone.stop for at in heard)


def test_a_reading_by_hand_is_judged_too(virtual_home) -> None:
    home = virtual_home("frail")
    home.lives(minutes=10)
    home.says("button", "sos")
    assert home.alert("sos") is not None


def test_two_homes_stand_beside_each_other_and_the_same_seed_is_the_same_life(virtual_home) -> None:
    one, other, third = (virtual_home("well", seed=seed) for seed in (1, 1, 2))
    for home in (one, other, third):
        home.lives(hours=1)
    said = [home.readings("room_temperature") for home in (one, other, third)]
    assert said[0] == said[1] != said[2]


def test_a_stretch_cut_otherwise_says_the_same(virtual_home) -> None:
    one, other = virtual_home("well"), virtual_home("well")
    one.lives(hours=2)
    for minutes in (7, 13, 100):
        other.lives(minutes=minutes)
    for signal in ("link_quality", "room_temperature", "motion"):
        assert one.readings(signal) == other.readings(signal)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (lambda make: make("marathon-runner"), "no such persona"),
        (lambda make: make("well", region="atlantis"), "no such region"),
        (lambda make: make("well", devices=("crystal-ball",)), "no such model"),
        (lambda make: make("well").happens("low-oxygen"), "It needs: oximeter"),
        (lambda make: make("well").fails("gremlins"), "gremlins"),
        (lambda make: make("well").fails("silence", devices=["toaster"]), "toaster"),
    ],
)
def test_what_there_is_not_is_refused(virtual_home, what, says) -> None:
    with pytest.raises(Refused, match=says):
        what(virtual_home)


@pytest.mark.broker
@pytest.mark.enable_socket
def test_the_same_on_a_whole_gateway_over_its_broker(virtual_gateway) -> None:
    gateway = virtual_gateway("copd")
    gateway.lives(hours=1)
    gateway.happens("low-oxygen")
    gateway.lives(hours=1)
    told = gateway.get("/api/v1/alerts")
    rows = told["alerts"] if isinstance(told, dict) else told
    assert "spo2-low" in {row["rule"] for row in rows}, rows


@pytest.mark.broker
@pytest.mark.enable_socket
def test_what_a_running_gateway_stores_can_be_replayed(virtual_gateway, monkeypatch) -> None:
    gateway = virtual_gateway("frail")
    began = gateway.life.now
    gateway.lives(hours=3)
    await_store(gateway.data, gateway.clock, lambda _: False)
    monkeypatch.setenv("HOMECARE_TOKEN", gateway.token)
    span = {"since": str(began), "until": str(gateway.life.now)}
    made = source("store:donegal", Asked(store=gateway.data, **span), SHIPPED).recording
    lived = between([gateway.home], began, gateway.life.now, seed=1)
    for signal in ("motion", "link_quality", "room_temperature"):
        number = SIGNAL_INDEX[signal]
        stored, own = (np.sort(one.at[one.signal == number]) for one in (made.columns, lived))
        assert np.array_equal(stored, own), signal
