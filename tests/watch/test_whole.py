"""The gateway as it is built, with a real broker: from a publish to the event stream."""

import asyncio
import json
import threading
from dataclasses import replace

import pytest

from gateway.access import Role
from gateway.alerts.worklist import worklist
from gateway.clock import SystemClock
from gateway.config import load
from gateway.db import migrate, open_state, reading, writing
from gateway.intake.broker import EmbeddedBroker
from gateway.mqtt import Publisher
from gateway.registry import Registry
from gateway.rulebook import install_starter
from gateway.run import build
from rules.packs import starter_rules
from tests.building import PASSWORD, a_device, a_home, a_site, registry_with, viewer

pytestmark = [pytest.mark.enable_socket, pytest.mark.broker]


@pytest.fixture
def settings(tmp_path):
    found = load(data=tmp_path, broker={"port": 0, "durable": False})
    engine = open_state(found.state_place)
    migrate(engine, "state")
    registry_with(engine, a_site(homes=[a_home(devices=[a_device("button", owner="anna")])]))
    with writing(engine) as conn:
        install_starter(conn, "donegal", starter_rules(), SystemClock().now())
    engine.dispose()
    return found


@pytest.fixture
def broker(settings):
    engine = open_state(settings.state_place)
    registry = Registry(engine, SystemClock())
    embedded = EmbeddedBroker(settings, registry.credentials, SystemClock())
    embedded.start()
    yield embedded
    embedded.stop()
    engine.dispose()


@pytest.fixture
def gateway(settings, broker):
    built = build(settings)
    built.start()
    yield built
    built.stop()


def press(gateway):
    address = gateway.intake.address()
    mine = replace(address, username="donegal.home-1.button", password=PASSWORD)
    with Publisher(mine, "test-button") as publisher:
        body = json.dumps({"signal": "sos", "boot": 1, "seq": 1}).encode()
        receipt = publisher.publish("homecare/v1/donegal/home-1/button/urgent", body)
        assert receipt.wait(10)


def test_a_press_reaches_the_event_stream_and_a_restart_tells_it_once(gateway, settings):
    aoife = viewer(Role.CARER, user_id=1, login="aoife")

    async def listen():
        with gateway.bulletin.subscribe(aoife) as subscription:
            threading.Thread(target=press, args=(gateway,)).start()
            return await subscription.get(30)

    news = asyncio.run(listen())
    assert (news.kind, news.priority) == ("raised", "now")
    state = gateway.health()
    assert state["checks"]["broker"]["ok"]
    assert b"homecare_receipt_to_alert_seconds_count 1.0" in gateway.metrics()
    gateway.stop()
    again = build(settings)
    again.start()
    try:
        with reading(again.engine) as conn:
            [row] = worklist(conn, aoife).rows
        assert row.occurrences == 1
    finally:
        again.stop()
