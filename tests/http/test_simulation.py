"""What a simulator says and is told, over HTTP: rights, refusals, the audit, and the score."""

import pytest
import sqlalchemy as sa

from gateway.access.tables import audit_entry
from gateway.alerts.tables import episode
from gateway.db import reading
from tests.pages import seed

A = "/api/v1/simulations"
RUN = "3f9c2a7b51"
HOUR = 3_600_000
BEGAN = seed.NOW - 48 * HOUR


def a_home(home="home-anna", **fields):
    told = {
        "site": seed.SITE,
        "home": home,
        "people": 1,
        "models": ["hub", "motion", "button", "oximeter"],
        "devices": ["hub", "motion-kitchen", "button", "oximeter"],
    }
    return told | fields


def a_report(**fields):
    told = {
        "run": RUN,
        "sites": [seed.SITE],
        "began": BEGAN,
        "at": seed.NOW,
        "speed": 60,
        "homes": 2,
        "connected": 2,
        "messages": 10,
        "readings": 12,
        "rate": 3.5,
        "behind_s": 0,
    }
    return told | fields


def planted(situation="low-oxygen", *, start, hours=2, **fields):
    told = {
        "scenario": situation,
        "situation": situation,
        "site": seed.SITE,
        "home": "home-anna",
        "resident": "anna",
        "start": start,
        "end": start + hours * HOUR,
        "how_soon": "now",
        "shows": ["spo2"],
    }
    return told | fields


@pytest.fixture
def technician(program):
    return program(seed.SITE, "technician")


@pytest.fixture
def running(technician):
    """A simulator that has told of itself and of its homes."""
    first = technician.post(f"{A}/reports", json=a_report()).json()
    assert first == {"orders": [], "cast_wanted": True}
    again = technician.post(f"{A}/reports", json=a_report(cast=[a_home()])).json()
    assert again == {"orders": [], "cast_wanted": False}
    return technician


def order(caller, **fields):
    return caller.post(f"{A}/orders", json={"run": RUN, **fields})


def test_an_order_waits_for_the_simulator_and_what_became_of_it_is_told(running):
    given = order(running, kind="scenario", site=seed.SITE, home="home-anna", scenario="sos")
    assert given.status_code == 202
    number = given.json()["order"]
    told = running.post(f"{A}/reports", json=a_report()).json()["orders"]
    assert [(one["order"], one["kind"], one["scenario"]) for one in told] == [
        (number, "scenario", "sos")
    ]
    # Until it is answered it is told again: a word that was lost is no order that was lost.
    assert running.post(f"{A}/reports", json=a_report()).json()["orders"] == told
    answer = {"order": number, "done": False, "words": "it overlaps another"}
    done = running.post(f"{A}/reports", json=a_report(answers=[answer])).json()
    assert done["orders"] == []
    (seen,) = running.get(f"{A}/{RUN}").json()["orders"]
    assert (seen["state"], seen["words"]) == ("refused", "it overlaps another")
    assert seen["what"] == "sos in borgarbyggd/home-anna"


