"""Why, and why not, through page and API: versions, drafts, moments, and who may ask."""

import re
from zoneinfo import available_timezones

import pytest

from gateway.access import SYSTEM
from gateway.access.audit import read_audit
from gateway.db import reading
from rules.packs import starter_rules
from tests.pages import seed

SPO2 = next(rule.text for rule in starter_rules() if rule.name == "spo2-low")


def why(caller, rule, resident="anna", **more):
    parts = "&".join(f"{name}={text}" for name, text in more.items())
    answer = caller.get(f"/api/v1/why?rule={rule}&resident={resident}&{parts}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_open_alert_says_why_exactly(person, codes):
    aoife = person("aoife")
    asked = 0
    for rule, code in codes.items():
        page = aoife.get(f"/alerts/{code}").text
        link = re.search(r'href="(/why\?[^"]+)"', page)
        if rule == "home-silent":
            assert link is None  # about a device: there is no rule
            continue
        why_page = aoife.get(link[1].replace("&amp;", "&")).text
        assert "Yes: all that it asks for was so" in why_page
        assert f"Alert {code} raised" in why_page
        asked += 1
    assert asked >= 3


def test_lines_say_value_need_and_age(person):
    told = why(person("aoife"), "spo2-low")
    assert told["answer"] == "true"
    assert told["zone"] in available_timezones()
    comparison = told["lines"][1]
    assert comparison["text"].startswith("Oxygen saturation is below 92")
    assert comparison["value"].startswith("86")
    assert "94" in comparison["needed"]  # the way back, not the limit
    assert comparison["readings"][0]["age_ms"] == 2 * seed.MINUTE
    assert told["alert"]
    assert [one["text"] for one in told["brakes"] if one["on"]] == []


def test_a_rule_that_did_not_speak_says_at_which_line_it_stopped(person):
    told = why(person("aoife"), "blood-pressure-out-of-range", "helgi")
    assert told["answer"] == "false"
    assert told["verdict"] == "No: stopped at line 2."
    stopped = [line for line in told["lines"] if line["stopped"]]
    assert [line["number"] for line in stopped] == [2]
    assert "191" in stopped[0]["needed"]
    assert told["enough"]


def test_unknown_is_said_and_never_drawn_as_false(person):
    at = seed.NOW - 7 * seed.HOUR
    told = why(person("aoife"), "spo2-low", "einar", at=at)
    assert told["answer"] == "unknown"
    assert "unknown" in told["lines"][1]["missing"][0]
    page = person("aoife").get(f"/why?rule=spo2-low&resident=einar&at={at}").text
    assert 'class="why-mark why-unknown"' in page
    assert 'class="why-mark why-false"' not in page


def test_what_is_not_kept_any_more_is_gone_and_draws_no_tree(person):
    told = why(person("aoife"), "spo2-low", at="2026-05-01 12:00")
    assert told["answer"] == "gone"
    assert told["verdict"].startswith("Gone: deleted before")
    assert told["lines"] == []


def test_on_by_reading_and_by_minute(person):
    aoife = person("aoife")
    told = why(aoife, "spo2-low", at=seed.NOW - 5 * seed.MINUTE)
    assert told["at"] == "2026-11-04T03:09:00.000Z"
    assert told["previous_at"] == "2026-11-04T03:08:00.000Z"
    assert told["next_at"] == "2026-11-04T03:10:00.000Z"
    page = aoife.get(f"/why?rule=spo2-low&resident=anna&at={seed.NOW - 5 * seed.MINUTE}").text
    for minutes in (6, 4, 1):  # a minute before, a minute later, the next reading but one
        moment = seed.NOW - minutes * seed.MINUTE
        assert (f"at={moment}" in page) is (minutes != 1)


def test_a_draft_runs_nowhere_and_says_what_it_would_have_said(person, gateway):
    aoife = person("aoife")
    draft = SPO2.replace("default: 92 %", "default: 85 %")
    answer = aoife.post("/api/v1/why", json={"resident": "anna", "draft": draft})
    told = answer.json()
    assert (told["version"], told["mode"], told["answer"]) == ("draft", "draft", "false")
    assert next(one["text"] for one in told["brakes"] if one["on"]).startswith("A draft")
    with reading(gateway.engine) as conn:
        from gateway.rulebook import entries

        assert {one.version for one in entries(conn, seed.SITE)}.isdisjoint({"draft"})


def test_a_draft_that_is_no_rule_is_refused_by_file_line_and_key(person):
    broken = SPO2.replace("below:", "belwo:")
    aoife = person("aoife")
    told = aoife.post("/api/v1/why", json={"resident": "anna", "draft": broken})
    assert told.status_code == 422
    assert "belwo" in told.json()["detail"]
    page = aoife.post("/why", {"resident": "anna", "draft": broken, "at": ""})
    assert page.status_code == 422
    assert "belwo" in page.text
    assert "Did you mean" in page.text


def test_other_numbers_than_those_that_held(person):
    aoife = person("aoife")
    assert why(aoife, "spo2-low", **{"limit-limit": "86"})["answer"] == "false"
    assert why(aoife, "spo2-low", **{"limit-limit": "88"})["answer"] == "true"
    outside = aoife.get("/api/v1/why?rule=spo2-low&resident=anna&limit-limit=20")
    assert outside.status_code == 422


@pytest.mark.parametrize(
    "at", ["yesterday", "2026-11-04", "99999999999999999999", "2027-01-01 10:00"]
)
def test_what_is_no_moment_of_the_past_is_refused(person, at):
    aoife = person("aoife")
    assert aoife.get(f"/api/v1/why?rule=spo2-low&resident=anna&at={at}").status_code == 422
    page = aoife.get(f"/why?rule=spo2-low&resident=anna&at={at}")
    assert page.status_code == 422
    assert "data-focus" in page.text


def test_the_homes_own_time_is_understood(person):
    told = why(person("aoife"), "spo2-low", at="2026-11-04 03:10")
    assert told["at"] == "2026-11-04T03:10:00.000Z"  # Reykjavík keeps UTC


def test_a_rule_or_version_that_never_ran_there_is_not_found(person):
    aoife = person("aoife")
    for query in ("rule=nothing", "rule=spo2-low&version=ffffff"):
        assert aoife.get(f"/api/v1/why?resident=anna&{query}").status_code == 404
        assert aoife.get(f"/why?resident=anna&{query}").status_code == 404


def test_every_look_is_recorded(person, gateway):
    aoife = person("aoife")
    why(aoife, "weight-up")
    aoife.get("/why?rule=outer-door-open-at-night&resident=anna")
    with reading(gateway.engine) as conn:
        looks = {one.object for one in read_audit(conn, SYSTEM, "anna", seed.SITE)}
    assert {"why:weight-up of anna", "why:outer-door-open-at-night of anna"} <= looks


def test_it_can_be_used_in_a_review(person):
    katrin = person("katrin")
    page = katrin.get("/why?rule=blood-pressure-out-of-range&resident=helgi").text
    action = re.search(r'action="(/rules/[^"]+/review)"', page)[1]
    quote = re.search(r'name="question"[^>]*>([^<]+)<', page)[1]
    assert "Helgi" not in quote
    assert "stopped at line 2" in quote
    opened = katrin.post(action, {"question": quote})
    assert opened.status_code == 303
    again = katrin.get("/why?rule=blood-pressure-out-of-range&resident=helgi").text
    said = re.search(r'action="(/reviews/\d+/say)"', again)[1]
    answer = katrin.post(said, {"role": "coordinator", "words": quote})
    assert answer.status_code == 303
    assert "stopped at line 2" in katrin.get(answer.headers["location"]).text


def test_derived_signals_are_shown_from_the_engine(person):
    page = person("aoife").get("/residents/anna/signals").text
    assert "isits to the bathroom" in page
    assert "stored nowhere" in page


def test_a_sheet_names_nobody_in_any_language(person, gateway):
    katrin = person("katrin")
    where = katrin.post(
        f"/rules/{seed.SITE}/spo2-low/review", {"question": "Does Anna's clip fall off?"}
    ).headers["location"]
    names = [person.name for person in gateway.registry.directory.residents(seed.SITE)]
    parts = {part for name in names for part in name.split()}
    for language in ("en", "ga", "is", "nn", "sv", "fi"):
        for address in (f"{where}/sheet", f"/rules/{seed.SITE}/spo2-low/sheet"):
            sheet = katrin.get(f"{address}?language={language}")
            assert sheet.status_code == 200
            assert f'lang="{language}"' in sheet.text
            words = set(re.findall(r"\w+", sheet.text))
            assert not parts & words


def test_the_command_prints_the_same(person, gateway, monkeypatch, capsys):
    from api.cli import explaining

    aoife = person("aoife")

    class Client:
        def get(self, path):
            return aoife.get(path).json()

    monkeypatch.setattr(explaining, "_caller", lambda _data: Client())
    explaining.why("helgi", "blood-pressure-out-of-range")
    told = capsys.readouterr().out
    assert "✗ No: stopped at line 2." in told
    assert "<- stopped here" in told


def test_of_a_review_only_its_own_sites_residents_are_offered(person):
    both = person("both")
    everybody = both.get("/why").text
    assert '<optgroup label="Donegal">' in everybody
    assert 'value="nuala"' in everybody
    here = both.get("/why?rule=spo2-low&site=borgarbyggd").text
    assert 'value="anna"' in here
    assert 'value="nuala"' not in here
    assert "<optgroup" not in here
    assert 'value="nuala"' not in both.get("/why?rule=spo2-low").text  # it does not run there
