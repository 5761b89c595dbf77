"""What is nobody else's business: rights that end, other sites' things, traces of every look."""

import asyncio
import json

import pytest
from fastapi.routing import APIRoute

from api.auth import SAFE_METHODS
from gateway.access import EVERYWHERE, Role, people, sessions, users
from gateway.access.audit import read_audit
from gateway.access.tables import audit_entry
from gateway.access.viewer import SYSTEM
from gateway.db import reading, writing
from gateway.registry.tables import home, resident
from tests.http.test_events import a_request, events, press_sos, viewer_of
from tests.pages import seed

EVIL = """"'><script>alert(1)</script><img src=x onerror=alert(1)>"""


def mutating(router):
    for route in router.routes:
        if isinstance(route, APIRoute) and set(route.methods) - SAFE_METHODS:
            yield route.path
        elif hasattr(route, "original_router"):
            yield from mutating(route.original_router)


def test_no_change_without_the_token_of_its_session(app, person, gateway):
    """Whatever the route: a form of another site, or of another's session, changes nothing."""
    aoife = person("aoife")
    stolen = person("bjarni").csrf
    paths = list(mutating(app))
    assert len(paths) > 25
    for path in paths:
        address = path.replace("{code}", "ABCD").replace("{site}", seed.SITE)
        for name in ("review_id", "evidence_id", "session_id", "letter"):
            address = address.replace(f"{{{name}}}", "1")
        address = address.replace("{name}", "sos")
        for token in ("", stolen, aoife.http.cookies["homecare_session"], "é"):
            if path.startswith("/api/"):
                headers = {"x-csrf-token": token.encode()}
                answer = aoife.http.post(address, json={}, headers=headers)
                # A body that does not fit is told before who asks is: nothing was done either way.
                assert answer.status_code in {403, 422}, path
            else:
                assert aoife.http.post(address, data={"csrf": token}).status_code == 403, path
    assert aoife.get("/alerts").status_code == 200


def test_the_token_in_the_address_is_no_token(person, codes):
    aoife = person("aoife")
    path = f"/alerts/{codes['spo2-low']}/acknowledge?csrf={aoife.csrf}"
    assert aoife.http.post(path, data={"key": "k" * 12}).status_code == 403


def test_a_session_that_was_planted_is_not_the_one_that_is_opened(nobody, gateway):
    planted = "planted-by-somebody-else"
    nobody.http.get("/signin")
    form = nobody.http.cookies["homecare_form"]
    nobody.http.cookies.set("homecare_session", planted)
    answer = nobody.http.post("/signin/link", data={"token": gateway.link("aoife"), "csrf": form})
    assert answer.status_code == 303
    opened = [c for c in nobody.http.cookies.jar if c.name == "homecare_session"]
    assert any(cookie.value != planted and len(cookie.value) > 40 for cookie in opened)
    with reading(gateway.engine) as conn:
        assert sessions.viewer(conn, planted, gateway.clock.now()) is None


def test_a_right_that_is_taken_away_is_gone_at_the_next_request(person, gateway, codes):
    aoife = person("aoife")
    assert aoife.get(f"/alerts/{codes['spo2-low']}").status_code == 200
    with writing(gateway.engine) as conn:
        account = users.by_login(conn, "aoife")
        users.set_grants(conn, account.id, [("donegal", Role.CARER)], gateway.clock.now(), SYSTEM)
    assert aoife.get(f"/alerts/{codes['spo2-low']}").status_code == 404
    assert aoife.get("/residents/anna").status_code == 404


def test_a_right_that_is_taken_away_ends_an_open_stream(gateway, monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.05)

    async def run():
        request = a_request(gateway, "aoife")
        stream = events.events(request, viewer_of(gateway, "aoife"), True, None, None)
        said = [await anext(stream)]
        with writing(gateway.engine) as conn:
            account = users.by_login(conn, "aoife")
            grants = [(seed.SITE, Role.TECHNICIAN)]
            users.set_grants(conn, account.id, grants, gateway.clock.now(), SYSTEM)
        async for event in stream:
            said.append(event)
            if len(said) == 2:
                press_sos(gateway)
            assert len(said) < 10, "it never ended"
        return said

    assert {one.event for one in asyncio.run(run())} == {"heartbeat"}


def test_a_family_member_sees_nothing_from_the_moment_sharing_ends(gateway, person):
    from gateway.access import sharing

    with writing(gateway.engine) as conn:
        now = gateway.clock.now()
        fjola = users.create(conn, "fjola", "Fjóla", None, [(seed.SITE, Role.FAMILY)], now)
        sharing.share(conn, SYSTEM, seed.SITE, "anna", fjola, now)
    caller = person("fjola")
    assert caller.get("/api/v1/residents/anna/latest").status_code == 200
    assert [one["id"] for one in caller.get("/api/v1/residents").json()] == ["anna"]
    gateway.clock.advance(1_000)
    with writing(gateway.engine) as conn:
        sharing.end(conn, SYSTEM, seed.SITE, "anna", fjola, gateway.clock.now())
    assert caller.get("/api/v1/residents/anna/latest").status_code == 404
    assert caller.get("/api/v1/residents").json() == []
    assert caller.get("/api/v1/alerts").json()["alerts"] == []
    assert caller.get("/residents/anna").status_code == 404