def test_who_told_it_what_stands_in_the_audit(person, running, gateway):
    tomas = person("tomas")
    tomas.post("/simulator/orders", {"run": RUN, "kind": "pause"})
    with reading(gateway.engine) as conn:
        rows = conn.execute(
            sa.select(audit_entry.c.login, audit_entry.c.detail, audit_entry.c.site).where(
                audit_entry.c.object == f"simulation:{seed.SITE}"
            )
        ).all()
    assert [tuple(row) for row in rows] == [("tomas", "pause", seed.SITE)]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "speed", "speed": "0"}, "above zero"),
        ({"kind": "speed", "speed": "-3"}, "above zero"),
        ({"kind": "speed", "speed": "nan"}, "above zero"),
        ({"kind": "speed", "speed": "1e9"}, "too fast"),
        ({"kind": "speed"}, "above zero"),
        ({"kind": "scenario", "scenario": "sos"}, "where"),
        ({"kind": "scenario", "scenario": "flood", "home": "home-anna"}, "no such scenario"),
        ({"kind": "scenario", "scenario": "sos", "home": "home-9"}, "no such home"),
        ({"kind": "scenario", "scenario": "weight-gain", "home": "home-anna"}, "scale"),
        ({"kind": "scenario", "scenario": "couple-one-falls", "home": "home-anna"}, "needs"),
        ({"kind": "fault", "fault": {"fault": "nonsense"}, "home": "home-anna"}, "nonsense"),
        ({"kind": "fault", "fault": {"fault": "silence", "nosuch": "1"}, "home": "home-anna"}, ""),
        (
            {"kind": "fault", "fault": {"fault": "silence", "from": "day 1"}, "home": "home-anna"},
            "begins now",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(running, fields, why):
    site = {"site": seed.SITE} if "home" in fields else {}
    answer = order(running, **fields, **site)
    assert answer.status_code == 422
    assert why in answer.json()["detail"] + answer.json().get("hint", "")
    assert running.get(f"{A}/{RUN}").json()["orders"] == []


def test_nothing_is_staged_where_real_people_live(program):
    anybody = program("*", "admin")
    told = anybody.post(f"{A}/reports", json=a_report(run="realpeople", sites=["donegal"]))
    assert told.status_code == 422
    assert "real people" in told.json()["detail"]
    both = anybody.post(f"{A}/reports", json=a_report(sites=[seed.SITE, "donegal"]))
    assert both.status_code == 422
    assert anybody.get(A).json() == []


def test_a_wall_clock_is_nobodys_to_move(running):
    running.post(f"{A}/reports", json=a_report(wall=True))
    for kind, more in (("pause", {}), ("start", {}), ("speed", {"speed": "2"})):
        answer = order(running, kind=kind, **more)
        assert answer.status_code == 422
        assert "wall" in answer.json()["detail"]


def test_who_may_not_simulate_sees_and_changes_nothing(running, program):
    for role in ("carer", "coordinator", "facilitator", "decider"):
        caller = program(seed.SITE, role)
        assert caller.get(A).status_code == 404
        assert caller.get(f"{A}/{RUN}").status_code == 404
        assert caller.get(f"{A}/{RUN}/score").status_code == 404
        assert order(caller, kind="pause").status_code == 404
        assert caller.get("/simulator").status_code in {303, 404}
        assert caller.post(f"{A}/reports", json=a_report()).status_code == 404
    elsewhere = program("donegal", "technician")
    assert elsewhere.get(f"{A}/{RUN}").status_code == 404
    assert order(elsewhere, kind="pause").status_code == 404


def test_a_simulator_that_is_silent_or_has_ended_is_told_nothing(running, gateway):
    gateway.clock.advance(11_000)
    assert running.get(f"{A}/{RUN}").json()["state"] == "silent"
    assert "does not answer" in order(running, kind="pause").json()["detail"]
    running.post(f"{A}/reports", json=a_report(ended=True))
    assert running.get(f"{A}/{RUN}").json()["state"] == "ended"
    assert "ended" in order(running, kind="pause").json()["detail"]


def test_another_runs_name_is_not_taken_over(running, program):
    other = program("*", "admin")
    stolen = a_report(sites=["elsewhere"])
    assert other.post(f"{A}/reports", json=stolen).status_code == 404
    assert running.get(f"{A}/{RUN}").json()["sites"] == [seed.SITE]


def test_the_score_tells_noticed_missed_and_what_is_still_open(running, technician, gateway):
    with reading(gateway.engine) as conn:
        told, noticed = conn.execute(
            sa.select(episode.c.told_at, episode.c.noticed_at)
            .where(episode.c.rule_name == "spo2-low", episode.c.resident == "anna")
            .where(episode.c.told_at >= BEGAN)
            .order_by(episode.c.told_at)
            .limit(1)
        ).one()
    onset = max(told, noticed)
    situations = [
        planted(start=onset - 5 * 60_000),
        planted("fall", start=BEGAN, home="home-einar", resident="einar", shows=["fall"]),
        planted("fall", start=seed.NOW - HOUR, home="home-einar", resident="einar", shows=["fall"]),
        planted("fall", start=seed.NOW + HOUR, home="home-einar", resident="einar", shows=["fall"]),
        planted("visitor", start=BEGAN, how_soon="no-hurry", shows=["motion"]),
    ]
    running.post(f"{A}/reports", json=a_report(planted=situations))
    found = technician.get(f"{A}/{RUN}/score").json()
    assert (found["planted"], found["noticed"], found["missed"], found["not_yet"]) == (3, 1, 1, 1)
    assert found["median_delay_ms"] == 5 * 60_000
    states = {(one["situation"], one["state"]) for one in found["situations"]}
    assert states == {
        ("low-oxygen", "noticed"),
        ("fall", "missed"),
        ("fall", "not yet"),
        ("fall", "to come"),
        ("visitor", "no hurry"),
    }
    noticed = next(one for one in found["situations"] if one["state"] == "noticed")
    assert noticed["rule"] == "spo2-low"
    assert found["false_alerts"] == sum(found["false_by_rule"].values())
    assert "spo2-low" not in found["false_by_rule"]


def test_the_page_stages_and_says_what_was_refused(person, running):
    tomas = person("tomas")
    page = tomas.get("/simulator").text
    assert "2 of 2" in page
    assert 'href="/simulator"' in page
    ok = tomas.post(
        "/simulator/stage",
        {"run": RUN, "home": "borgarbyggd/home-anna", "what": "fault:silence", "length": "6 h"},
    )
    assert ok.status_code == 303
    (fault,) = running.post(f"{A}/reports", json=a_report()).json()["orders"]
    assert fault["fault"] == {"fault": "silence", "for": "6 h"}
    wrong = tomas.post("/simulator/stage", {"run": RUN, "home": "nowhere", "what": "scenario:sos"})
    assert wrong.status_code == 422
    assert 'value="nowhere"' in wrong.text
    assert "ds-error-summary" in wrong.text


def test_where_nothing_is_simulated_the_page_says_how_to_begin(person):
    assert "homecare simulate live" in person("tomas").get("/simulator").text


def test_a_menu_without_simulation_does_not_offer_it(person):
    assert 'href="/alerts"' in person("aoife").get("/alerts").text
    assert 'href="/simulator"' not in person("aoife").get("/alerts").text
