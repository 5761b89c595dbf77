"""Simulated homes through the real broker and gateway: what is said arrives, whatever is told."""

from collections.abc import Iterator

import pytest

from api.pace import AS_FAST_AS_IT_GOES
from tests.cli.living import HOUR, START, Living, running, until

pytestmark = [pytest.mark.enable_socket, pytest.mark.broker, pytest.mark.server]

MAX = AS_FAST_AS_IT_GOES
API = "/api/v1/simulations"


@pytest.fixture
def few(tmp_path) -> Iterator[Living]:
    made = Living(tmp_path, 6)
    yield made
    made.stop()


def order(living: Living, line, **fields):
    """As a page would, once the simulator has told of its homes; what became of it."""
    until(lambda: any(one["run"] == line.run for one in living.api.get(API)))
    until(lambda: living.gateway and not line._cast_wanted and line.problem == "")
    given = living.api.post(f"{API}/orders", {"run": line.run, **fields})

    def settled():
        found = living.api.get(f"{API}/{line.run}")["orders"]
        return next(o for o in found if o["order"] == given["order"])["state"] != "waiting"

    until(settled)
    found = living.api.get(f"{API}/{line.run}")["orders"]
    return next(one for one in found if one["order"] == given["order"])


def test_a_day_of_twenty_homes_is_stored_as_history_writes_it(tmp_path):
    living = Living(tmp_path, 20)
    try:
        end = START + 24 * HOUR
        with running(living, speed=MAX, until_at=end) as (player, _):
            until(lambda: not player.thread.is_alive(), 200)
            state = player.performance.state()
        assert (state.lost, state.refused, state.owed) == (0, (), 0)
        written = living.written(START, end)
        assert len(written) > 10_000
        assert living.stored(START, end) == written
    finally:
        living.stop()


def test_pause_stands_still_and_speed_changes_what_a_second_is(few):
    with running(few, speed=60) as (player, line):
        until(lambda: player.at > START)
        assert order(few, line, kind="pause")["state"] == "done"
        stood = player.at
        until(lambda: few.api.get(f"{API}/{line.run}")["state"] == "paused")
        assert player.at == stood
        assert order(few, line, kind="speed", speed="max")["state"] == "done"
        assert player.at == stood  # a speed is no start
        assert order(few, line, kind="start")["state"] == "done"
        until(lambda: player.at > stood + 2 * HOUR)
        assert few.api.get(f"{API}/{line.run}")["speed"] == 0
    assert few.stored(START, stood) == few.written(START, stood)


def test_a_scenario_staged_now_raises_its_alert_and_the_score_shows_it(few):
    with running(few, speed=120) as (player, line):
        until(lambda: player.at > START)
        home = few.homes[0]
        done = order(few, line, kind="scenario", site=home.site, home=home.id, scenario="sos")
        assert done["state"] == "done"

        def score():
            return few.api.get(f"{API}/{line.run}/score")

        until(lambda: score()["noticed"] == 1)
        found = score()
        (situation,) = found["situations"]
        assert (situation["situation"], situation["state"]) == ("sos", "noticed")
        assert (situation["rule"], found["planted"], found["missed"]) == ("sos", 1, 0)
        assert situation["delay_ms"] <= 5 * 60_000
        twice = order(few, line, kind="scenario", site=home.site, home=home.id, scenario="sos")
        assert (twice["state"], "overlaps" in twice["words"]) == ("refused", True)


def test_a_fault_laid_now_silences_the_home_from_now_on(few):
    home = few.homes[0]
    with running(few, speed=600) as (player, line):
        until(lambda: player.at > START + HOUR)
        done = order(
            few,
            line,
            kind="fault",
            site=home.site,
            home=home.id,
            fault={"fault": "silence", "for": "3 h"},
        )
        assert done["state"] == "done"
        begins = player.at
        until(lambda: player.at > begins + 3 * HOUR)
    silent = begins + 5 * 60_000, begins + 2 * HOUR
    mine = (home.site, home.id)
    assert [row for row in few.stored(*silent) if row[:2] == mine] == []
    others = [row for row in few.written(*silent) if row[:2] != mine]
    assert [row for row in few.stored(*silent) if row[:2] != mine] == others


def test_a_hub_with_a_wrong_password_is_named_and_the_others_live_on(few):
    home = few.homes[2]
    place = few.place
    place.passwords[few.cast.logins[home.hub]] = "not-this"
    end = START + 2 * HOUR
    with running(few, speed=MAX, until_at=end, place=place) as (player, line):
        until(lambda: not player.thread.is_alive())
        ((name, why),) = player.performance.state().refused
        assert name == home.hub
        assert "authori" in why.lower()
        until(lambda: few.api.get(f"{API}/{line.run}")["refused"])
        assert few.api.get(f"{API}/{line.run}")["refused"][0]["hub"] == home.hub
    mine = (home.site, home.id)
    stored = few.stored(START, end)
    assert stored == [row for row in few.written(START, end) if row[:2] != mine]


def test_a_broker_that_starts_anew_in_between_loses_nothing(few):
    end = START + 12 * HOUR
    with running(few, speed=7200, until_at=end) as (player, _):
        until(lambda: player.at > START + 3 * HOUR)
        few.restart_broker()
        until(lambda: not player.thread.is_alive(), 150)
        assert player.performance.state().lost == 0
    assert few.stored(START, end) == few.written(START, end)