def words_of_care(gateway):
    """Names and sentences that belong to people, as care pages show them."""
    with reading(gateway.engine) as conn:
        names = set(conn.execute(resident.select()).mappings())
    people_names = {one["name"] for one in names}
    return people_names | {"SpO2", "Oxygen", "saturation", "heart rate", "Blood pressure", "86 %"}


@pytest.mark.parametrize("login", ["tomas", "admin"])
def test_who_looks_after_machines_reads_nothing_of_people(person, gateway, codes, login):
    someone = person(login)
    with writing(gateway.engine) as conn:
        admins = [("*", Role.TECHNICIAN)] if login == "tomas" else [("*", Role.ADMIN)]
        account = users.by_login(conn, login)
        users.set_grants(conn, account.id, admins, gateway.clock.now(), SYSTEM)
    device = codes["home-silent"]
    paths = [
        "/alerts",
        "/alerts?show=closed",
        "/alerts?show=mine",
        f"/alerts/{device}",
        "/devices",
        "/deadletters",
        "/operations",
        "/me",
        "/api/v1/alerts?limit=200",
        "/api/v1/alerts?show=closed",
        f"/api/v1/alerts/{device}",
        "/api/v1/devices",
        "/api/v1/deadletters?waiting=false",
        "/api/v1/health",
        "/api/v1/session",
        "/metrics",
    ]
    found = {path: someone.get(path) for path in paths}
    assert {answer.status_code for answer in found.values()} == {200}
    for path, answer in found.items():
        for word in words_of_care(gateway):
            assert word not in answer.text, (path, word)
    alerts = found["/api/v1/alerts?limit=200"].json()
    assert {one["technical"] for one in alerts["alerts"]} == {True}
    assert {level: n for level, n in alerts["counts"].items() if n} == {"device": 1}


def test_lines_of_the_stream_are_not_for_machines_people(gateway, monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.1)

    async def run():
        stream = events.events(
            a_request(gateway, "tomas"), viewer_of(gateway, "tomas"), True, 0, None
        )
        said = [await anext(stream)]
        press_sos(gateway)
        while len(said) < 5:
            said.append(await asyncio.wait_for(anext(stream), 10))
        await stream.aclose()
        return said

    said = asyncio.run(run())
    text = "".join(one.raw_data or "" for one in said)
    told = [json.loads(one.raw_data) for one in said if one.event == "alert"]
    assert {one["priority"] for one in told} == {"device"}
    for word in words_of_care(gateway):
        assert word not in text, word


def test_a_persons_name_cannot_break_out_of_a_page_or_a_stream(person, gateway, codes):
    with writing(gateway.engine) as conn:
        conn.execute(resident.update().values(name=f"Anna{EVIL}\r\rdata: x\r\r"))
        conn.execute(home.update().values(label=f"Home{EVIL}", area=EVIL))
    gateway.registry.reload()
    gateway.reject(f"homecare/v1/{seed.SITE}/home-anna/{EVIL}/reading", EVIL.encode())
    gateway.reject(f"homecare/v1/{seed.SITE}/home-anna/door/reading", EVIL.encode())
    odd = {"signal": EVIL, "value": EVIL, "unit": EVIL}
    topic = f"homecare/v1/{seed.SITE}/home-anna/door/reading"
    gateway.reject(topic, json.dumps(odd).encode())
    aoife = person("aoife")
    code = codes["spo2-low"]
    aoife.post(f"/alerts/{code}/note", {"text": EVIL})
    aoife.post(f"/rules/{seed.SITE}/spo2-low/review", {"question": EVIL})
    aoife.http.headers["user-agent"] = EVIL
    opened = person("aoife")
    assert opened.signed_in
    paths = [
        "/alerts",
        f"/alerts?site={EVIL}",
        f"/alerts/{code}",
        "/residents",
        "/residents/anna",
        f"/residents?site={EVIL}",
        "/devices",
        f"/devices?home={EVIL}",
        "/deadletters",
        f"/deadletters?code={EVIL}",
        "/deadletters/4",
        "/deadletters/5",
        "/deadletters/6",
        "/rules",
        f"/rules/{seed.SITE}/spo2-low",
        "/reviews",
        "/reviews/1",
        "/me",
        f"/alerts/{EVIL.replace('/', '')}",
    ]
    for path in paths:
        text = aoife.get(path).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
    for path in (f"/signin?next=/{EVIL}&code={EVIL}", f"/signin/link?token={EVIL}"):
        text = person("bjarni").get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def looks(gateway, since=0):
    with reading(gateway.engine) as conn:
        rows = conn.execute(audit_entry.select().where(audit_entry.c.id > since)).all()
    return [(row.login, row.verb, row.object, row.resident) for row in rows]


