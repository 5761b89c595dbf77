"""The pages as people use them: forms that carry what was typed, refusals that say what to do."""

import html
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from devices.errors import Refused
from gateway.access import Role, Viewer, users
from gateway.db import reading, writing
from reviews import records, tables, talking
from tests.reviews.doors import cookie, open_doors
from tests.reviews.lab import DAY, HOUR, SITE


class Browser:
    """One signed-in person."""

    def __init__(self, app, lab, viewer):
        self.http = TestClient(app, follow_redirects=False)
        self.http.cookies.set("homecare_session", cookie(lab, viewer))

    def get(self, path, status=200, **more):
        answer = self.http.get(path, **more)
        assert answer.status_code == status, answer.text[:2000]
        return text_of(answer.text)

    def post(self, path, status=303, **fields):
        csrf = self.http.get("/api/v1/session").json()["csrf"]
        data = {name.replace("__", "-"): value for name, value in fields.items()}
        answer = self.http.post(path, data={**data, "csrf": csrf})
        assert answer.status_code == status, text_of(answer.text)[:2000]
        return answer.headers.get("location") if status == 303 else text_of(answer.text)


def text_of(page):
    """What a person reads."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.fixture
def doors(lived, tmp_path):
    return open_doors(lived, tmp_path)


@pytest.fixture
def people(doors, lived):
    app = doors.app()
    return lambda name: Browser(app, lived, getattr(lived, name))


def test_from_a_rule_to_another_rule_at_work(people, lived):
    carer, resident, decider = (people(one) for one in ("carer", "resident", "decider"))
    rules = carer.get("/rules")
    assert "oxygen saturation is below 92 %" in rules
    assert "14 alerts in 30 days: 2 useful, 12 false" in rules

    page = carer.get(f"/rules/{SITE}/spo2-low")
    assert "NICE QS10" in page
    assert "founding mandate" in page
    review = carer.post(f"/rules/{SITE}/spo2-low/review", question="It wakes us for nothing")

    page = carer.get(review)
    assert "It wakes us for nothing" in page
    assert "False alert 12" in page
    resident.post(f"{review}/say", role="resident", words="I could not sleep again")
    assert "I could not sleep again" in decider.get(review)

    carer.post(
        f"{review}/propose", limit__limit="88", limit__minutes="5 min", reason="Quiet nights"
    )
    lived.works_off()
    page = decider.get(review)
    assert "Low below: 92 % → 88 %" in page
    assert "Alerts Today 14 Proposal 2" in page
    assert "missing: No carer has taken a position" in page

    for who, role in ((carer, "carer"), (resident, "resident"), (decider, "decider")):
        who.post(f"{review}/position", role=role, stance="support", interested="no", reason="yes")
    page = decider.get(f"{review}/decide")
    assert "6 homes" in page
    assert "not possible yet" not in page
    where = decider.post(
        f"{review}/decide", outcome="adopt", reasons="Twelve nights for nothing", voiced="none",
        present="Anna and two carers", when="soon",
    )  # fmt: skip
    assert "takes force" in decider.get(where)
    lived.clock.advance(HOUR)
    assert lived.limit() == 88
    page = carer.get(f"/rules/{SITE}/spo2-low")
    assert "oxygen saturation is below 88 %" in page
    assert "Twelve nights for nothing" in page


def test_what_if_answers_a_script_with_the_box_and_a_person_with_the_page(people, lived):
    carer = people("carer")
    review = f"/reviews/{lived.opens()}"
    csrf = carer.http.get("/api/v1/session").json()["csrf"]
    box = carer.http.post(
        f"{review}/what-if", data={"limit-limit": "88"},
        headers={"hx-request": "true", "x-csrf-token": csrf},
    )  # fmt: skip
    assert box.text.lstrip().startswith("<section")
    assert 'hx-trigger="load delay:700ms"' in box.text
    lived.works_off()
    where = carer.post(f"{review}/what-if", limit__limit="88")
    assert "Nights woken Today 14 Proposal 2" in carer.get(where)
    again = carer.http.get(where, headers={"hx-request": "true"})
    assert "aria-busy" not in again.text


@pytest.mark.parametrize(
    ("typed", "why"),
    [("60", "outside its range"), ("", "runs already"), ("88,5", "between two steps")],
)
def test_a_limit_that_cannot_be_keeps_the_page_and_says_why(people, lived, typed, why):
    review = f"/reviews/{lived.opens()}"
    page = people("carer").post(f"{review}/propose", 422, limit__limit=typed, reason="because")
    assert "That did not work yet" in page
    assert why in page


def test_a_decision_refused_keeps_what_was_typed(people, lived):
    review = lived.opens()
    lived.proposes(review)
    page = people("decider").post(
        f"/reviews/{review}/decide", 422, outcome="adopt", reasons="Because we say so",
        voiced="none", present="us",
    )  # fmt: skip
    assert "Because we say so" in page
    assert "No carer has taken a position" in page


def test_nobody_else_reaches_the_decision(people, lived):
    review = lived.opens()
    lived.proposes(review)
    for name in ("carer", "facilitator", "coordinator", "technician"):
        people(name).get(f"/reviews/{review}/decide", 404)
        people(name).post(f"/reviews/{review}/decide", 404, outcome="reject")
    people("decider").get(f"/reviews/{review}/decide")


def test_a_coordinator_stops_a_rule_and_a_review_opens(people, lived):
    coordinator = people("coordinator")
    page = coordinator.get(f"/rules/{SITE}/spo2-low/stop")
    assert "This rule does not run here." in page
    coordinator.post(f"/rules/{SITE}/spo2-low/stop", 422, reason=" ")
    assert lived.limit() == 92
    coordinator.post(f"/rules/{SITE}/spo2-low/stop", reason="It never ends")
    assert lived.limit() is None
    assert "after a stop" in coordinator.get("/reviews")
    people("carer").get(f"/rules/{SITE}/spo2-low/stop", 404)


def test_reviews_name_nobody(people, lived):
    review = lived.opens()
    lived.proposes(review)
    lived.all_say(review)
    page = people("decider").get(f"/reviews/{review}")
    assert "88 %" in page  # what is proposed stands there, and what is said of it
    for name in ("Anna J.", "Bjorn J.", lived.carer.name + " 2"):
        assert name not in page


def test_a_technician_reads_and_has_no_forms(people, lived):
    review = lived.opens()
    answer = people("technician").http.get(f"/reviews/{review}")
    assert answer.status_code == 200
    forms = re.findall(r'<form[^>]*action="([^"]+)"', answer.text)
    assert forms == []


def test_without_a_session_one_is_sent_to_sign_in(doors):
    answer = TestClient(doors.app(), follow_redirects=False).get("/reviews")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/signin")


def test_a_form_from_elsewhere_changes_nothing(people, lived):
    answer = people("carer").http.post(f"/rules/{SITE}/spo2-low/review", data={"question": "mine"})
    assert answer.status_code == 403
    with reading(lived.engine) as conn:
        assert records.listing(conn, lived.carer) == []


def test_every_page_stands_while_nothing_was_ever_measured(lab, tmp_path):
    app = open_doors(lab, tmp_path).app()
    carer = Browser(app, lab, lab.carer)
    review = lab.opens()
    page = carer.get(f"/reviews/{review}")
    assert "No alerts of this rule in the last four weeks." in page
    page = carer.post(f"/reviews/{review}/what-if", 422, limit__limit="88")
    assert "no reading of this site is stored yet" in page.lower()
    carer.get("/rules")
    carer.get("/reviews")


def test_a_site_that_is_not_the_readers_does_not_exist(people):
    people("carer").get(f"/rules/{SITE}/spo2-low")
    people("carer").get("/rules/donegal/spo2-low", 404)
    people("carer").get(f"/rules/{SITE}/nothing", 404)
    people("carer").get("/reviews/999", 404)


def test_the_page_of_a_stale_replay_offers_another(people, lived):
    review = lived.opens()
    lived.proposes(review)
    lived.replays(review)
    other = lived.opens()
    lived.proposes(other, 90)
    lived.replays(other, 90)
    lived.all_say(other)
    lived.decides(other, after=0)
    lived.clock.advance(DAY)
    page = people("carer").get(f"/reviews/{review}")
    assert "Replay again before deciding" in page
    people("carer").post(f"/reviews/{review}/what-if", limit__limit="88 %")


def test_a_review_nobody_wants_is_withdrawn_by_the_facilitator(people, lived):
    review = lived.opens()
    people("facilitator").post(f"/reviews/{review}/withdraw", reason="opened twice")
    assert "It was withdrawn." in people("carer").get("/reviews")
    with writing(lived.engine) as conn:
        assert records.find(conn, lived.carer, review).phase == "closed"


def test_a_review_is_of_a_site_that_is_there(people, lived):
    everywhere = Viewer(99, "f", "F", frozenset({("*", Role.FACILITATOR)}))
    with pytest.raises(Refused, match="no site nowhere is known"), writing(lived.engine) as conn:
        talking.open_review(conn, everywhere, "nowhere", "spo2-low", "Why?", lived.now)
    review = lived.opens()
    with writing(lived.engine) as conn:  # a row from before this was asked
        here = dict(conn.execute(sa.select(tables.review)).mappings().one())
        here |= {"id": review + 1, "site": "nowhere"}
        conn.execute(tables.review.insert().values(**here))
        users.create(conn, "all", "All", None, [("*", Role.FACILITATOR)], lived.now)
        lived.everybody = users.by_login(conn, "all")
    lived.everybody = replace(everywhere, user_id=lived.everybody.id)
    reader = people("everybody")
    reader.get("/reviews")
    reader.get(f"/reviews/{review}")
    reader.get(f"/reviews/{review + 1}", 404)
    assert reader.http.get("/api/v1/reviews").status_code == 200
    assert reader.http.get(f"/api/v1/reviews/{review + 1}").status_code == 404
