"""Who may speak to the broker, and about what."""

import bcrypt
import pytest
from sqlalchemy import select

from gateway.access import NotFound
from gateway.access.audit import Verb
from gateway.access.tables import audit_entry
from gateway.db import reading, writing
from gateway.registry import gateway_credential, importing, rotate
from gateway.registry.credentials import clock_topic, driver_login
from tests.building import PASSWORD, a_device, a_home, a_site, registry_with, state_engine, viewer

NOW = 1_793_750_400_000
HOMES = [
    a_home(devices=[a_device("scale", hub="hub"), a_device("door", hub="hub"), "button"]),
    a_home("home-2", residents=["brid"], devices=[a_device("old", until=NOW - 1)]),
]


@pytest.fixture
def engine(tmp_path):
    engine = state_engine(tmp_path)
    yield engine
    engine.dispose()


def test_a_hub_speaks_for_its_devices_and_hears_its_home(engine):
    registry = registry_with(engine, a_site(homes=HOMES))
    button, hub, *_ = registry.credentials()
    assert hub.login == "donegal.home-1.hub"
    assert set(hub.publish) == {
        f"homecare/v1/donegal/home-1/{device}/{leaf}"
        for device in ("scale", "door")
        for leaf in ("reading", "urgent", "status")
    }
    assert hub.subscribe == ("homecare/v1/donegal/home-1/alert",)
    assert button.login == "donegal.home-1.button"
    assert bcrypt.checkpw(PASSWORD.encode(), hub.bcrypt_hash.encode())
    assert hub.bcrypt_hash.startswith("$2b$04$")


def test_what_was_taken_away_cannot_connect(engine):
    registry = registry_with(engine, a_site(homes=HOMES))
    registry._clock.step(NOW - 2 - registry._clock.now())
    assert "donegal.home-2.old" in [found.login for found in registry.credentials()]
    registry._clock.step(2)
    assert "donegal.home-2.old" not in [found.login for found in registry.credentials()]


def test_only_a_data_sites_driver_advances_its_clock(engine):
    text = """
sites:
  - {id: lab, name: Lab, zone: UTC, languages: en, emergency: 112, clock: data, live: no}
"""
    registry = registry_with(engine, a_site(homes=HOMES))
    plan = importing.plan(text, "lab.yaml", registry.directory, NOW)
    with writing(engine) as conn:
        (driver,) = importing.apply(conn, plan, viewer("admin", "lab"), NOW)
    assert driver.login == driver_login("lab")
    topics = {found.login: found.publish for found in registry.credentials()}
    assert topics[driver.login] == ("homecare/v1/lab/_site/clock/reading",)
    assert not any(
        clock_topic(site) in published
        for login, published in topics.items()
        for site in ("donegal", "lab")
        if login != driver.login
    )


def test_a_new_password_replaces_the_old_one(engine):
    registry = registry_with(engine)
    with writing(engine) as conn:
        made = rotate(conn, viewer("technician"), "donegal.home-1.motion", NOW)
    (found,) = registry.credentials()
    assert bcrypt.checkpw(made.password.encode(), found.bcrypt_hash.encode())
    assert not bcrypt.checkpw(PASSWORD.encode(), found.bcrypt_hash.encode())
    assert made.password not in repr(made)
    with reading(engine) as conn:
        verbs = conn.execute(select(audit_entry.c.verb)).scalars().all()
    assert verbs == [Verb.CHANGED_CREDENTIAL.value]


@pytest.mark.parametrize("who", [viewer("technician", "vestland"), viewer("carer")])
def test_who_manages_no_devices_there_does_not_learn_of_the_login(engine, who):
    registry_with(engine)
    for login in ("donegal.home-1.motion", "donegal.home-1.nothing"):
        with pytest.raises(NotFound), writing(engine) as conn:
            rotate(conn, who, login, NOW)


def test_the_gateway_hears_everything_and_sends_probes_and_alerts():
    found = gateway_credential("secret")
    assert found.subscribe == ("homecare/v1/#",)
    assert found.publish == ("homecare/v1/_gateway/#", "homecare/v1/+/+/alert")
    assert "secret" not in repr(found)
