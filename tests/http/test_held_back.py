"""What a broader cause holds back is seen: on the list, on both alerts, and among the devices."""

import pytest
import sqlalchemy as sa

from gateway.alerts import tables
from gateway.alerts.episodes import Technical
from gateway.db import reading
from tests.http.conftest import Caller
from tests.pages import seed


@pytest.fixture
def carer(app, gateway):
    return Caller(app, gateway).sign_in("sean")


@pytest.fixture
def codes(gateway):
    """A hub that is not heard, and what can therefore not be seen in that home."""
    now = gateway.clock.now()
    site, home = next(
        (one.site, one.home)
        for one in gateway.registry.directory.devices("donegal")
        if one.home is not None
    )
    gateway.technical(
        Technical("home-cannot-see", site, f"{home}/a-rule", now, home=home, detail={"rule": "R"}),
        Technical("home-silent", site, home, now, home=home, since=now - seed.HOUR),
    )
    a = tables.alert.c
    with reading(gateway.engine) as conn:
        rows = conn.execute(
            sa.select(a.rule_name, a.code).where(a.home == home, a.technical, a.noticed_at == now)
        )
        return {one.rule_name: one.code for one in rows}


def test_the_list_shows_the_cause_and_says_what_is_held_back(carer, codes):
    page = carer.get("/alerts?limit=200").text
    assert codes["home-silent"] in page
    assert f'id="alert-{codes["home-cannot-see"]}"' not in page
    assert "held back by a broader cause" in page
    held = carer.get("/alerts?show=held").text
    assert f'id="alert-{codes["home-cannot-see"]}"' in held
    assert f"/alerts/{codes['home-silent']}" in held


def test_each_alert_names_the_other(carer, codes):
    below = carer.get(f"/alerts/{codes['home-cannot-see']}").text
    assert "Held back by a broader cause" in below
    assert f"/alerts/{codes['home-silent']}" in below
    above = carer.get(f"/alerts/{codes['home-silent']}").text
    assert f"/alerts/{codes['home-cannot-see']}" in above


def test_the_devices_page_says_it_too(carer, codes):
    page = carer.get("/devices").text
    assert f"/alerts/{codes['home-cannot-see']}" in page
    assert f"/alerts/{codes['home-silent']}" in page


def test_programs_can_ask_for_it(carer, codes):
    rows = carer.get("/api/v1/alerts?show=held").json()["alerts"]
    assert codes["home-cannot-see"] in {row["code"] for row in rows}
