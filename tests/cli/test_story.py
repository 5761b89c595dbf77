"""The demo's story: soon after a start every starter rule has something to say, and it is the same
story each time it is told.
"""

from datetime import UTC, datetime
from itertools import combinations

import pytest

from api.cli.demo import folder, prepare, story
from api.cli.demo.carers import RULES
from devices.errors import Refused
from rules.packs import starter_rules
from simulators.homes.home import Home
from simulators.homes.regions import sites

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def homes() -> list[Home]:
    return [home for _, homes in prepare.with_manual(sites()) for home in homes]


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_every_starter_rule_has_something_to_say_within_five_minutes(month: int) -> None:
    now = int(datetime(2026, month, 11, 15, tzinfo=UTC).timestamp() * 1000)
    memory = prepare.begin(1, now)
    plays = story.opening(homes(), memory.began_at, 0, 1)
    staged = story.staged(homes(), plays, memory.began_at, memory.began_at + 6 * HOUR)
    truths = [truth for one in staged for truth in one.truth]
    starters = {rule.name for rule in starter_rules()} - {"fall"}  # no demo home has a detector
    assert {RULES[truth.situation] for truth in truths} >= starters
    for truth in truths:
        # At sixty times a site's five hours are the reader's five minutes.
        assert memory.began_at <= truth.start <= memory.began_at + 5 * HOUR, truth


def test_the_first_of_it_begins_within_seconds_of_the_reader() -> None:
    plays = story.opening(homes(), 0, 0, 1)
    assert min(p.start for p in plays if p.scenario == "low-oxygen") <= 2 * MINUTE


def test_each_start_takes_other_homes() -> None:
    first, second = (story.opening(homes(), 10 * DAY, number, 1) for number in (0, 1))
    oxygen = [next(p for p in plays if p.scenario == "low-oxygen") for plays in (first, second)]
    assert (oxygen[0].site, oxygen[0].home) != (oxygen[1].site, oxygen[1].home)


def test_ordinary_days_are_told_the_same_in_parts() -> None:
    whole = story.ordinary(homes(), 0, 40 * DAY, 1)
    parts = [
        *story.ordinary(homes(), 0, 17 * DAY, 1),
        *story.ordinary(homes(), 17 * DAY, 40 * DAY, 1),
    ]
    assert sorted(whole, key=str) == sorted(parts, key=str)
    assert 20 < len(whole) < 200


def test_two_things_never_happen_in_one_home_at_once() -> None:
    plays = [
        *story.opening(homes(), 40 * DAY, 0, 1),
        *story.ordinary(homes(), 30 * DAY, 50 * DAY, 1),
    ]
    staged = story.staged(homes(), plays, 30 * DAY, 50 * DAY)
    pairs = [
        (one.truth[0], other.truth[0])
        for one, other in combinations(staged, 2)
        if one.home.hub == other.home.hub
    ]
    assert pairs
    for a, b in pairs:
        assert a.start >= b.end or b.start >= a.end or a.situation == b.situation


def test_the_demo_remembers_and_refuses_a_strange_file(tmp_path) -> None:
    memory = prepare.begin(3, 5 * DAY)
    memory.plays = story.opening(homes(), memory.began_at, 0, 3)
    memory.passwords = {"donegal.home-1.hub": "secret"}
    folder.write(tmp_path, memory)
    assert folder.read(tmp_path) == memory
    assert (tmp_path / folder.NAME).stat().st_mode & 0o077 == 0
    (tmp_path / folder.NAME).write_text("{}")
    with pytest.raises(Refused, match="--fresh"):
        folder.read(tmp_path)
