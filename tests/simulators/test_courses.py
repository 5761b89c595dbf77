"""Scenarios by file: they do what they say, to their own home, cut as one likes; truth is apart."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import Refused
from simulators.columns import NAMES, SIGNAL_INDEX, Columns, together
from simulators.homes.day import between
from simulators.scenarios.catalogue import SCENARIOS, scenario
from simulators.scenarios.cohort import cohort, first_day
from simulators.scenarios.course import FILES, Course, courses, parse_course
from simulators.scenarios.form import ScenarioRefused
from simulators.scenarios.staging import Staged, laid_over

DAY = 86_400_000
SEED = 3


def staged(name: str, homes: int = 1, seed: int = SEED) -> tuple[list, list[Staged]]:
    course = scenario(name)
    assert isinstance(course, Course)
    every = [home for home, _ in cohort(course, seed, homes)]
    return every, [course.stage(home, first_day(course, seed), seed) for home in every]


def played(name: str, seed: int = SEED, before: int = 3) -> tuple[Columns, Columns, Staged]:
    """The calm home, the home with it, and what was staged."""
    homes, (one,) = staged(name, seed=seed)
    calm = between(homes, one.lasts[0] - before * DAY, one.lasts[1], seed)
    return calm, laid_over(calm, homes, [one]), one


def of(columns: Columns, signal: str) -> Columns:
    return columns.where(columns.signal == SIGNAL_INDEX[signal])


def test_there_are_many_and_each_is_named_after_its_file() -> None:
    assert len(courses()) >= 30
    assert [f"{course.name}.yaml" for course in courses()] == list(FILES)
    names = [one.name for one in (*SCENARIOS, *courses())]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("course", courses(), ids=lambda one: one.name)
def test_each_changes_its_own_home_within_its_time(course: Course) -> None:
    homes, both = staged(course.name, 2)
    one = both[0]
    calm = between(homes, one.lasts[0], min(one.lasts[1], one.lasts[0] + 8 * DAY), SEED)
    told = laid_over(calm, homes, [one])
    other = [c.where(c.home == 1) for c in (calm, told)]
    assert all((getattr(other[0], n) == getattr(other[1], n)).all() for n in NAMES)
    mine = [c.where(c.home == 0) for c in (calm, told)]
    same = len(mine[0]) == len(mine[1]) and all(
        (getattr(mine[0], n) == getattr(mine[1], n)).all() for n in NAMES
    )
    assert same is (not course.effects)
    for truth in one.truth:
        assert one.lasts[0] <= truth.start < truth.end
        assert truth.home == homes[0].id
        assert truth.shows


@pytest.mark.parametrize("name", ["urinary-infection", "wandering-at-night", "sensors-swapped"])
def test_in_parts_it_is_the_same_as_in_one(name: str) -> None:
    homes, (one,) = staged(name)
    first = one.lasts[0]
    edges = [first, first + DAY + 12_345_678, first + 3 * DAY, first + 4 * DAY]
    whole = laid_over(between(homes, edges[0], edges[-1], SEED), homes, [one])
    whole = whole.where((whole.at >= edges[0]) & (whole.at < edges[-1]))
    parts = []
    for start, end in pairwise(edges):
        part = laid_over(between(homes, start, end, SEED), homes, [one])
        parts.append(part.where((part.at >= start) & (part.at < end)))
    cut = together(parts).ordered()
    assert all((getattr(cut, n) == getattr(whole, n)).all() for n in NAMES)


def test_another_seed_is_another_course_of_the_same() -> None:
    starts = {played("fall-without-detector", seed)[2].truth[0].start % DAY for seed in range(6)}
    assert len(starts) > 3


def test_fluid_gathers_by_kilograms_and_not_by_a_shout() -> None:
    rises = []
    for seed in range(1, 7):
        calm, told, one = played("heart-failure-nine-days", seed)
        late = (told.at > one.lasts[0] + 9 * DAY) & (told.at < one.lasts[0] + 10 * DAY)
        rise = of(told, "body_weight").x[late[told.signal == SIGNAL_INDEX["body_weight"]]]
        same = of(calm, "body_weight").x[late[told.signal == SIGNAL_INDEX["body_weight"]]]
        rises += (rise - same).tolist()
    assert 20 < np.mean(rises) < 40  # counts of 0.1 kg


def test_whoever_fell_is_not_seen_but_the_sensors_are_heard() -> None:
    _, told, one = played("fall-without-detector")
    (fall,) = one.truth
    lying = told.where((told.at >= fall.start + 60_000) & (told.at < fall.end))
    assert not len(of(lying, "motion"))
    assert len(of(lying, "link_quality")) > 20


def test_nobody_measures_in_an_empty_house() -> None:
    _, told, one = played("holiday")
    (away,) = one.truth
    gone = told.where((told.at >= away.start + 60_000) & (told.at < away.start + 9 * DAY))
    assert not any(len(of(gone, name)) for name in ("motion", "body_weight", "systolic"))
    assert not of(gone, "door").x.any()


def test_a_cat_is_more_movement_and_a_blind_sensor_stays_blind() -> None:
    calm, told, _ = played("cat")
    assert len(of(told, "motion")) > 1.1 * len(of(calm, "motion"))
    added = of(told, "motion")
    for device in np.unique(added.device):
        gaps = np.diff(np.sort(added.at[added.device == device]))
        assert (gaps < 60_000).mean() < 0.1


def test_a_dark_home_is_offline_too() -> None:
    _, told, one = played("hub-dies-on-friday")
    (dark,) = one.offline
    assert not ((told.at >= dark[0]) & (told.at < dark[1])).any()
    from datetime import datetime

    local = datetime.fromtimestamp(one.lasts[0] / 1000, one.home.local())
    assert local.strftime("%A") == "Friday"


GOOD = next(course for course in courses() if course.name == "fall-with-detector").text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("people: [frail]", "people: [marathon]", "mine.yaml, people.0.*no such persona"),
        ("needs: [fall-detector]", "needs: [toaster]", "mine.yaml, needs.0.*no such model"),
        ("day 1 09:31", "day -1 09:31", "mine.yaml, happens.1.from.*before the scenario begins"),
        (
            "until: day 1 13:30}\ntruth",
            "until: day 1 08:00}\ntruth",
            "happens.1.until.*lies before",
        ),
        ("until: day 1 13:30}\ntruth", "until: day 9}\ntruth", "happens.1.until.*lasts 2 d"),
        ("lasts: 2 d", "lasts: -2 d", "mine.yaml, lasts.*no length"),
        ("lasts: 2 d", "lasts: 2 d\nspeed: 3", "mine.yaml, speed.*unknown key"),
        ("lasts: 2 d", "lasts: 2 d\nneed: []", "mine.yaml, need.*unknown key.*mean 'needs'"),
        ("keep: 0 %", "keeps: 0 %", "happens.1.keeps.*unknown key.*mean 'keep'"),
        ("how_soon: now", "howsoon: now", "truth.0.howsoon.*unknown key.*mean 'how_soon'"),
        ("shows: [fall, motion", "shows: [fall, motions", "truth.0.shows.*mean 'motion'"),
        ("event: fall", "evnt: fall", "happens.0.*mean 'event'"),
        ("varies: 3 h", "varies: -3 h", "mine.yaml, varies.*no length"),
        ("keep: 0 %", "keep: 130 %", "happens.1.keep.*no share"),
        ("event: fall", "explodes: fall", "happens.0.*no known kind of effect"),
        ("shows: [fall, motion", "shows: [fall, mood", "truth.0.shows.*no signal 'mood'"),
        ("how_soon: now", "how_soon: later", "truth.0.how_soon"),
        ("lasts: 2 d", "lasts: 2 d\nbegins: caturday", "mine.yaml, begins.*no weekday"),
        ("title:", "title: again\ntitle:", "stands twice"),
        (
            "\ntruth:\n",
            "\ntruth:\n  - {situation: fall, from: day 1 10:00, until: day 1 11:00,"  # noqa: ISC004
            " how_soon: now, shows: [fall]}\n",
            "truth.0.from.*overlaps itself",
        ),
    ],
)
def test_nonsense_is_refused_by_file_and_key(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(ScenarioRefused, match=says):
        parse_course(GOOD.replace(old, new, 1), "mine.yaml")


def test_two_in_one_home_never_overlap() -> None:
    homes, (one,) = staged("fall-with-detector")
    again = scenario("calls-for-help").stage(homes[0], one.lasts[0] + DAY)
    calm = between(homes, one.lasts[0], one.lasts[1], SEED)
    with pytest.raises(Refused, match=r"calls-for-help: it overlaps fall-with-detector"):
        laid_over(calm, homes, [one, again])


def test_a_home_without_devices_has_no_scenario() -> None:
    homes, _ = staged("cat")
    with pytest.raises(Refused, match=r"cat, .*no devices"):
        scenario("cat").stage(replace(homes[0], devices=()), 0)


@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.text(max_size=12)), max_size=4))
@settings(max_examples=150, deadline=None)
def test_a_garbled_file_is_read_or_refused(changes: list[tuple[int, str]]) -> None:
    text = GOOD
    for place, word in changes:
        text = text[:place] + word + text[place + len(word) :]
    try:
        parse_course(text, "mine.yaml")
    except ScenarioRefused as error:
        assert error.subject.startswith("mine.yaml")  # noqa: PT017 # most of them are still good


def test_time_does_not_begin_before_1970() -> None:
    homes, _ = staged("cat")
    with pytest.raises(Refused, match="lies before 1970"):
        scenario("cat").stage(homes[0], -1)
    with pytest.raises(Refused, match="too few"):
        cohort(courses()[0], 1, 0)
