"""A rule file that people here wrote comes in by the API: checked, shown to work, and off."""

import re
from pathlib import Path

import pytest

from gateway.db import reading
from gateway.rulebook import Mode, entries
from tests.pages import seed

WRITING = (Path(__file__).parents[2] / "docs" / "rules" / "writing.md").read_text(encoding="utf-8")
(TEXT,) = re.findall(r"```yaml\n(.*?)```", WRITING, re.DOTALL)
OPEN = {"site": seed.SITE, "rule": "kitchen-by-ten", "question": "She asked for it", "text": TEXT}
WISH = {"values": {}, "reason": "By eleven is enough"}


@pytest.fixture
def nurse(program):
    return program(seed.SITE, "nurse")


def known(gateway):
    with reading(gateway.engine) as conn:
        return [one for one in entries(conn, seed.SITE) if one.rule_name == "kitchen-by-ten"]


def test_a_new_rule_is_taken_in_as_off_and_a_review_decides(nurse, gateway):
    answer = nurse.post("/api/v1/reviews", json=OPEN)
    assert answer.status_code == 201, answer.text
    review = answer.json()["id"]
    [entry] = known(gateway)
    assert (entry.mode, entry.mandate) == (Mode.OFF, None)
    answer = nurse.post(f"/api/v1/reviews/{review}/proposals", json={**WISH, "text": TEXT})
    assert answer.status_code == 201, answer.text
    assert answer.json()["proposal"]["mode"] == "live"
    assert [one.mode for one in known(gateway)] == [Mode.OFF]  # proposing runs nothing


def test_another_version_is_proposed_in_its_review(nurse, gateway):
    review = nurse.post("/api/v1/reviews", json=OPEN).json()["id"]
    first = nurse.post(f"/api/v1/reviews/{review}/proposals", json={**WISH, "text": TEXT}).json()
    later = TEXT.replace('default: "10:00"', 'default: "11:00"').replace(
        "    kind: fires\n", "    kind: fires\n    parameters: {by: '10:00'}\n"
    )
    later = re.sub(
        r"(    kind: (clears|missing|boundary)\n)", r"\1    parameters: {by: '10:00'}\n", later
    )
    another = {**WISH, "text": later}
    blind = nurse.post(f"/api/v1/reviews/{review}/proposals", json=another)
    assert blind.status_code == 422
    assert "another proposal is on the table" in blind.text
    another["proposal"] = first["proposal"]["id"]
    second = nurse.post(f"/api/v1/reviews/{review}/proposals", json=another)
    assert second.status_code == 201, second.text
    assert second.json()["proposal"]["version"] != first["proposal"]["version"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": TEXT.replace("none_between", "none_betwen", 1)}, "none_between"),
        ({"text": TEXT.replace("10:00 onset", "10:05 onset")}, "10:05:00 onset"),
        ({"text": "x\x00"}, "cannot be seen"),
        ({"text": "[" * 5000}, "deeper"),
        ({"rule": "spo2-low"}, "it should be spo2-low"),
    ],
)
def test_what_is_wrong_with_it_is_said(nurse, gateway, change, reason):
    answer = nurse.post("/api/v1/reviews", json={**OPEN, **change})
    assert answer.status_code == 422, answer.text
    assert reason in answer.text
    assert known(gateway) == []


def test_a_name_that_is_known_is_refused_and_nothing_half_done(nurse, gateway):
    assert nurse.post("/api/v1/reviews", json=OPEN).status_code == 201
    answer = nurse.post("/api/v1/reviews", json=OPEN)
    assert answer.status_code == 422
    assert "known here" in answer.text
    assert len(known(gateway)) == 1


def test_who_may_not_propose_brings_nothing_in(program, gateway):
    for site, role in ((seed.SITE, "technician"), (seed.SITE, "admin"), ("vestland", "nurse")):
        answer = program(site, role).post("/api/v1/reviews", json=OPEN)
        assert answer.status_code in {403, 404}, (site, role)  # not there, for who may not see it
    assert known(gateway) == []
