"""Sign-in, sessions, CSRF: who one is, and that a change is one's own wish."""

import pytest

from tests.pages import seed


@pytest.fixture
def gateway(gateway):
    gateway.password("aoife")
    return gateway


def test_a_page_sends_strangers_to_the_sign_in_and_back(nobody):
    answer = nobody.get("/alerts?show=mine")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/signin?next=/alerts%3Fshow%3Dmine"
    signed = nobody.post(
        "/signin", {"login": "aoife", "password": seed.PASSWORD, "next": "/alerts?show=mine"}
    )
    assert signed.headers["location"] == "/alerts?show=mine"
    assert nobody.get("/alerts?show=mine").status_code == 200


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(nobody):
    answer = nobody.post("/signin", {"login": "aoife", "password": seed.PASSWORD})
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "homecare_session" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # plain http on loopback


def test_https_makes_cookies_secure(app, gateway):
    from tests.http.conftest import Caller

    caller = Caller(app, gateway)
    caller.http.base_url = "https://testserver"
    answer = caller.post("/signin", {"login": "aoife", "password": seed.PASSWORD})
    assert all("Secure" in c for c in answer.headers.get_list("set-cookie") if "session" in c)
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_wrong_password_says_nothing_of_the_account(nobody):
    known = nobody.post("/signin", {"login": "aoife", "password": "wrong"})
    unknown = nobody.post("/signin", {"login": "nobody-here", "password": "wrong"})
    assert known.status_code == unknown.status_code == 401
    assert _without_what_differs(known) == _without_what_differs(unknown)


def _without_what_differs(answer):
    return [line for line in answer.text.splitlines() if 'name="login"' not in line]


def test_too_many_tries_are_slowed(nobody):
    for _ in range(30):
        answer = nobody.post("/signin", {"login": "aoife", "password": "wrong"})
    assert "Too many tries" in answer.text


def test_a_link_works_once_and_is_not_used_up_by_a_preview(nobody, gateway):
    token = gateway.link("bjarni")
    for _ in range(3):  # messengers open links to draw a preview
        assert nobody.get(f"/signin/link?token={token}").status_code == 200
    assert nobody.post("/signin/link", {"token": token}).status_code == 303
    assert nobody.post("/signin/link", {"token": token}, csrf=True).status_code == 401


def test_a_whole_link_can_be_pasted_as_a_code(nobody, gateway):
    pasted = f"http://127.0.0.1:8080/signin/link?token={gateway.link('bjarni')}"
    assert nobody.post("/signin", {"code": pasted}).status_code == 303
    assert nobody.get("/alerts").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_way_back_never_leads_elsewhere(nobody, target):
    answer = nobody.post("/signin", {"login": "aoife", "password": seed.PASSWORD, "next": target})
    assert answer.headers["location"] == "/alerts"


def test_sign_out_ends_the_session_for_good(person):
    aoife = person("aoife")
    cookie = aoife.http.cookies["homecare_session"]
    assert aoife.post("/signout").status_code == 303
    aoife.http.cookies.set("homecare_session", cookie)
    assert aoife.get("/alerts").status_code == 303


def test_every_form_needs_the_token_of_its_session(person, codes):
    aoife, code = person("aoife"), codes["spo2-low"]
    refused = aoife.post(f"/alerts/{code}/acknowledge", {"key": "k" * 12}, csrf=False)
    assert refused.status_code == 403
    stolen = aoife.post(
        f"/alerts/{code}/acknowledge", {"key": "k" * 12, "csrf": person("bjarni").csrf}, csrf=False
    )
    assert stolen.status_code == 403
    assert aoife.get(f"/api/v1/alerts/{code}").json()["alert"]["owner"] is None


def test_the_api_too_wants_the_token_from_browsers_and_not_from_programs(person, program, codes):
    act = {"key": "0123456789ab"}
    path = f"/api/v1/alerts/{codes['spo2-low']}/acknowledge"
    assert person("aoife").post(path, json=act, csrf=False).status_code == 403
    assert program(seed.SITE, "carer").post(path, json=act).status_code == 200


def test_a_revoked_or_mistyped_token_is_told_so(nobody):
    nobody.http.headers["authorization"] = "Bearer made-up"
    answer = nobody.get("/api/v1/alerts")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_answer_carries_the_security_headers(nobody, person):
    for answer in (nobody.get("/signin"), nobody.get("/nothing"), person("aoife").get("/alerts")):
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
