"""The decision of a review is the key that deploys a rule: what it needs, what it does."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from devices.errors import Refused
from gateway import rulebook
from gateway.access import NotAllowed, NotFound, Role
from gateway.access.tables import audit_entry
from gateway.db import reading, writing
from reviews import records, tables, talking
from reviews.decide import NotYet
from reviews.quorum import Missing
from tests.reviews.lab import DAY, HOUR, SITE, SPO2, who


def on_the_table(lab, limit=88):
    """A review with a proposal that was replayed."""
    review = lab.opens()
    lab.proposes(review, limit)
    lab.replays(review, limit)
    return review


def test_a_decision_deploys_at_its_instant(lived):
    review = on_the_table(lived)
    lived.all_say(review)
    assert lived.missing(review) == []
    lived.decides(review, after=HOUR)
    assert lived.limit() == 92
    assert lived.limit(lived.now + HOUR - 1) == 92
    assert lived.limit(lived.now + HOUR) == 88
    assert lived.review(review).phase == "evaluation"


def test_everything_of_a_decision_is_kept(lived):
    review = on_the_table(lived)
    lived.all_say(review)
    made = lived.decides(
        review, dissent="Dora fears for her mother", present="Anna, Bjorn, two carers"
    )
    with reading(lived.engine) as conn:
        taken = records.decisions(conn, review)[-1]
        live = rulebook.live_entry(conn, SITE, "spo2-low", lived.now + HOUR)
        frozen = records.forecasts(conn, made)
        audited = conn.execute(sa.select(audit_entry.c.verb, audit_entry.c.object)).all()
    assert taken.dissent == "Dora fears for her mother"
    assert live.mandate.kind is rulebook.MandateKind.ADOPTED
    assert live.mandate.decision_id == made
    assert [(one.measure, one.count) for one in frozen] == [("alerts", 2), ("nights", 2)]
    assert ("decided", f"review:{review}") in audited
    assert ("adopted", "rule:spo2-low") in audited


def test_without_a_quorum_nothing_happens_and_the_reasons_are_named(lived):
    review = on_the_table(lived)
    assert lived.missing(review) == [Missing.NO_RESIDENT, Missing.NO_CARER, Missing.NO_DECIDER]
    lived.says(lived.carer, review)
    lived.says(lived.facilitator, review)
    lived.says(lived.champion, review)
    assert lived.missing(review) == [Missing.NO_RESIDENT, Missing.NO_DECIDER]
    with pytest.raises(NotYet, match="No resident or resident's representative"):
        lived.decides(review)
    with reading(lived.engine) as conn:
        assert records.decisions(conn, review) == []
    assert lived.limit(lived.now + DAY) == 92


def test_a_relative_speaks_for_the_residents_side(lived):
    review = on_the_table(lived)
    for one in (lived.carer, lived.relative, lived.decider):
        lived.says(one, review)
    assert lived.missing(review) == []


def test_one_person_with_three_roles_is_one_voice(lived):
    many = who(9, Role.CARER)
    many = type(many)(9, "all", "All", frozenset((SITE, role) for role in
                      (Role.CARER, Role.RESIDENT, Role.DECIDER)))  # fmt: skip
    review = on_the_table(lived)
    for role in (Role.CARER, Role.RESIDENT, Role.DECIDER):
        with writing(lived.engine) as conn:
            talking.take_position(
                conn, many, review, role, records.Stance.SUPPORT, "", "", lived.now
            )
    assert lived.missing(review, viewer=many) == [Missing.NO_RESIDENT, Missing.NO_CARER]


def test_a_facilitator_cannot_decide(lived):
    review = on_the_table(lived)
    lived.all_say(review)
    with pytest.raises(NotYet, match="Only a decider"):
        lived.decides(review, viewer=lived.facilitator)


def test_no_deploy_without_a_replay(lived):
    review = lived.opens()
    lived.proposes(review)
    lived.all_say(review)
    assert lived.missing(review) == [Missing.NO_EVIDENCE]


def test_a_replay_of_another_proposal_does_not_count(lived):
    review = on_the_table(lived, 88)
    lived.proposes(review, 86)
    lived.all_say(review)
    assert lived.missing(review) == [Missing.STALE_EVIDENCE]
    lived.replays(review, 86)
    assert lived.missing(review) == []


def test_evidence_is_stale_once_another_version_is_live(lived):
    review = on_the_table(lived, 88)
    lived.all_say(review)
    other = on_the_table(lived, 90)
    lived.all_say(other)
    lived.decides(other, after=0)
    lived.clock.advance(HOUR)
    assert lived.missing(review) == [Missing.STALE_EVIDENCE]
    lived.replays(review, 88)
    assert lived.missing(review) == []


def test_a_new_proposal_begins_without_positions(lived):
    review = on_the_table(lived, 88)
    lived.all_say(review)
    lived.proposes(review, 86)
    assert Missing.NO_CARER in lived.missing(review)


def test_an_objection_needs_its_reason_and_is_written_into_the_decision(lived):
    review = on_the_table(lived)
    with pytest.raises(Refused, match="objection needs its reason"):
        lived.says(lived.resident, review, "object")
    lived.says(lived.resident, review, "object", "I was ill at 89")
    lived.says(lived.carer, review)
    lived.says(lived.decider, review)
    with pytest.raises(Refused, match="dissent was voiced"):
        lived.decides(review, dissent="")
    lived.decides(review, dissent="Anna: I was ill at 89")
    assert lived.limit(lived.now + HOUR) == 88


def test_whether_one_has_an_interest_of_ones_own_must_be_said(lived):
    review = on_the_table(lived)
    with pytest.raises(Refused, match="interest of your own"):
        lived.says(lived.decider, review, interest=None)
    lived.says(lived.decider, review, interest="I sold them the oximeters")
    with reading(lived.engine) as conn:
        proposal = records.proposals(conn, review)[-1]
        said = records.positions(conn, proposal.id)
    assert said[0].interest == "I sold them the oximeters"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"reasons": " "}, "no reasons"),
        ({"dissent": None}, "whether there was dissent"),
        ({"present": ""}, "nobody was there"),
        ({"after": -HOUR}, "has passed"),
    ],
)
def test_what_a_decision_must_say(lived, words, why):
    review = on_the_table(lived)
    lived.all_say(review)
    with pytest.raises(Refused, match=why):
        lived.decides(review, **words)
    assert lived.limit(lived.now + DAY) == 92
    assert lived.review(review).phase == "exploration"


class Floor:
    name = "never below 86 %"

    def breach(self, site, rule, values):
        return "somebody would lie there blue" if values["limit"] < 86 else None


def test_a_safety_floor_holds_whoever_decides(lived):
    review = on_the_table(lived, 84)
    lived.all_say(review)
    with pytest.raises(Refused, match="lie there blue"):
        lived.decides(review, floors=[Floor()])
    other = on_the_table(lived, 88)
    lived.all_say(other)
    lived.decides(other, floors=[Floor()])
    with reading(lived.engine) as conn:
        assert records.decisions(conn, other)[-1].floors == ("never below 86 %",)


def test_rejecting_leaves_what_is_live_under_this_decision(lived):
    review = on_the_table(lived)
    lived.all_say(review)
    made = lived.decides(review, "reject", reasons="Two of us were truly ill")
    with reading(lived.engine) as conn:
        live = rulebook.live_entry(conn, SITE, "spo2-low", lived.now)
    assert live.values["limit"] == 92
    assert live.mandate.decision_id == made
    assert lived.review(review).phase == "closed"


def test_deferring_needs_no_quorum_and_gives_time(lived):
    review = on_the_table(lived)
    lived.clock.advance(20 * DAY)
    lived.decides(review, "defer", reasons="The residents could not come")
    assert lived.review(review).phase == "exploration"
    assert lived.review(review).due_at == lived.now + 28 * DAY


def test_doing_without_a_rule_is_a_decision_like_any_other(lived):
    review = lived.opens()
    lived.proposes(review, 92, mode="off", reason="Nobody here needs it")
    lived.replays(review, 92, mode="off")
    lived.all_say(review)
    lived.decides(review, after=0)
    assert lived.limit() is None


def test_a_stop_opens_a_review_that_must_be_answered(lived):
    with writing(lived.engine) as conn:
        rulebook.stop(conn, lived.coordinator, SITE, "spo2-low", "it never ends", lived.now)
        opened = talking.open_for_stops(conn, lived.now)
        assert talking.open_for_stops(conn, lived.now) == []
    review = opened[0]
    found = lived.review(review)
    assert (found.cause, found.question) == ("stop", "it never ends")
    assert found.due_at == lived.now + 14 * DAY
    with pytest.raises(Refused, match="must be answered"), writing(lived.engine) as conn:
        talking.withdraw(conn, lived.facilitator, review, "never mind", lived.now)
    lived.proposes(review, 88, reason="bring it back lower")
    lived.replays(review, 88)
    lived.all_say(review)
    lived.decides(review, after=0)
    assert lived.limit() == 88
    with reading(lived.engine) as conn:
        assert rulebook.notices(conn, lived.now + 30 * DAY, {SITE: lived.now}) == []


def test_proposing_what_runs_already_is_refused(lived):
    review = lived.opens()
    with pytest.raises(Refused, match="runs already"):
        lived.proposes(review, 92)
    with pytest.raises(Refused, match="outside its range"):
        lived.proposes(review, 70)
    with pytest.raises(Refused, match="no reason"):
        lived.proposes(review, 88, reason="")


def test_limits_that_are_not_named_stay_as_they_run(lived):
    review = on_the_table(lived, 88)
    lived.all_say(review)
    lived.decides(review, after=0)
    lived.clock.advance(1)
    other = lived.opens()
    with writing(lived.engine) as conn:
        talking.propose(
            conn, lived.carer, other, SPO2, {"minutes": Decimal(10)}, rulebook.Mode.LIVE,
            "longer", lived.now,
        )  # fmt: skip
        assert records.proposals(conn, other)[-1].values == {"limit": 88, "minutes": 10}


def test_who_may_not_see_a_review_does_not_find_it(lived):
    review = lived.opens()
    stranger = who(11, Role.CARER)
    stranger = type(stranger)(11, "far", "Far", frozenset({("donegal", Role.CARER)}))
    with reading(lived.engine) as conn:
        assert records.listing(conn, stranger) == []
        with pytest.raises(NotFound):
            records.find(conn, stranger, review)


def test_a_technician_sees_reviews_and_takes_no_part(lived):
    technician = who(12, Role.TECHNICIAN)
    review = lived.opens()
    with reading(lived.engine) as conn:
        assert records.find(conn, technician, review).id == review
    with pytest.raises(NotAllowed):
        lived.opens(technician)
    with pytest.raises(NotAllowed):
        lived.proposes(review, 88, viewer=technician)
    lived.proposes(review)
    with pytest.raises(NotAllowed):
        lived.says(technician, review)


@pytest.mark.parametrize(
    "table", [tables.decision, tables.position, tables.proposal, tables.forecast]
)
def test_what_was_said_is_never_changed(lived, table):
    review = on_the_table(lived)
    lived.all_say(review)
    lived.decides(review)
    with pytest.raises(sa.exc.DatabaseError, match="only added"), writing(lived.engine) as conn:
        conn.execute(sa.delete(table))
