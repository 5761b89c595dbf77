"""Many hubs on one loop, against a real broker: what they say arrives, whatever breaks."""

import socket

import pytest

from devices.errors import Failed
from gateway.clock import SystemClock
from gateway.mqtt import Address, Fleet, Will
from tests.building import PASSWORD
from tests.intake.building import TOPIC, Parts, running, said, until
from tests.parts import free_port

HUB = "donegal/home-1"
STATUS = "homecare/v1/donegal/home-1/meter/status"
SECOND = "homecare/v1/donegal/home-2/meter/reading"

pytestmark = [pytest.mark.broker, pytest.mark.enable_socket]


@pytest.fixture
def fleet():
    made = Fleet(SystemClock())
    yield made
    made.close()


@pytest.fixture
def parts(tmp_path):
    with running(tmp_path) as made:
        yield made


def join(fleet: Fleet, parts: Parts, name=HUB, login="donegal.home-1.hub", password=PASSWORD):
    will = Will(f"homecare/v1/{name}/meter/status", b'{"online":0}')
    fleet.add(name, lambda: parts.address(login, password), "sim-" + name.replace("/", "-"), will)
    fleet.start()
    fleet.connect(name)


def heard(parts: Parts, topic=TOPIC):
    return [row.payload for row in parts.rows() if row.topic == topic]


def test_what_hubs_say_arrives_in_their_order(fleet, parts):
    join(fleet, parts)
    join(fleet, parts, "donegal/home-2", "donegal.home-2.meter")
    for number in range(300):
        fleet.publish(HUB, TOPIC, said(number, seq=number))
        fleet.publish("donegal/home-2", SECOND, said(number, seq=number))
    until(lambda: fleet.owed == 0)
    until(lambda: len(parts.rows()) >= 600)
    sent = [said(number, seq=number) for number in range(300)]
    assert heard(parts) == sent
    assert heard(parts, SECOND) == sent
    state = fleet.state()
    assert (state.connected, state.acknowledged, state.lost) == (2, 600, 0)
    assert len(state.delays) == 600


def test_a_broker_that_starts_anew_loses_nothing(fleet, parts):
    join(fleet, parts)
    number = 0
    for number in range(200):
        fleet.publish(HUB, TOPIC, said(number, seq=number))
    parts.broker.stop()
    for number in range(200, 400):
        fleet.publish(HUB, TOPIC, said(number, seq=number))
    until(lambda: fleet.state().away)
    parts.start_broker()
    until(lambda: fleet.owed == 0, 40)
    until(lambda: len(set(heard(parts))) == 400, 40)
    assert number == 399


def test_a_wrong_password_is_named_and_holds_up_nobody(fleet, parts):
    join(fleet, parts)
    join(fleet, parts, "donegal/home-2", "donegal.home-2.meter", "not-this")
    fleet.publish("donegal/home-2", SECOND, said())
    fleet.publish(HUB, TOPIC, said())
    until(lambda: fleet.state().refused)
    until(lambda: fleet.owed == 0)
    ((name, why),) = fleet.state().refused
    assert name == "donegal/home-2"
    assert "authori" in why.lower()
    until(lambda: heard(parts))
    assert not heard(parts, SECOND)


def test_a_hub_that_is_dropped_leaves_its_will_and_comes_back(fleet, parts):
    join(fleet, parts)
    fleet.publish(HUB, TOPIC, said(1, seq=1))
    fleet.drop(HUB)
    until(lambda: heard(parts, STATUS) == [b'{"online":0}'])
    assert heard(parts) == [said(1, seq=1)]
    assert fleet.state().connected == 0
    fleet.publish(HUB, TOPIC, said(2, seq=2))  # saying something asks for the connection
    until(lambda: len(heard(parts)) == 2)


def test_a_goodbye_leaves_no_will(parts):
    fleet = Fleet(SystemClock())
    join(fleet, parts)
    fleet.publish(HUB, TOPIC, said())
    until(lambda: fleet.owed == 0)
    fleet.close()
    until(lambda: heard(parts))
    assert heard(parts, STATUS) == []


def test_a_full_buffer_loses_the_oldest_and_counts_it(fleet, monkeypatch):
    monkeypatch.setattr("gateway.mqtt.hub.BUFFER", 3)
    nowhere = free_port()
    fleet.add(HUB, lambda: Address("127.0.0.1", nowhere, "u", "p"), "sim")
    for number in range(5):
        fleet.publish(HUB, TOPIC, said(number))
    fleet.start()
    until(lambda: fleet.state().lost == 2)
    until(lambda: dict(fleet.state().away).get(HUB))
    why = dict(fleet.state().away)[HUB]
    assert "refused" in why.lower() or "no server" in why.lower()
    assert fleet.owed == 3


def test_a_broker_that_is_not_known_yet_is_asked_for_again(fleet, parts):
    tries = []

    def address():
        tries.append(1)
        if len(tries) == 1:
            raise Failed("find the broker", "endpoint.json", "no such file", "Start it")
        return parts.address()

    fleet.add(HUB, address, "sim")
    fleet.start()
    fleet.connect(HUB)
    until(lambda: fleet.state().connected == 1)
    assert len(tries) == 2


def test_who_never_answers_is_given_up(fleet, monkeypatch):
    monkeypatch.setattr("gateway.mqtt.hub.GREETING_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        fleet.add(HUB, lambda: Address("127.0.0.1", port), "sim")
        fleet.start()
        fleet.connect(HUB)
        until(lambda: dict(fleet.state().away).get(HUB) == "the broker does not answer")
