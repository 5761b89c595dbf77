"""Who sees what: a matrix of roles and doors. What one may not see is not found."""

import re

import pytest

from api.app import build_app
from tests.pages import seed


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """One for all of these: looking changes nothing but the audit."""
    made = seed.build(tmp_path_factory.mktemp("rights"))
    seed.fill(made, days=2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(gateway):
    return build_app(gateway)


DOORS = (
    "/alerts",
    "/residents",
    "/residents/anna",
    "/residents/einar",
    "/devices",
    "/deadletters",
    "/deadletters/1",
    "/operations",
)
OPEN = {  # login -> doors that open
    "aoife": {
        "/alerts",
        "/residents",
        "/residents/anna",
        "/residents/einar",
        "/devices",
        "/deadletters",
        "/deadletters/1",
    },
    "bjarni": {
        "/alerts",
        "/residents",
        "/residents/anna",
        "/residents/einar",
        "/devices",
        "/deadletters",
        "/deadletters/1",
    },
    "tomas": {"/alerts", "/devices", "/deadletters", "/operations"},
    "admin": {"/alerts", "/devices", "/deadletters", "/operations"},
    "freyja": set(),
    "dagur": set(),
    "anna": {"/alerts", "/residents", "/residents/anna"},
    "sean": {"/alerts", "/residents", "/devices", "/deadletters"},
}


@pytest.mark.parametrize("login", OPEN)
def test_doors(person, login):
    someone = person(login)
    opened = {door for door in DOORS if someone.get(door).status_code == 200}
    assert opened == OPEN[login]
    closed = {someone.get(door).status_code for door in DOORS if door not in opened}
    assert closed <= {404}


def test_a_technician_sees_no_reading_no_name_and_no_reason(person, codes):
    tomas = person("tomas")
    pages = [tomas.get(door).text for door in OPEN["tomas"]]
    for text in pages:
        assert "Anna Jónsdóttir" not in text
        assert "Oxygen" not in text
    assert tomas.get(f"/alerts/{codes['spo2-low']}").status_code == 404
    assert tomas.get(f"/alerts/{codes['home-silent']}").status_code == 200
    assert tomas.get("/api/v1/residents/anna/latest").status_code == 404


def test_another_site_is_not_there(person, codes):
    sean = person("sean")
    assert sean.get(f"/alerts/{codes['spo2-low']}").status_code == 404
    assert "Anna Jónsdóttir" not in sean.get("/residents").text
    assert sean.get("/api/v1/alerts").json()["alerts"] == []
    assert sean.get(f"/devices?site={seed.SITE}").status_code == 404


def test_a_resident_sees_only_their_own(person, codes):
    anna = person("anna")
    seen = {one["resident"] for one in anna.get("/api/v1/alerts").json()["alerts"]}
    assert seen == {"anna"}
    assert anna.get(f"/alerts/{codes['weight-up']}").status_code == 404
    answer = anna.post(f"/alerts/{codes['spo2-low']}/acknowledge", {"key": "k" * 12})
    assert answer.status_code == 404


def test_missing_and_hidden_look_the_same(person, codes):
    sean = person("sean")
    hidden, missing = sean.get(f"/alerts/{codes['spo2-low']}"), sean.get("/alerts/ZZZZ")
    assert hidden.status_code == missing.status_code == 404
    assert _bare(hidden.text) == _bare(missing.text)


def _bare(text):
    return [line for line in text.splitlines() if "csrf" not in line]


def test_a_look_is_recorded_once_and_shown(person):
    aoife = person("aoife")
    aoife.get("/residents/anna")
    page = aoife.get("/residents/anna").text
    looks = re.findall(r"<strong>aoife</strong> looked at <[^>]*>resident:anna<", page)
    assert len(looks) == 1


def test_programs_have_the_rights_of_their_token(program):
    carer, technician = program(seed.SITE, "carer"), program(seed.SITE, "technician")
    assert carer.get("/api/v1/residents/anna/latest").status_code == 200
    assert technician.get("/api/v1/residents/anna/latest").status_code == 404
    assert technician.get("/api/v1/health").status_code == 200
    assert carer.get("/api/v1/health").status_code == 404
