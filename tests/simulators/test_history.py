"""History is what live would have published: reading by reading, and however it is cut."""

from collections import Counter

import numpy as np
import pytest

from api.cli.simulate.placing import placed, places, received
from devices.errors import Refused
from devices.reading import Quality
from simulators.actions import publishes
from simulators.columns import SIGNAL_INDEX, UNTIMED, rows, together
from simulators.history import Piece, Plan, columns, pieces
from simulators.homes.models import model
from tests.building import a_device, a_home, a_resident, a_site, directory_of
from tests.intake.building import a_journal
from tests.simulators import lives
from tests.simulators.builders import HOUR, SEED
from tests.simulators.lives import SPRING

DAY = 24 * HOUR


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    return lives.registered(tmp_path_factory.mktemp("registry"), 6, SEED)


def test_history_is_reading_by_reading_what_live_publishes(stage, tmp_path) -> None:
    """Six zones, a change of clocks, scenarios and faults laid over; through the real journal."""
    homes, directory = stage
    plays, faults = lives.plays(), lives.faults()
    wanted = lives.planned(homes, SPRING, 4, SEED, plays, faults)
    told = lives.written(wanted, directory)
    live = lives.journalled(
        lives.said_live(wanted, plays, faults), a_journal(tmp_path, retention_days=3_650), directory
    )
    assert Counter(told) == Counter(live)
    assert len(told) > 20_000
    assert {row.site for row in told} == {home.site for home in homes}
    assert sum(1 for row in told if row.at != row.received_at) > 200  # faults were at work


def told_by(plan: Plan, directory, rows: int) -> list[lives.Row]:
    return sorted(lives.written(plan, directory, rows), key=str)


def test_any_cut_is_the_same_history_and_no_piece_is_larger_than_asked(stage) -> None:
    homes, directory = stage
    plan = Plan(homes[:3], SPRING, 5, SEED)
    whole = told_by(plan, directory, 10_000_000)
    assert len(list(pieces(plan, 10_000_000))) == 1
    for most in (2_200, 5_500):
        small = list(pieces(plan, most))
        assert max(len(columns(plan, piece)) for piece in small) < 2 * most
        assert sum(piece.home_days for piece in small) == 15
        assert told_by(plan, directory, most) == whole


def test_days_that_are_there_are_left_out_and_only_they(stage) -> None:
    homes, _ = stage
    plan = Plan(homes[:3], SPRING, 6, SEED)
    there = frozenset((home, plan.first_day + day) for home in (0, 1) for day in (2, 3))
    left = [
        (home, day)
        for piece in pieces(plan, 3_300, there)
        for home in piece.homes
        for day in range(piece.first_day, piece.first_day + piece.days)
    ]
    every = {(home, plan.first_day + day) for home in range(3) for day in range(6)}
    assert len(left) == len(set(left))
    assert set(left) == every - there


def test_what_a_device_says_of_the_time_is_judged_as_intake_does(stage) -> None:
    """Untimed, ahead, a year behind and implausible: the fast way against message by message."""
    homes, directory = stage
    plan = Plan(homes[:2], SPRING, 1, SEED)
    calm = columns(plan, Piece((0, 1), plan.first_day, 1))
    calm = calm.where(np.isin(calm.signal, [SIGNAL_INDEX["link_quality"], SIGNAL_INDEX["battery"]]))
    turn = np.arange(len(calm)) % 5
    wrong = calm.altered(
        at=np.select(
            [turn == 0, turn == 1, turn == 2],
            [np.int64(UNTIMED), calm.at + 3 * DAY, calm.at // 100],
            calm.at,
        ),
        x=np.where(turn == 3, calm.x + 10_000, calm.x),
    )
    fast, lost = placed(wrong, places(plan.homes, directory), ())
    slow, also_lost = received(publishes(plan.homes, wrong), directory, ())
    assert lost == also_lost == 0
    assert Counter(lives.rows_of(fast)) == Counter(lives.rows_of(slow))
    assert {int(q) & ~int(Quality.REPEATED) for q in fast.quality} >= {
        0, int(Quality.FUTURE), int(Quality.SKEWED), int(Quality.UNTIMED), int(Quality.IMPLAUSIBLE),
    }  # fmt: skip


def test_consent_pauses_and_moves_keep_out_what_they_keep_out_live(stage) -> None:
    homes, _ = stage
    home = next(one for one in homes if one.has("cuff"))
    plan = Plan((home,), SPRING, 3, SEED)
    morning, noon = plan.start(0) + 6 * HOUR, plan.start(0) + 9 * HOUR
    person = a_resident(
        home.people[0].id,
        consent_until=plan.start(0) + 2 * DAY,
        pauses=[(morning, noon, False), (noon, noon + HOUR, True)],
    )
    devices = [
        a_device(
            one.id,
            dialect=model(one.model).dialect,
            place=one.place,
            owner="home" if one.owner is None else person.id,
            since=noon if one.id == "motion-kitchen" else 0,
        )
        for one in home.devices
        if one.id != "motion-bathroom"
    ]
    site = a_site(home.site, homes=[a_home(home.id, residents=[person], devices=devices)])
    directory = directory_of(site)
    calm = columns(plan, Piece((0,), plan.first_day, 3))
    pressed = rows(np.array([morning + HOUR, noon + HOUR // 2]), home.device("button"), "sos", 1)
    told = together([calm, pressed])
    fast, lost = placed(told, places(plan.homes, directory), ())
    slow, also_lost = received(publishes(plan.homes, told), directory, ())
    assert lost == also_lost > 500
    assert Counter(lives.rows_of(fast)) == Counter(lives.rows_of(slow))
    assert Counter(row.signal for row in lives.rows_of(fast))["sos"] == 1


def test_no_plan_without_homes_or_days(stage) -> None:
    homes, _ = stage
    with pytest.raises(Refused, match="nobody to live"):
        Plan((), SPRING, 1, SEED)
    for days in (0, -3, 100_000):
        with pytest.raises(Refused, match="that is no time"):
            Plan(homes[:1], SPRING, days, SEED)
