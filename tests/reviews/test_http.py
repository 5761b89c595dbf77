"""Reviews for programs: the same steps, the same refusals."""

import pytest
from fastapi.testclient import TestClient

from gateway.access import SYSTEM, Role, tokens
from gateway.db import writing
from tests.reviews.doors import cookie, open_doors
from tests.reviews.lab import SITE


@pytest.fixture
def call(lived, tmp_path):
    """`call(who, method, path, body)` → status, JSON."""
    http = TestClient(open_doors(lived, tmp_path).app())

    def made(who, method, path, body=None):
        http.cookies.set("homecare_session", cookie(lived, getattr(lived, who)))
        csrf = http.get("/api/v1/session").json()["csrf"]
        answer = http.request(
            method, f"/api/v1/reviews{path}", json=body, headers={"x-csrf-token": csrf}
        )
        return answer.status_code, answer.json()

    return made


def test_a_whole_review_without_a_page(call, lived):
    status, review = call("carer", "POST", "", {"site": SITE, "rule": "spo2-low", "question": "?"})
    assert (status, review["phase"]) == (201, "co-creation")
    at = f"/{review['id']}"
    status, asked = call("resident", "POST", f"{at}/evidence", {"values": {"limit": "88"}})
    assert (status, asked["state"]) == (202, "queued")
    lived.desk.run(asked["id"])
    _, done = call("resident", "GET", f"{at}/evidence/{asked['id']}")
    assert done["result"]["now"]["alerts"] == 2
    assert len(done["snapshot"]) == 64
    status, detail = call(
        "carer", "POST", f"{at}/proposals", {"values": {"limit": "88"}, "reason": "quiet"}
    )
    assert status == 201
    assert detail["proposal"]["values"] == {"limit": "88", "minutes": "5"}
    assert detail["missing"] == ["not-decider", "no-resident", "no-carer", "no-decider"]
    for who in ("carer", "resident", "decider"):
        body = {"role": who, "stance": "support", "interest": ""}
        assert call(who, "POST", f"{at}/positions", body)[0] == 201
    body = {"outcome": "adopt", "reasons": "quiet nights", "dissent": "", "present": "us"}
    status, detail = call("decider", "POST", f"{at}/decision", body)
    assert (status, detail["review"]["phase"]) == (201, "evaluation")
    assert lived.limit(lived.now + 60_000) == 88
    _, outcome = call("carer", "GET", f"{at}/outcome")
    assert [one["verdict"] for one in outcome] == ["too early", "too early"]
    _, listed = call("carer", "GET", "")
    assert [one["id"] for one in listed] == [review["id"]]


def test_what_is_refused_says_what_to_do(call):
    _, review = call("carer", "POST", "", {"site": SITE, "rule": "spo2-low", "question": "?"})
    at = f"/{review['id']}"
    status, problem = call("carer", "POST", f"{at}/evidence", {"values": {"limit": "60"}})
    assert status == 422
    assert "Allowed: 80 % to 95 %" in problem["hint"]
    status, problem = call("carer", "POST", f"{at}/evidence", {"values": {"limit": "x"}})
    assert status == 422
    status, _ = call("carer", "POST", f"{at}/evidence", {"values": {}, "wrong": 1})
    assert status == 422
    body = {"outcome": "adopt", "reasons": "r", "dissent": "", "present": "us"}
    status, problem = call("decider", "POST", f"{at}/decision", body)
    assert status == 422
    assert "does not belong to the present phase" in problem["detail"]


def test_a_program_with_a_token_reads_and_a_stranger_does_not(lived, tmp_path):
    http = TestClient(open_doors(lived, tmp_path).app())
    path = f"/api/v1/reviews/{lived.opens()}"
    with writing(lived.engine) as conn:
        here = tokens.issue(conn, SYSTEM, "lab", [(SITE, Role.CARER)], lived.now)
        there = tokens.issue(conn, SYSTEM, "far", [("donegal", Role.CARER)], lived.now)
    assert http.get(path).status_code == 401
    for secret, status in ((here, 200), (there, 404)):
        answer = http.get(path, headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code == status
