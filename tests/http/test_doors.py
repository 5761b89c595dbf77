"""Registry, rules, rejected messages, health, failures: the other doors of the API."""

import base64

import anyio
import pytest

from rules.packs import STARTER
from tests.pages import seed

FILE = """sites:
  - id: vestland
    name: Vestland
    zone: Europe/Oslo
    languages: [nn]
    emergency: [113]
    fallback_phone: +47 55 00 00 00
"""


def test_a_registry_file_is_tried_before_it_is_taken(program, gateway):
    admin = program("*", "admin")
    file = {"name": "vestland.yaml", "text": FILE}
    tried = admin.post("/api/v1/registry/import", json=file).json()
    assert tried["problems"] == []
    assert not tried["applied"]
    assert "vestland" not in gateway.registry.directory.sites
    done = admin.post("/api/v1/registry/import?dry_run=false", json=file).json()
    assert done["applied"]
    assert "vestland" in gateway.registry.directory.sites


def test_a_wrong_row_is_named_by_its_line(program):
    broken = {"name": "vestland.yaml", "text": FILE.replace("Europe/Oslo", "Europe/Oslow")}
    admin = program("*", "admin")
    tried = admin.post("/api/v1/registry/import", json=broken).json()
    assert tried["problems"][0]["line"] == 4
    refused = admin.post("/api/v1/registry/import?dry_run=false", json=broken)
    assert refused.status_code == 422
    assert "line 4" in refused.json()["detail"]


def test_a_carer_imports_nothing(program):
    answer = program(seed.SITE, "carer").post(
        "/api/v1/registry/import", json={"name": "a.yaml", "text": FILE}
    )
    assert answer.status_code == 404


def test_rules_say_what_they_do_and_by_what_right(program):
    carer = program(seed.SITE, "carer")
    rules = {one["rule"]: one for one in carer.get("/api/v1/rules").json()}
    assert len(rules) == len(STARTER)
    assert rules["spo2-low"]["mandate"]["kind"] == "founding"
    assert "92" in rules["spo2-low"]["sentence"]
    one = carer.get(f"/api/v1/rules/{seed.SITE}/spo2-low").json()
    assert one["guidance"]
    assert one["text"].startswith("rule: spo2-low")
    assert carer.get(f"/api/v1/rules/{seed.SITE}/spo2-low/history").json()[0]["kind"] == "installed"
    assert carer.get(f"/api/v1/rules/{seed.SITE}/no-such").status_code == 404


def test_rejected_messages_are_listed_opened_and_replayed(program, gateway):
    coordinator = program(seed.SITE, "coordinator")
    letters = coordinator.get("/api/v1/deadletters").json()
    assert {one["code"] for one in letters} >= {"unknown-device", "not-json"}
    junk = next(one for one in letters if one["code"] == "not-json")
    opened = coordinator.get(f"/api/v1/deadletters/{junk['id']}").json()
    assert base64.b64decode(opened["payload"]) == b"not json at all"
    before = gateway.journal.last_offset()
    done = coordinator.post("/api/v1/deadletters/replay", json={"ids": [junk["id"]]}).json()
    assert done["replayed"] == [junk["id"]]
    assert gateway.journal.last_offset() == before + 1


def test_the_bytes_are_not_for_a_technician(program):
    technician = program(seed.SITE, "technician")
    letter = technician.get("/api/v1/deadletters").json()[0]
    assert "payload" not in letter
    assert technician.get(f"/api/v1/deadletters/{letter['id']}").status_code == 404


def test_many_are_replayed_only_through_a_check_page(person):
    katrin = person("katrin")
    assert "3 messages go into the journal again" in katrin.get("/deadletters/check").text
    answer = katrin.post("/deadletters/replay", {"code": "unknown-device"})
    assert answer.headers["location"] == "/deadletters?done=1&gone=0"


def test_probes_need_no_sign_in_and_tell_no_details(nobody):
    assert nobody.get("/health/live").json() == {"live": True}
    ready = nobody.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json() == {"ready": False, "live": True}
    assert nobody.get("/metrics").text.startswith("# HELP")


def test_failures_say_what_is_safe_and_what_to_do(person, gateway, monkeypatch):
    aoife = person("aoife")
    monkeypatch.setattr(gateway.reading_room, "latest", None)
    page = aoife.get("/residents/anna")
    assert page.status_code == 500
    assert "already saved is safe" in page.text
    assert "NoneType" not in page.text
    assert "default-src" in page.headers["content-security-policy"]
    problem = aoife.get("/api/v1/residents/anna/latest")
    assert problem.headers["content-type"] == "application/problem+json"


def test_what_does_not_exist_is_told_so_in_the_callers_form(nobody, person):
    assert nobody.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"
    assert "Not found" in person("aoife").get("/nothing").text


def test_a_request_that_does_not_fit_names_the_field(person, codes):
    answer = person("aoife").post(
        f"/api/v1/alerts/{codes['spo2-low']}/acknowledge", json={"key": "abcdefgh", "kee": 1}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "body.kee"


def test_try_it_shows_lines_to_paste_and_why_something_was_rejected(app, person):
    from api.pages.demo import DemoPanel, TryIt

    line = TryIt(
        title="Weigh Anna",
        site=seed.SITE,
        home="home-anna",
        device="body-weight",
        host="127.0.0.1",
        port=1884,
        user="u",
        password="p w",
        payload='{"signal": "body_weight", "value": 71.4}',
        expect="on her page",
    )
    assert line.line == (
        "mosquitto_pub -V 311 -q 1 -h 127.0.0.1 -p 1884 -u u -P 'p w'"
        f" -t homecare/v1/{seed.SITE}/home-anna/body-weight/reading"
        """ -m '{"signal": "body_weight", "value": 71.4}'"""
    )
    aoife = person("aoife")
    assert aoife.get("/try").status_code == 404
    app.state.demo = DemoPanel((line,))
    page = aoife.get("/try").text
    assert "mosquitto_pub" in page
    assert "does not measure it" in page
    assert person("sean").get("/try").status_code == 404


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("carer", 404)])
def test_no_body_of_an_import_is_read_before_its_sender_is_known(app, gateway, role, status):
    """A registry file may have 42 MB: a stranger's must not fill the gateway's memory."""
    headers = [(b"content-type", b"application/json")]
    if role:
        token = gateway.token((seed.SITE, role))
        headers.append((b"authorization", f"Bearer {token}".encode()))
    answers = []

    async def receive():
        pytest.fail("the body was read")

    async def send(message):
        answers.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/registry/import",
        "query_string": b"",
        "headers": headers,
    }
    anyio.run(app, scope, receive, send)
    assert answers[0]["status"] == status
