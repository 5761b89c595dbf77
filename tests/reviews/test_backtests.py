"""Rules over a site's past: what is counted, what would differ, and who may ask."""

import json

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.cli.backtest_ways import one_site
from api.cli.backtested import show
from api.cli.main import app
from devices.errors import Refused
from gateway.access import NotAllowed, NotFound
from gateway.access.tables import audit_entry
from gateway.db import reading
from reviews import backtests
from reviews.backtests import Question
from tests.reviews.doors import cookie, open_doors
from tests.reviews.lab import DAY, SITE, SPO2, START


def asked(lab, **more):
    question = {"site": SITE, "start": START, "end": lab.now, "rules": (SPO2.text,)}
    return lab.desk.backtest(lab.carer, Question(**{**question, **more}))


def done(lab, number, viewer=None):
    lab.works_off()
    with reading(lab.engine) as conn:
        return backtests.find(conn, viewer or lab.carer, number)


def test_it_counts_by_rule_resident_hour_and_covered_days(lived):
    found = done(lived, asked(lived))
    assert (found.state, found.progress, found.problem) == ("done", 100, None)
    (line,) = found.result["rules"]
    assert (line["rule"], line["version"]) == ("spo2-low", SPO2.version)
    assert (line["episodes"], line["told"], line["open"]) == (14, 14, 0)
    assert sum(line["hours"]) == 14
    assert sum(line["subjects"].values()) == 14
    assert line["covered_days"] == pytest.approx(6 * 28, abs=6)
    assert line["per_100_days"] == pytest.approx(100 * 14 / line["covered_days"], abs=0.01)
    assert line["median_ms"] > 0
    assert found.result["difference"] == []
    first = found.result["episodes"][0]
    resident = first["subject"].removeprefix("resident:")
    assert first["why"] == f"/why?resident={resident}&rule=spo2-low&at={first['onset']}"
    assert {one["signal"] for one in first["evidence"]} == {"spo2"}
    assert all(one["at"] <= first["onset"] for one in first["evidence"])


def test_another_number_says_what_would_be_new_gone_or_moved(lived):
    (lower,) = done(lived, asked(lived, numbers={"limit": "88 %"})).result["difference"]
    assert (len(lower["gone"]), len(lower["new"]), lower["same"], lower["moved"]) == (12, 0, 2, [])
    (longer,) = done(lived, asked(lived, numbers={"minutes": "6"})).result["difference"]
    assert len(longer["moved"]) + len(longer["gone"]) == 14
    assert all(one["onset"] == one["before"] + 60_000 for one in longer["moved"])
    one, other = done(lived, asked(lived, numbers={"limit": "88"})).result["rules"]
    assert (one["side"], one["episodes"], other["side"], other["episodes"]) == (
        "one", 14, "other", 2
    )  # fmt: skip


def test_two_versions_of_a_file_are_held_against_each_other(lived):
    quiet = SPO2.text.replace("back_by: 2 %", "back_by: 3 %")
    found = done(lived, asked(lived, against=(quiet,)))
    assert len({line["version"] for line in found.result["rules"]}) == 2
    assert found.result["difference"][0]["same"] == 14


def test_a_home_that_was_hardly_covered_is_listed_and_its_episodes_are_not_counted(lab):
    for day in range(28):
        lab.measured("anna", START + day * DAY + DAY // 2, 96)
        if day in {0, 1, 2, 27}:
            lab.measured("bjorn", START + day * DAY + DAY // 2, *[85] * 8)
    lab.stored()
    found = done(lab, asked(lab)).result
    (line,) = found["rules"]
    assert "home-2" in line["homes_listed"]
    assert line["episodes"] == 0
    assert {one["counted"] for one in found["episodes"]} == {False}


@pytest.mark.parametrize("who", ["relative", "resident", "facilitator", "decider"])
def test_only_who_may_see_why_of_everybody_may_ask(lived, who):
    with pytest.raises(NotAllowed):
        lived.desk.backtest(getattr(lived, who), Question(SITE, START, lived.now, (SPO2.text,)))
    number = asked(lived)
    with pytest.raises(NotFound):
        done(lived, number, getattr(lived, who))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"numbers": {"limitt": "88"}}, "limit"),
        ({"numbers": {"limit": "60"}}, "outside its range"),
        ({"rules": ()}, "no rule"),
        ({"end": START}, r"would begin at 20\d\d-\d\d-\d\d 00:00 and end at .*--from. before"),
        ({"rules": ("rule: [",)}, "rule"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_runs(lived, more, says):
    with pytest.raises(Refused, match=says):
        asked(lived, **more)
    assert lived.desk._queue.empty()


def test_a_program_asks_and_every_look_is_noted(lived, tmp_path):
    http = TestClient(open_doors(lived, tmp_path).app())
    http.cookies.set("homecare_session", cookie(lived, lived.carer))
    headers = {"x-csrf-token": http.get("/api/v1/session").json()["csrf"]}
    body = {"site": SITE, "from": START, "rules": [SPO2.text], "set": {"limit": "88"}}
    told = http.post("/api/v1/backtests", json=body, headers=headers)
    assert told.status_code == 202, told.text
    lived.works_off()
    found = http.get(f"/api/v1/backtests/{told.json()['id']}").json()
    assert (found["state"], found["result"]["rules"][1]["episodes"]) == ("done", 2)
    assert http.get("/api/v1/backtests/999").status_code == 404
    wrong = http.post("/api/v1/backtests", json={**body, "set": {"x": "1"}}, headers=headers)
    assert wrong.status_code == 422
    with reading(lived.engine) as conn:
        looks = conn.execute(sa.select(audit_entry.c.object)).scalars().all()
    assert f"back-test {found['id']}" in looks


def test_an_end_in_the_future_is_now_and_no_site_is_asked_for_once(lived, tmp_path):
    http = TestClient(open_doors(lived, tmp_path).app())
    http.cookies.set("homecare_session", cookie(lived, lived.carer))
    headers = {"x-csrf-token": http.get("/api/v1/session").json()["csrf"]}
    body = {"site": SITE, "from": START, "to": lived.now + 400 * DAY, "rules": [SPO2.text]}
    told = http.post("/api/v1/backtests", json=body, headers=headers)
    assert told.status_code == 202, told.text
    assert done(lived, told.json()["id"]).question["end"] < lived.now + DAY
    late = {**body, "from": lived.now + 399 * DAY}
    told = http.post("/api/v1/backtests", json=late, headers=headers)
    assert (told.status_code, "would begin at" in told.text) == (422, True)
    with pytest.raises(Refused) as refused:
        one_site("", {"a": 1, "b": 2})
    assert str(refused.value).endswith("--site: no site is named. Known here: a, b")


def test_people_see_tables_and_links(lived, capsys):
    show(done(lived, asked(lived)).result, everything=False)
    told = capsys.readouterr().out
    assert "spo2-low" in told
    assert "/why?resident=" in told
    show(done(lived, asked(lived, numbers={"limit": "88"})).result, everything=False)
    assert "0 new, 12 gone, 0 moved, 2 the same" in capsys.readouterr().out


def test_the_command_reads_a_folder_where_no_gateway_runs(tmp_path):
    made = CliRunner().invoke(app, ["backtest", "x.yaml", "--site", "s", "--data", str(tmp_path)])
    assert isinstance(made.exception, Refused)
    (tmp_path / "spo2.yaml").write_text(SPO2.text)
    made = CliRunner().invoke(
        app, ["backtest", str(tmp_path / "spo2.yaml"), "--data", str(tmp_path / "none")]
    )
    assert "nothing was set up here" in str(made.exception)
    assert json.dumps({})
