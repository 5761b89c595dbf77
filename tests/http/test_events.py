"""The event stream: what a viewer may see, with a heartbeat one can see, resumed where it broke."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from api.auth import COOKIE
from api.http import events
from gateway.access import people, sessions, users
from gateway.db import reading, writing


def viewer_of(gateway, login):
    with reading(gateway.engine) as conn:
        account = users.by_login(conn, login)
        return people.viewer_of(conn, account.id, gateway.clock.now())


def a_request(gateway, login):
    """What the stream needs of a request: a signed-in browser's cookie."""
    with writing(gateway.engine) as conn:
        now = gateway.clock.now()
        token = sessions.open(conn, users.by_login(conn, login).id, now, 12)
    app = SimpleNamespace(state=SimpleNamespace(gateway=gateway))
    return SimpleNamespace(
        app=app, state=SimpleNamespace(), cookies={COOKIE: token}, headers={}, method="GET"
    )


def listen(gateway, login, happening, *, take, **more):
    """What a stream says while `happening()` goes on in the gateway."""

    async def run():
        request = a_request(gateway, login)
        stream = events.events(
            request,
            viewer_of(gateway, login),
            more.pop("rows", False),
            more.pop("after", None),
            more.pop("last_event_id", None),
        )
        said = [await anext(stream)]
        happening()
        while len(said) < take:
            said.append(await asyncio.wait_for(anext(stream), 10))
        await stream.aclose()
        return said

    return asyncio.run(run())


def press_sos(gateway):
    gateway.clock.advance(1000)
    now = gateway.clock.now()
    gateway.measure("home-sigrid", "sigrid", "sos", "1", now, device="sos")
    gateway.advance(5_000)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.3)


def test_it_begins_with_a_heartbeat_that_is_a_real_event(gateway):
    first, again = listen(gateway, "aoife", lambda: None, take=2)
    assert first.event == again.event == "heartbeat"
    assert json.loads(first.raw_data)["at"] == gateway.clock.now()


def test_a_new_alert_is_told_with_nothing_clinical(gateway):
    told = listen(gateway, "aoife", lambda: press_sos(gateway), take=2)[1]
    assert told.event == "alert"
    news = json.loads(told.raw_data)
    assert news["fresh"]
    assert news["priority"] == "now"
    assert set(news) == {"id", "code", "site", "kind", "priority", "at", "fresh"}
    assert told.id == str(news["id"])


def test_another_site_hears_nothing_of_it(gateway):
    said = listen(gateway, "sean", lambda: press_sos(gateway), take=3)
    assert {one.event for one in said} == {"heartbeat"}


def test_a_technician_hears_of_devices_only(gateway):
    said = listen(gateway, "tomas", lambda: press_sos(gateway), take=3)
    assert {one.event for one in said} == {"heartbeat"}


def test_what_was_missed_comes_first(gateway):
    press_sos(gateway)
    said = listen(gateway, "aoife", lambda: None, take=3, last_event_id="0")
    ids = [int(one.id) for one in said if one.id]
    assert ids == sorted(ids)
    assert ids[0] == 1


def test_the_worklist_gets_changed_lines_as_html(gateway):
    said = listen(gateway, "aoife", lambda: press_sos(gateway), take=3, rows=True)
    lines = next(one.raw_data for one in said if one.event is None)
    assert 'hx-target="#alert-' in lines
    assert "Sigríður" in lines
    assert 'hx-target="#counts"' in lines


def test_a_session_that_ended_ends_its_stream(gateway):
    async def run():
        request = a_request(gateway, "aoife")
        with writing(gateway.engine) as conn:
            sessions.revoke(conn, request.cookies[COOKIE], gateway.clock.now())
        stream = events.events(request, viewer_of(gateway, "aoife"), False, None, None)
        return [one.event async for one in stream]

    assert asyncio.run(run()) == ["heartbeat"]
