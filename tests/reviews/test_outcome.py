"""After go-live the forecast is held against what came; a miss opens the review again."""

import pytest

from gateway.alerts.tables import episode
from gateway.db import reading, writing
from reviews import outcome, records, talking
from reviews.forecast import Verdict
from tests.reviews.lab import DAY, HOUR, PEOPLE, SITE, START


@pytest.fixture
def live(lived):
    """A review whose proposal is in force since now."""
    review = lived.opens()
    lived.proposes(review, 88)
    lived.replays(review, 88)
    lived.all_say(review)
    lived.decides(review, after=0)
    lived.under_way = review
    return lived


def days_pass(lab, days, nightly=()):
    """Everybody measures; `nightly` residents raise a live episode each night."""
    first = (lab.now - START) // DAY
    for day in range(first, first + days):
        for name in PEOPLE:
            lab.measured(name, START + day * DAY + 9 * HOUR, 96)
    with writing(lab.engine) as conn:
        for day in range(first, first + days):
            for name in nightly:
                onset = START + day * DAY + 3 * HOUR
                conn.execute(
                    episode.insert().values(
                        site=SITE, home=f"home-{PEOPLE.index(name) + 1}", resident=name,
                        subject=f"resident:{name}", rule_name="spo2-low", version="v", mode="live",
                        onset_at=onset, noticed_at=onset, ended_at=onset + HOUR, late=False,
                        evidence="[]", recorded_at=onset,
                    )
                )  # fmt: skip
    lab.stored()
    lab.clock.advance(days * DAY)


def counted(lab):
    """As the desk does each day."""
    with writing(lab.engine) as conn:
        for one in outcome.due(conn, lab.now, lambda site: lab.now):
            lab.asked = one
    lab.desk.run(lab.asked)
    with reading(lab.engine) as conn:
        return outcome.account(conn, lab.under_way, lab.now)


def test_before_28_days_it_is_too_early(live):
    days_pass(live, 9)
    account = counted(live)
    assert account.days_live == 9
    assert {one.verdict for one in account.measures} == {Verdict.EARLY}


def test_a_quiet_month_is_inside(live):
    days_pass(live, 29)
    account = counted(live)
    assert [one.verdict for one in account.measures] == [Verdict.INSIDE, Verdict.INSIDE]
    assert account.measures[0].covered_days == pytest.approx(6 * 29, abs=6)
    assert live.review(live.under_way).phase == "evaluation"


def test_far_more_than_was_said_opens_the_review_again(live):
    days_pass(live, 29, nightly=["bjorn", "dora"])
    account = counted(live)
    assert [one.verdict for one in account.measures] == [Verdict.OUTSIDE, Verdict.OUTSIDE]
    assert account.measures[0].seen == 58
    review = live.review(live.under_way)
    assert review.phase == "co-creation"
    with reading(live.engine) as conn:
        words = [one.words for one in records.course(conn, review.id)]
    assert any("left the forecast" in one for one in words)


def test_it_is_counted_once_a_day(live):
    days_pass(live, 9)
    counted(live)
    with writing(live.engine) as conn:
        assert outcome.due(conn, live.now, lambda site: live.now) == []
        assert len(outcome.due(conn, live.now, lambda site: live.now + DAY)) == 1


def test_a_good_outcome_is_kept_and_closes_the_review(live):
    days_pass(live, 29)
    counted(live)
    live.decides(live.under_way, "keep", reasons="As we hoped")
    assert live.review(live.under_way).phase == "closed"
    assert live.limit() == 88


def test_a_failed_one_goes_back_to_talk(live):
    with writing(live.engine) as conn:
        talking.reopen(conn, live.facilitator, live.under_way, "not as said", live.now)
    assert live.review(live.under_way).phase == "co-creation"
