"""Then and now over the site's own sealed history, by the engine that runs live."""

from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import update

from devices.errors import Refused
from gateway import rulebook
from gateway.db import reading, writing
from gateway.registry import tables as registry
from reviews.desk import Wish
from reviews.records import evidence
from reviews.running import Runner
from tests.reviews.lab import DAY, HOUR, SITE, SPO2, START, another_desk


def test_a_lower_limit_spares_the_nights_and_misses_nobody(lived):
    review = lived.in_a_child().opens()
    found = lived.replays(review, 88)
    assert found.state == "done", found.problem
    result = found.result
    assert (result.then.alerts, result.now.alerts) == (14, 2)
    assert (result.then.nights, result.now.nights) == (14, 2)
    assert (result.then.journeys, result.now.journeys) == (14, 2)
    assert (result.then.minutes, result.now.minutes) == (12 * 40 + 2 * 55, 2 * 55)
    assert result.useful == 2
    assert (result.then.missed, result.now.missed) == (0, 0)
    assert (result.gone, result.same, result.new, result.moved) == (12, 2, 0, 0)
    assert result.then.weekly == (4, 3, 4)  # whole weeks, counted back from now
    assert result.homes == 6
    assert result.readings == 28 * 6 * 3 + 14 * 8


def test_the_next_number_finds_history_and_process_ready_and_both_go_after_a_while(lived):
    review = lived.in_a_child().opens()
    worker = lived.desk.runner.worker
    first = lived.replays(review, 88)
    process, path = worker._child.pid, worker._history.path
    second = lived.replays(review, 87)
    assert (worker._child.pid, worker._history.path) == (process, path)
    assert (first.snapshot, first.end_at) == (second.snapshot, second.end_at)
    worker.tidy()
    assert path.exists()
    lived.clock.advance(6 * 60_000)
    worker.tidy()
    assert not path.exists()
    assert worker._child is None


def test_a_limit_too_low_misses_who_was_ill(lived):
    found = lived.replays(lived.opens(), 84)
    assert found.result.now.alerts == 0
    assert found.result.now.missed == 2


def test_the_same_history_has_the_same_hash_and_another_one_has_not(lived):
    review = lived.opens()
    first = lived.replays(review, 88)
    second = lived.replays(review, 87)
    assert first.snapshot == second.snapshot
    assert first.engine == second.engine
    lived.measured("anna", START + 27 * DAY + 22 * HOUR, 80)
    assert lived.replays(review, 85).snapshot == first.snapshot  # numbers tried in a row
    lived.clock.advance(6 * 60_000)
    assert lived.replays(review, 86).snapshot != first.snapshot


def test_the_same_question_is_answered_once(lived):
    review = lived.opens()
    first = lived.replays(review, 88)
    wish = Wish(SPO2, {"limit": Decimal(88)})
    assert lived.desk.ask(lived.resident, review, wish) == first.id


def test_a_home_that_was_hardly_covered_is_listed_not_counted(lab):
    for day in range(28):
        lab.measured("anna", START + day * DAY + 9 * HOUR, 96)
        if day in {0, 1, 2, 27}:
            lab.measured("bjorn", START + day * DAY + 9 * HOUR, *[85] * 8)
    result = lab.replays(lab.opens(), 88).result
    assert result.homes == 1
    assert "home-2" in result.homes_listed
    assert result.then.alerts == 0
    assert result.covered_days == pytest.approx(27.6, abs=0.2)


def test_a_home_that_joined_later_is_not_blamed_for_the_time_before(lab):
    lab.measured("anna", START + 9 * HOUR, 96)
    for day in range(20, 28):
        lab.measured("bjorn", START + day * DAY + 9 * HOUR, 96)
    result = lab.replays(lab.opens(), 88).result
    assert "home-2" not in result.homes_listed
    assert result.covered_days == pytest.approx(7.6, abs=0.2)


def test_an_own_value_held_as_it_was_then(lived):
    with writing(lived.engine) as conn:
        rulebook.set_parameter(
            conn, lived.coordinator, SITE, "bjorn", "spo2-low", "limit", Decimal(88),
            "prescribed", lived.now, START + 14 * DAY,
        )  # fmt: skip
    result = lived.replays(lived.opens(), 94).result
    assert result.then.alerts == 2 + 6  # bjorn's first two weeks at the site's 92 %
    assert result.now.alerts == 2 + 6


def test_while_it_is_off_for_somebody_neither_side_counts_them(lived):
    turn = partial(rulebook.switch, reason="Away", now=lived.now)
    whole = lived.replays(lived.opens(), 94).result
    with writing(lived.engine) as conn:
        who = (conn, lived.coordinator, SITE, "bjorn", "spo2-low")
        turn(*who, on=False, site_at=START + 14 * DAY)
    result = lived.replays(lived.opens(), 94).result
    assert result.then.alerts == 2 + 6  # bjorn's first two weeks
    assert result.covered_days == pytest.approx(whole.covered_days - 14, abs=1.2)
    with writing(lived.engine) as conn:
        who = (conn, lived.coordinator, SITE, "bjorn", "spo2-low")
        turn(*who, on=True, site_at=START + 14 * DAY + 1)
    assert lived.replays(lived.opens(), 94).result.then.alerts == whole.then.alerts


def test_whoever_withdrew_consent_is_in_no_replay(lived):
    with writing(lived.engine) as conn:
        conn.execute(
            update(registry.consent)
            .where(registry.consent.c.resident == "bjorn")
            .values(to_at=lived.now - 1)
        )
    lived.registry.reload()
    result = lived.replays(lived.opens(), 88).result
    assert result.residents == 5
    assert result.then.alerts == 2


def test_doing_without_the_rule_is_replayed_too(lived):
    result = lived.replays(lived.opens(), 92, mode="off").result
    assert result.now.alerts == 0
    assert result.now.missed == 2


def test_a_site_without_readings_has_nothing_to_replay(lab):
    with pytest.raises(Refused, match="no reading"):
        lab.replays(lab.opens(), 88)


def test_a_child_that_needs_too_much_memory_says_so(lived):
    lived.desk.runner = Runner(
        lived.engine, lived.clock, lived.registry, lived.store, 3.0, memory_mib=24
    )
    found = lived.replays(lived.opens(), 88)
    assert found.state == "failed"
    assert found.problem
    assert found.result is None


def test_a_value_outside_the_range_is_refused_before_anything_runs(lived):
    with pytest.raises(Refused, match="outside its range"):
        lived.replays(lived.opens(), 60)


def test_what_a_stop_cut_short_says_so(lived):
    review = lived.opens()
    asked = lived.desk.ask(lived.carer, review, Wish(SPO2, {"limit": Decimal(88)}))
    again = another_desk(lived)
    again.start()
    again.stop()
    with reading(lived.engine) as conn:
        found = evidence(conn, asked)
    assert found.state == "failed"
    assert "stopped meanwhile" in found.problem
