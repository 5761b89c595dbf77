"""By what right a version runs: founding, adopted, stop; and how each begins and ends."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from api.cli.rulebook import _shown
from devices.errors import Refused
from gateway import rulebook
from gateway.access import NotAllowed, Role
from gateway.db import reading, writing
from gateway.rulebook import MandateKind, Mode, NoticeKind, tables
from rules.packs import STARTER, starter_rules
from tests.rulebook.site import DAY, spo2, who


def notices(site, at=None):
    with reading(site.engine) as conn:
        return rulebook.notices(conn, site.now, {site.name: site.now if at is None else at})


def test_the_starter_pack_runs_live_under_founding_mandates(site):
    site.begins(*starter_rules())
    with reading(site.engine) as conn:
        found = rulebook.running(rulebook.entries(conn, site.name), site.now)
    assert len(found) == len(STARTER)
    assert all(one.mandate and one.mandate.kind is MandateKind.FOUNDING for one in found)
    assert all(one.mandate.expires_at == site.now + 90 * DAY for one in found)


def test_installing_twice_changes_nothing(site):
    site.begins()
    with reading(site.engine) as conn:
        before = rulebook.revision(conn)
    site.begins()
    with reading(site.engine) as conn:
        assert rulebook.revision(conn) == before


def test_a_founding_mandate_that_expires_shouts_and_still_runs(site):
    site.begins()
    assert notices(site) == []
    site.clock.advance(77 * DAY)
    assert [one.kind for one in notices(site)] == [NoticeKind.EXPIRING]
    site.clock.advance(13 * DAY)
    assert [one.kind for one in notices(site)] == [NoticeKind.EXPIRED]
    assert site.limit() == 92


def test_expiry_is_wall_time_also_where_the_sites_clock_runs_otherwise(site):
    site.begins()
    assert notices(site, at=site.now + 5_000 * DAY) == []
    site.clock.advance(90 * DAY)
    assert [one.kind for one in notices(site, at=1_000)] == [NoticeKind.EXPIRED]


def test_adopting_ends_the_notice(site):
    site.begins()
    site.clock.advance(91 * DAY)
    site.adopts(limit=90)
    assert notices(site) == []


def test_a_decision_takes_force_at_its_instant_and_not_before(site):
    site.begins()
    site.adopts(after=DAY, limit=88)
    assert site.limit(site.now + DAY - 1) == 92
    assert site.limit(site.now + DAY) == 88
    with reading(site.engine) as conn:
        found = rulebook.entries(conn, site.name)
        assert rulebook.next_change(found, site.now) == site.now + DAY


def test_an_instant_that_has_passed_is_refused(site):
    site.begins()
    with pytest.raises(Refused, match="has passed"):
        site.adopts(after=-1, limit=88)


def test_the_newest_decision_withdraws_what_was_scheduled_later(site):
    site.begins()
    site.adopts(after=5 * DAY, limit=88)
    site.adopts(after=2 * DAY, limit=90)
    assert site.limit(site.now + 9 * DAY) == 90
    with reading(site.engine) as conn:
        kinds = [c.kind for c in rulebook.history(conn, site.decider, site.name, "spo2-low")]
    assert kinds == ["adopted", "withdrawn", "adopted", "installed"]


def test_a_value_outside_the_range_is_refused_and_nothing_is_changed(site):
    site.begins()
    with pytest.raises(Refused, match="outside its range"):
        site.adopts(limit=70)
    assert site.limit() == 92


def test_only_a_decider_adopts_and_only_a_coordinator_stops(site):
    site.begins()
    site.decider = who(3, Role.FACILITATOR)
    with pytest.raises(NotAllowed):
        site.adopts(limit=90)
    site.coordinator = who(1, Role.ADMIN)
    with pytest.raises(NotAllowed):
        site.stops()


def test_a_stop_goes_back_one_step_at_once(site):
    site.begins()
    site.adopts(limit=90)
    site.clock.advance(DAY)
    site.adopts(limit=88)
    site.clock.advance(DAY)
    stopped = site.stops()
    assert site.limit() == 90
    assert site.live().mandate.kind is MandateKind.STOP
    assert stopped.review_due_at == site.now + 14 * DAY
    site.stops("still wrong")
    assert site.limit() == 92
    site.stops("worse")
    assert site.limit() is None
    with pytest.raises(Refused, match="not live"):
        site.stops("again")


def test_a_stop_withdraws_what_was_scheduled(site):
    site.begins()
    site.adopts(limit=90)
    site.adopts(after=DAY, limit=88)
    site.stops()
    assert site.limit(site.now + 9 * DAY) == 92


def test_a_stop_needs_its_reason(site):
    site.begins()
    with pytest.raises(Refused, match="no reason"):
        site.stops("  ")


def test_a_stop_that_no_review_answers_is_told_after_14_days(site):
    site.begins()
    site.stops()
    site.clock.advance(14 * DAY)
    assert [one.kind for one in notices(site)] == [NoticeKind.REVIEW_OVERDUE]
    site.adopts(mode="off")  # the review decided: we do without
    assert notices(site) == []
    assert site.limit() is None


def test_a_decision_that_changes_nothing_renews_the_mandate_without_a_step(site):
    site.begins()
    site.adopts(limit=90)
    site.clock.advance(DAY)
    site.adopts(limit=90)
    site.stops()
    assert site.limit() == 92


def tries(site, limit):
    with writing(site.engine) as conn:
        given = {"limit": Decimal(limit)}
        until = site.now + 14 * DAY
        rulebook.trial(
            conn, site.facilitator, site.name, spo2(), given, "try it", site.now, until, site.now
        )


def modes(site, at):
    with reading(site.engine) as conn:
        return [one.mode for one in rulebook.running(rulebook.entries(conn, site.name), at)]


def test_a_shadow_runs_beside_what_is_live_and_ends_by_itself(site):
    site.begins()
    tries(site, 88)
    assert modes(site, site.now) == [Mode.LIVE, Mode.SHADOW]
    assert modes(site, site.now + 14 * DAY) == [Mode.LIVE]


def test_a_shadow_ends_when_it_is_adopted(site):
    site.begins()
    tries(site, 88)
    site.clock.advance(DAY)
    site.adopts(limit=88)
    assert modes(site, site.now) == [Mode.LIVE]
    assert modes(site, site.now + 20 * DAY) == [Mode.LIVE]
    with reading(site.engine) as conn:
        told = rulebook.history(conn, site.carer, site.name, "spo2-low")
        shown = _shown(rulebook.in_force(rulebook.entries(conn, site.name), site.now))
    assert [one.kind for one in told] == ["adopted", "trial", "installed"]  # nothing was withdrawn
    assert [one.mode for one in shown] == [Mode.LIVE]  # one line of homecare rules list


def test_one_trial_at_a_time(site):
    site.begins()
    tries(site, 88)
    with pytest.raises(Refused, match="runs already"):
        tries(site, 90)


def test_two_sites_run_different_versions(site):
    site.begins(spo2(92))
    site.begins(spo2(92), site="donegal")
    site.adopts(spo2(92, title="Low oxygen"), limit=88)
    with reading(site.engine) as conn:
        here = rulebook.live_entry(conn, "vestland", "spo2-low", site.now)
        there = rulebook.live_entry(conn, "donegal", "spo2-low", site.now)
    assert here.values["limit"] == 88
    assert there.values["limit"] == 92
    assert here.text != there.text


def test_texts_stay_as_they_were_decided_on(site):
    site.begins()
    site.adopts(spo2(title="Low oxygen"), limit=90)
    site.clock.advance(1)
    site.adopts(limit=90)
    with reading(site.engine) as conn:
        rows = conn.execute(sa.select(tables.rule_version)).all()
    assert len(rows) == 2
    assert all(rulebook.text_hash(row.text) == row.text_hash for row in rows)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"mandate_id": None}, "mandate"),
        ({"mode": "shadow"}, "mode"),
        ({"text_hash": "0" * 64}, "FOREIGN KEY"),
    ],
)
def test_the_table_itself_refuses_a_live_entry_without_right(site, broken, why):
    site.begins()
    with reading(site.engine) as conn:
        row = dict(conn.execute(sa.select(tables.entry)).mappings().one())
    del row["id"]
    with pytest.raises(sa.exc.IntegrityError, match=why), writing(site.engine) as conn:
        conn.execute(tables.entry.insert().values({**row, **broken}))


def test_one_decision_gives_one_mandate(site):
    site.begins()
    site.adopts(limit=90)
    site.decisions = 0
    with pytest.raises(sa.exc.IntegrityError, match="decision_id"):
        site.adopts(limit=88)


@pytest.mark.parametrize(
    "table",
    ["rule_version", "mandate", "rulebook_entry", "rulebook_withdrawal", "rulebook_change"],
)
def test_nothing_written_is_ever_changed(site, table):
    site.begins()
    site.adopts(after=DAY, limit=90)
    site.stops()
    with pytest.raises(sa.exc.DatabaseError, match="only"), writing(site.engine) as conn:
        conn.execute(sa.text(f"DELETE FROM {table}"))
