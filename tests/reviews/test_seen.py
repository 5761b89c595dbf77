"""What is said on a page is meant of what stood there: nothing lands on what nobody saw."""

import re
from decimal import Decimal

import pytest

from devices.errors import Refused
from gateway.db import reading, writing
from gateway.rulebook import Mode
from reviews import records, talking
from reviews.seen import Basis
from tests.reviews.doors import open_doors
from tests.reviews.lab import SITE, SPO2
from tests.reviews.test_http import call
from tests.reviews.test_pages import Browser

__all__ = ["call"]  # a fixture


def position(lived, viewer, review, seen):
    with writing(lived.engine) as conn:
        talking.take_position(
            conn, viewer, review, min(viewer.roles(SITE)), records.Stance.SUPPORT, "", "",
            lived.now, seen=seen,
        )  # fmt: skip


def propose(lived, review, limit, seen):
    with writing(lived.engine) as conn:
        return talking.propose(
            conn, lived.resident, review, SPO2, {"limit": Decimal(limit)}, Mode.LIVE,
            "Mine", lived.now, seen=seen,
        )  # fmt: skip


def spoken(lived, proposal):
    with reading(lived.engine) as conn:
        return records.positions(conn, proposal)


def test_a_position_on_a_proposal_that_was_replaced_is_refused(lived):
    review = lived.opens()
    first = lived.proposes(review, 88)
    second = lived.proposes(review, 86)
    with pytest.raises(Refused) as caught:
        position(lived, lived.resident, review, first)
    assert caught.value.problem == (
        "the proposal changed while you looked: the carer proposed limit 86 %"
    )
    assert caught.value.hint == "Read it, then take your position"
    with pytest.raises(Refused, match="which of 2 proposals"):
        position(lived, lived.resident, review, None)
    with pytest.raises(Refused, match="no proposal 99 here"):
        position(lived, lived.resident, review, 99)
    assert spoken(lived, second) == []
    position(lived, lived.resident, review, second)
    assert len(spoken(lived, second)) == 1


def test_of_the_only_proposal_one_need_not_say_which(lived):
    review = lived.opens()
    only = lived.proposes(review, 88)
    position(lived, lived.resident, review, None)
    assert len(spoken(lived, only)) == 1


def test_of_two_who_propose_at_once_the_second_is_told(lived):
    review = lived.opens()
    with pytest.raises(Refused, match="no proposal 7 here"):
        propose(lived, review, 86, 7)
    first = lived.proposes(review, 88)
    with pytest.raises(Refused, match="another proposal is on the table: the carer proposed"):
        propose(lived, review, 86, None)
    lived.proposes(review, 88, mode="off")
    with pytest.raises(Refused, match="the carer proposed to do without the rule"):
        propose(lived, review, 86, first)
    with reading(lived.engine) as conn:
        assert len(records.proposals(conn, review)) == 2


def ready(lived, limit=88):
    """Decidable, and what a decider's page shows of it."""
    review = lived.opens()
    lived.proposes(review, limit)
    lived.replays(review, limit)
    lived.all_say(review)
    with reading(lived.engine) as conn:
        return review, lived.basis(conn, review)


def test_a_decision_on_a_proposal_that_was_replaced_is_refused(lived):
    review, seen = ready(lived)
    lived.proposes(review, 86)
    lived.replays(review, 86)
    lived.all_say(review)
    for basis, why in ((seen, "changed while you looked: the carer"), (Basis(), "which of 2")):
        with pytest.raises(Refused, match=why):
            lived.decides(review, basis=basis)
    assert lived.review(review).phase == "exploration"
    lived.decides(review)


def test_a_decision_over_another_version_than_was_seen_is_refused(lived):
    review, seen = ready(lived)
    other, _ = ready(lived, 90)
    lived.decides(other, after=0)
    lived.replays(review, 88)
    with pytest.raises(Refused) as caught:
        lived.decides(review, basis=seen)
    assert caught.value.problem.startswith(
        f"what runs changed while you looked: {lived.decider.name}"
    )
    assert "limit 90 %" in caught.value.problem
    with pytest.raises(Refused, match="changed since the proposal was made"):
        lived.decides(review, basis=Basis())
    lived.decides(review)


def test_a_decision_on_a_replay_that_is_not_the_one_that_counts_is_refused(lived):
    review, seen = ready(lived)
    wrong = Basis(seen.proposal, seen.evidence + 1, seen.entry)
    with pytest.raises(Refused, match=f"replay {seen.evidence} is newer"):
        lived.decides(review, basis=wrong)
    lived.decides(review, basis=Basis())  # there was never another of anything