@pytest.mark.parametrize(
    ("path", "objects"),
    [
        ("/residents", {f"residents:{seed.SITE}"}),
        ("/residents/anna", {"resident:anna"}),
        ("/api/v1/residents", {f"residents:{seed.SITE}"}),
        ("/api/v1/residents/anna", {"resident:anna"}),
        ("/api/v1/residents/anna/latest", {"resident:anna"}),
        ("/api/v1/residents/anna/readings?signal=spo2", {"resident:anna"}),
        ("/alerts/{care}", {"alert:{care}"}),
        ("/api/v1/alerts/{care}", {"alert:{care}"}),
        ("/deadletters/1", {"dead letter:1"}),
        ("/api/v1/deadletters/1", {"dead letter:1"}),
        ("/alerts", {f"alerts:{seed.SITE}"}),
        ("/api/v1/alerts", {f"alerts:{seed.SITE}"}),
    ],
)
def test_every_look_at_a_person_leaves_a_trace(person, gateway, codes, path, objects):
    aoife = person("aoife")
    before = len(looks(gateway))
    assert aoife.get(path.format(care=codes["spo2-low"])).status_code == 200
    traces = looks(gateway, before)
    assert {what for _, _, what, _ in traces} >= {
        one.format(care=codes["spo2-low"]) for one in objects
    }
    assert {login for login, *_ in traces} == {"aoife"}


def test_residents_find_who_opened_a_message_of_their_home(person, gateway):
    person("aoife").get("/deadletters/1")
    with reading(gateway.engine) as conn:
        anna = people.viewer_of(conn, users.by_login(conn, "anna").id, gateway.clock.now())
        entries = read_audit(conn, anna, "anna", seed.SITE)
    assert ("aoife", "dead letter:1") in {(one.login, one.object) for one in entries}


REGISTRY = """sites:
  - id: {site}
    name: There
    zone: UTC
    fallback_phone: +353 74 910 0000
    homes:
      - id: gweedore-1
        residents: [{{id: {who}, name: N, consent: 2026-01-08}}]
        devices: [{{id: door, owner: home, place: outer, serial: {serial}{broken}}}]
"""


def as_admin_of(gateway, person, site):
    with writing(gateway.engine) as conn:
        users.create(conn, "ada", "Ada", None, [(site, Role.ADMIN)], gateway.clock.now())
    return person("ada")


def ask(caller, text, *, dry_run):
    where = f"/api/v1/registry/import?dry_run={str(dry_run).lower()}"
    return caller.post(where, json={"name": "a.yaml", "text": text})


@pytest.mark.parametrize("broken", ["", ", colour: blue"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_sites_administrator_learns_nothing_of_another_site(gateway, person, broken, dry_run):
    ada = as_admin_of(gateway, person, "donegal")
    text = REGISTRY.format(site=seed.SITE, who="anna", serial="X-1", broken=broken)
    answer = ask(ada, text, dry_run=dry_run)
    assert answer.status_code == 404
    assert "anna" not in answer.text
    here = ask(ada, REGISTRY.format(site="donegal", who="anna", serial="X-1", broken=""), dry_run=1)
    assert seed.SITE not in here.text


def test_a_sites_administrator_takes_no_device_away_from_another_site(gateway, person):
    from gateway.registry.tables import placement

    with writing(gateway.engine) as conn:
        conn.execute(
            placement.update()
            .where(placement.c.home == "home-anna", placement.c.device == "door")
            .values(serial="DW-1")
        )
    gateway.registry.reload()
    ada = as_admin_of(gateway, person, "donegal")
    text = REGISTRY.format(site="donegal", who="nuala", serial="DW-1", broken="")
    text = text.replace("DW-1", "DW-1, since: 2026-11-04")
    for dry_run in (True, False):
        answer = ask(ada, text, dry_run=dry_run)
        assert answer.status_code == 404, answer.text
    device = gateway.registry.directory.device(seed.SITE, "home-anna", "door")
    assert device.holding(gateway.clock.now() + seed.DAY) is not None


def test_a_log_line_is_one_line(person, caplog, gateway):
    import io

    from gateway import log

    stream = io.StringIO()
    log.configure("info", "json", stream)
    try:
        gateway.reading_room.latest = None
        person("aoife").get("/residents/anna?x=%0d%0a%7b%22level%22:%22fake%22")
    finally:
        log.configure("warning", "text")
    lines = [line for line in stream.getvalue().splitlines() if "unexpected error" in line]
    assert len(lines) == 1
    assert "anna" in json.loads(lines[0])["path"]


def test_everywhere_is_not_a_site_one_can_ask_for(person):
    admin = person("admin")
    for path in (f"/devices?site={EVERYWHERE}", f"/deadletters?site={EVERYWHERE}"):
        assert "home-anna" not in admin.get(path).text
    assert "home-anna" in admin.get("/devices").text
