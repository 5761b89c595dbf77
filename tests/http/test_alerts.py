"""Alerts for programs and for the phone's offline queue: taken once, closed with a disposition."""

import uuid

import pytest

from tests.pages import seed


def act(**more):
    return {"key": uuid.uuid4().hex, **more}


@pytest.fixture
def path(codes):
    return f"/api/v1/alerts/{codes['spo2-low']}"


def test_the_list_has_what_a_display_needs(person, codes):
    answer = person("aoife").get("/api/v1/alerts").json()
    first = answer["alerts"][0]
    assert first["priority"] == "now"
    assert first["raised_at"].endswith("Z")
    assert answer["counts"] == {"now": 2, "soon": 1, "today": 1, "device": 1}
    assert {one["code"] for one in answer["alerts"]} == set(codes.values())


def test_one_alert_says_why_with_values_and_times(person, path):
    detail = person("aoife").get(path).json()
    assert "oxygen saturation is below 92" in detail["sentence"]
    assert {one["value"] for one in detail["evidence"]} == {"86"}
    assert all(one["unit"] == "%" and one["at"] for one in detail["evidence"])
    assert "acknowledge" in detail["can"]


def test_who_is_first_has_it_and_the_second_is_told_who(person, path):
    aoife, bjarni = person("aoife"), person("bjarni")
    assert aoife.post(f"{path}/acknowledge", json=act()).json()["owner"] == "Aoife"
    late = bjarni.post(f"{path}/acknowledge", json=act())
    assert late.status_code == 409
    assert "Aoife has it" in late.json()["detail"]


def test_the_same_key_twice_does_nothing_twice(person, path):
    aoife, once = person("aoife"), act()
    assert aoife.post(f"{path}/acknowledge", json=once).json()["result"] == "done"
    assert aoife.post(f"{path}/acknowledge", json=once).json()["result"] == "already"
    timeline = aoife.get(path).json()["timeline"]
    assert [one["kind"] for one in timeline].count("acknowledged") == 1


def test_an_offline_action_keeps_its_own_time(person, path):
    aoife = person("aoife")
    done_at = seed.NOW - 15 * seed.MINUTE
    aoife.post(f"{path}/acknowledge", json=act(done_at=done_at))
    entry = next(e for e in aoife.get(path).json()["timeline"] if e["kind"] == "acknowledged")
    assert entry["done_at"] == "2026-11-04T02:59:00.000Z"
    assert entry["at"] == "2026-11-04T03:14:00.000Z"


def test_closing_needs_both_words_and_can_be_undone(person, path):
    aoife = person("aoife")
    wrong = aoife.post(f"{path}/close", json=act(disposition="bad", response="phoned"))
    assert wrong.status_code == 422
    assert "useful" in wrong.json()["hint"]
    closed = aoife.post(f"{path}/close", json=act(disposition="useful", response="phoned"))
    assert closed.json()["state"] == "closed"
    assert aoife.get(path).json()["alert"]["disposition"] == "useful"
    assert aoife.post(f"{path}/undo", json=act()).json()["state"] != "closed"


def test_a_note_is_for_the_next_who_looks(person, path):
    person("aoife").post(f"{path}/note", json=act(text="She was asleep"))
    assert "She was asleep" in person("bjarni").get(path).text


def test_a_form_does_the_same_without_any_script(person, codes):
    aoife, code = person("aoife"), codes["weight-up"]
    assert aoife.post(f"/alerts/{code}/acknowledge", {"key": "k" * 32}).status_code == 303
    assert "Yours until" in aoife.get(f"/alerts/{code}").text
    form = {"key": "c" * 32, "disposition": "nothing_to_do", "response": "drove", "minutes": "10"}
    assert aoife.post(f"/alerts/{code}/close", form).status_code == 303
    page = aoife.get(f"/alerts/{code}").text
    assert "Nothing to do, Drove there (10 min)" in page
    assert code in aoife.get("/alerts?show=closed").text


def test_a_form_that_is_not_complete_changes_nothing_and_says_what_to_do(person, codes):
    aoife = person("aoife")
    answer = aoife.post(f"/alerts/{codes['weight-up']}/close", {"disposition": "useful"})
    assert answer.status_code == 422
    assert "Choose one of each" in answer.text


def test_a_page_of_an_alert_is_small_enough_for_a_poor_link(person, codes):
    aoife = person("aoife")
    for code in codes.values():
        assert len(aoife.get(f"/alerts/{code}").content) <= 30_000


def test_readings_come_in_buckets_that_hide_no_peak(person):
    answer = (
        person("aoife")
        .get("/api/v1/residents/anna/readings", params={"signal": "spo2", "buckets": 5})
        .json()
    )
    assert len(answer["buckets"]) <= 5
    assert min(int(one["low"]) for one in answer["buckets"]) == 86
    assert answer["unit"] == "%"


def test_an_unknown_signal_is_answered_with_the_known_ones(person):
    answer = person("aoife").get("/api/v1/residents/anna/readings", params={"signal": "pulze"})
    assert answer.status_code == 422
    assert "pulse" in answer.json()["hint"]


def test_a_resident_says_on_their_page_whether_it_helped_and_carers_read_it(person, path, codes):
    anna = person("anna")
    before = anna.get("/residents/anna").text
    assert "Alerts about you: did they help?" in before
    assert f'action="/alerts/{codes["spo2-low"]}/voice"' in before
    told = anna.post(f"/alerts/{codes['spo2-low']}/voice", {"said": "helped", "words": "Thank you"})
    assert (told.status_code, told.headers["location"]) == (303, "/residents/anna#voices")
    assert "You said: It helped." in anna.get("/residents/anna").text
    carer = person("aoife")
    assert carer.get(path).json()["voice"]["words"] == "Thank you"
    assert "The resident says: It helped." in carer.get(f"/alerts/{codes['spo2-low']}").text
    assert "Alerts about you" not in carer.get("/residents/anna").text


def test_what_a_resident_says_through_the_api_is_the_same(person, path):
    anna = person("anna")
    said = anna.post(f"{path}/voice", json={"said": "not_needed"})
    assert said.json()["said"] == "not_needed"
    assert anna.get(path).json()["voice"]["said"] == "not_needed"
    assert anna.post(f"{path}/voice", json={"said": "useful"}).status_code == 422
    assert person("aoife").post(f"{path}/voice", json={"said": "helped"}).status_code == 404