def test_a_stale_page_says_what_changed_and_then_carries_it(lived, tmp_path):
    app = open_doors(lived, tmp_path).app()
    review = lived.opens()
    lived.proposes(review, 88)
    carer = Browser(app, lived, lived.carer)
    path = f"/reviews/{review}"
    hidden = re.compile(r'name="proposal" value="([^"]*)"')
    forms = hidden.findall(carer.http.get(path).text)
    first = forms[0]
    assert forms == [first, first]  # to propose anew, to take a position
    lived.proposes(review, 86)
    said = {"role": "carer", "stance": "support", "interested": "no", "reason": "yes"}
    page = carer.post(f"{path}/position", 422, **said, proposal=first)
    assert "The proposal changed while you looked: the carer proposed limit 86 %." in page
    page = carer.post(f"{path}/propose", 422, limit__limit="85", reason="Lower", proposal=first)
    assert "The proposal changed while you looked" in page
    second = hidden.findall(carer.http.get(path).text)[0]
    carer.post(f"{path}/position", **said, proposal=second)
    assert len(spoken(lived, int(second))) == 1
    decider = Browser(app, lived, lived.decider)
    ballot = {"outcome": "defer", "reasons": "Later", "voiced": "none", "present": "us"}
    form = decider.http.get(f"{path}/decide").text
    assert hidden.findall(form) == [second]
    assert re.search(r'name="entry" value="\d+"', form)
    page = decider.post(f"{path}/decide", 422, **ballot, proposal=first)
    assert "The proposal changed while you looked" in page
    decider.post(f"{path}/decide", **ballot, proposal=second)


def test_a_program_names_what_it_read(call, lived):
    review = lived.opens()
    lived.proposes(review, 88)
    at = f"/{review}"
    _, read = call("carer", "GET", at)
    assert read["entry"] is not None
    lived.proposes(review, 86)
    body = {"role": "carer", "stance": "support", "interest": ""}
    for seen in (None, read["proposal"]["id"]):
        status, problem = call("carer", "POST", f"{at}/positions", {**body, "proposal": seen})
        assert (status, "proposal" in problem["detail"]) == (422, True)
    ballot = {"outcome": "defer", "reasons": "Later", "dissent": "", "present": "us"}
    ballot |= {"proposal": read["proposal"]["id"], "entry": read["entry"]}
    status, problem = call("decider", "POST", f"{at}/decision", ballot)
    assert status == 422
    assert "changed while you looked" in problem["detail"]
    _, read = call("carer", "GET", at)
    ballot["proposal"] = read["proposal"]["id"]
    assert call("decider", "POST", f"{at}/decision", ballot)[0] == 201


def test_a_proposal_that_is_refused_opens_no_review(call, lived):
    opening = {"site": SITE, "rule": "spo2-low", "question": "Why?"}
    same = {"values": {}, "reason": "As it is"}
    status, problem = call("carer", "POST", "", {**opening, "propose": same})
    assert (status, "runs already" in problem["detail"]) == (422, True)
    assert call("carer", "GET", "")[1] == []
    lower = {"values": {"limit": "88"}, "reason": "Quiet nights"}
    status, review = call("carer", "POST", "", {**opening, "propose": lower})
    assert (status, review["phase"]) == (201, "exploration")
    assert call("carer", "GET", f"/{review['id']}")[1]["proposal"]["values"]["limit"] == "88"


def test_no_trial_begins_of_a_proposal_that_was_replaced(lived, call):
    review = lived.opens()
    first = lived.proposes(review, 88)
    lived.proposes(review, 86)
    _, read = call("facilitator", "GET", f"/{review}")
    for seen, why in ((first, "changed while you looked"), (None, "which of 2 proposals")):
        body = {"days": 3, "proposal": seen}
        status, problem = call("facilitator", "POST", f"/{review}/trial", body)
        assert (status, why in problem["detail"]) == (422, True)
    assert lived.review(review).phase == "exploration"
    body = {"days": 3, "proposal": read["proposal"]["id"]}
    status, begun = call("facilitator", "POST", f"/{review}/trial", body)
    assert (status, begun["review"]["phase"]) == (201, "experimentation")


def test_the_page_of_a_trial_carries_the_proposal_that_it_shows(lived, tmp_path):
    app = open_doors(lived, tmp_path).app()
    review = lived.opens()
    first = lived.proposes(review, 88)
    facilitator = Browser(app, lived, lived.facilitator)
    page = facilitator.http.get(f"/reviews/{review}").text
    assert re.search(rf'/try" .*?name="proposal" value="{first}"', page, re.DOTALL)
    lived.proposes(review, 86)
    page = facilitator.post(f"/reviews/{review}/try", 422, days="3", proposal=str(first))
    assert "The proposal changed while you looked" in page
    assert lived.review(review).phase == "exploration"


def test_a_proposal_of_a_program_is_replayed_as_one_of_the_page_is(call, lived):
    opening = {"site": SITE, "rule": "spo2-low", "question": "Why?"}
    lower = {"values": {"limit": "88"}, "reason": "Quiet nights"}
    _, review = call("carer", "POST", "", {**opening, "propose": lower})
    _, read = call("carer", "GET", f"/{review['id']}")
    assert [one["values"]["limit"] for one in read["evidence"]] == ["88"]
    lower = {"values": {"limit": "86"}, "reason": "Lower", "proposal": read["proposal"]["id"]}
    _, read = call("carer", "POST", f"/{review['id']}/proposals", lower)
    assert [one["values"]["limit"] for one in read["evidence"]] == ["88", "86"]
