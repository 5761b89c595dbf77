"""Personas by file: every one in every region, with the kit, the habits and the visits it names."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import Refused
from simulators.columns import SIGNAL_INDEX, Columns
from simulators.homes.batch import batch
from simulators.homes.day import on_days
from simulators.homes.home import Home
from simulators.homes.household import household
from simulators.homes.models import MODELS, model
from simulators.homes.regions import kit, site_of, sites
from simulators.homes.site_form import SiteRefused, parse_site
from simulators.people import rhythm
from simulators.people.daylight import sun
from simulators.people.persona import FILES, PERSONAS, REGIONS, persona
from simulators.people.population import population
from simulators.people.reading import (
    HabitForm,
    LevelForm,
    PersonaRefused,
    RhythmForm,
    VisitForm,
    _Parts,
    parse_persona,
)
from simulators.people.traits import Course, Persona
from tests.simulators.builders import SEED, START, homes

DAY = 86_400_000
FIRST = START // DAY
STAGED = {"sos", "fall"}  # nobody presses or falls without a scenario
PLAIN = Persona("plain", "nobody in particular", kit=("cuff",))


def lived(home: Home, days: int = 14, seed: int = SEED, first: int = FIRST) -> Columns:
    return on_days([home], range(first, first + days), seed)


def of(columns: Columns, signal: str) -> Columns:
    return columns.where(columns.signal == SIGNAL_INDEX[signal]).ordered()


def plainly(home: Home, who: Persona = PLAIN) -> Home:
    people = tuple(replace(one, persona=who) for one in home.people)
    return replace(home, people=people, where=None)


def test_they_are_named_after_their_files_and_cover_what_was_asked_for() -> None:
    assert [f"{one.name}.yaml" for one in PERSONAS] == list(FILES)
    asked = {"heart-failure", "copd", "diabetes", "early-dementia", "frail", "couple", "well"}
    assert asked <= {one.name for one in PERSONAS}
    models = {one.name for one in MODELS}
    for one in PERSONAS:
        assert set(one.kit) <= models
        assert set(one.lives_with) <= {other.name for other in PERSONAS}
        assert one.what
        assert one.source
        assert set(one.regions) == set(REGIONS)


@pytest.mark.parametrize("who", [one.name for one in PERSONAS])
@pytest.mark.parametrize("region", REGIONS)
def test_in_every_region_a_home_says_all_that_its_kit_measures(region: str, who: str) -> None:
    home = household([who], region=region)
    assert home.where is not None
    columns = lived(home, 21)
    for index, device in enumerate(home.devices):
        said = set(np.unique(columns.signal[columns.device == index]).tolist())
        measured = set(model(device.model).signals) - STAGED
        assert {SIGNAL_INDEX[name] for name in measured} <= said, device.id


def test_who_is_plain_and_stands_nowhere_is_the_populations() -> None:
    home = plainly(homes()[4])
    days = np.arange(FIRST, FIRST + 5)
    work = batch([home], days.tolist(), SEED)
    tables = population()
    chain = rhythm.days(
        tables,
        work.keys,
        work.day,
        np.ones((5, len(tables.sensors)), np.bool_),
        (work.end_at - work.start_at) // 1000,
        np.zeros(5),
    )
    for name in ("pair", "second", "sensor", "opened"):
        assert np.array_equal(getattr(work.steps, name), getattr(chain, name))


def test_people_of_a_region_live_by_its_hours() -> None:
    ups = {r: persona("frail").there(r).rhythm.up_h for r in REGIONS}
    assert ups["north-karelia"] < ups["donegal"] < ups["borgarbyggd"]
    assert persona("frail").there("atlantis") is persona("frail")
    home = household(["early-dementia"], region="vestland")
    assert [one.who for one in home.people[0].persona.visits] == ["a carer", "a carer"]


def test_a_couple_is_two_in_one_home() -> None:
    home = household(["couple"], region="donegal")
    assert [one.persona.name for one in home.people] == ["couple", "frail"]
    owners = {device.owner for device in home.devices}
    assert owners == {None, 0, 1}
    assert home.has("scale")
    assert home.has("bed-sensor")


def test_visits_are_doors_and_motion_that_are_not_the_residents() -> None:
    home = household(["frail"], region="donegal")
    alone = replace(
        home,
        people=tuple(replace(one, persona=replace(one.persona, visits=())) for one in home.people),
    )
    busy, calm = lived(home, 28), lived(alone, 28)
    for signal in ("motion", "door"):
        own = of(calm, signal)
        rows = {(d, t) for d, t in zip(own.device.tolist(), own.at.tolist(), strict=True)}
        seen = of(busy, signal)
        told = {(d, t) for d, t in zip(seen.device.tolist(), seen.at.tolist(), strict=True)}
        if signal == "motion":
            assert rows < told  # the resident's own are all there
        assert len(told) > len(rows)
    sensors = [i for i, one in enumerate(home.devices) if one.model == "motion"]
    motion = of(busy, "motion")
    for device in sensors:  # a blind sensor stays blind
        assert (np.diff(motion.at[motion.device == device]) >= 60_000).all()


def test_a_carer_comes_on_weekdays_between_her_hours() -> None:
    home = household(["frail"], region="donegal")
    door = next(i for i, one in enumerate(home.devices) if one.id == "front-door")
    alone = replace(
        home,
        people=(replace(home.people[0], persona=replace(home.people[0].persona, visits=())),),
    )
    opened = []
    for one in (home, alone):
        columns = of(lived(one, 56), "door")
        mine = columns.where((columns.device == door) & (columns.x == 1))
        opened.append(set(mine.at.tolist()))
    by_weekday = np.zeros(7)
    for at in opened[0] - opened[1]:
        local = datetime.fromtimestamp(at / 1000, home.local())
        if 8.4 < local.hour + local.minute / 60 < 9.9:
            by_weekday[local.weekday()] += 1
    assert (by_weekday[:5] >= 6).all()
    assert by_weekday[5] == 0


def test_a_visit_is_the_same_whoever_else_lives_in_the_run() -> None:
    every = [household([one.name], region=r) for one in PERSONAS for r in REGIONS[:2]]
    every = [replace(home, id=f"home-{n}") for n, home in enumerate(every)]
    whole = on_days(every, range(FIRST, FIRST + 8), SEED)
    for number in (0, 5, len(every) - 1):
        alone = on_days(every[number : number + 1], range(FIRST + 2, FIRST + 4), SEED)
        mine = whole.where(whole.home == number)
        inside = (mine.at >= alone.at.min()) & (mine.at <= alone.at.max())
        mine, alone = mine.where(inside).ordered(), alone.ordered()
        assert np.array_equal(mine.at, alone.at)
        assert np.array_equal(mine.x, alone.x)


def test_the_scale_is_forgotten_on_sundays() -> None:
    home = household(["heart-failure"], region="donegal")
    days = np.zeros(7)
    for seed in range(6):
        for at in of(lived(home, 70, seed), "body_weight").at.tolist():
            days[datetime.fromtimestamp(at / 1000, home.local()).weekday()] += 1
    assert days[6] < 0.85 * days[:6].mean()
    assert days[:6].min() > 0.85 * days[:6].mean()


def test_some_measure_twice_a_day_and_some_twice_in_a_row() -> None:
    home = household(["couple"], region="donegal")
    mine = next(i for i, one in enumerate(home.devices) if one.id == "cuff")
    morning = evening = again = 0
    for seed in range(6):
        taken = of(lived(home, 40, seed), "systolic")
        at = taken.at[taken.device == mine]
        hours = [datetime.fromtimestamp(t / 1000, home.local()).hour for t in at.tolist()]
        morning += sum(hour < 13 for hour in hours)
        evening += sum(hour > 16 for hour in hours)
        again += int((np.diff(at) < 5 * 60_000).sum())
    assert min(morning, evening) > 60
    assert 0.6 < morning / evening < 1.6
    assert 0.12 < again / (morning + evening - again) < 0.9  # people differ much in it


def test_a_vital_sign_has_its_course_through_the_day() -> None:
    home = plainly(homes()[0])
    courses = {"systolic": Course(swing=30.0, peak_h=18.0)}
    shifted = plainly(homes()[0], replace(PLAIN, courses=courses))
    flat, wave = (of(lived(one, 60), "systolic") for one in (home, shifted))
    assert np.array_equal(flat.at, wave.at)
    local = [datetime.fromtimestamp(t / 1000, home.local()) for t in flat.at.tolist()]
    hour = np.array([t.hour + t.minute / 60 + t.second / 3600 for t in local])
    usual = population().habits["cuff"].hours
    expected = courses["systolic"].at(hour, sum(usual) / len(usual))
    assert np.abs(wave.x - flat.x - expected).max() <= 1.0
    assert Course(night=-1).at(np.array([3.5]))[0] == pytest.approx(-1)
    assert Course(night=-1).at(np.array([15.0]))[0] == pytest.approx(0, abs=1e-3)


GOOD = """
persona: mine
title: somebody of mine
what: Lives in a test, measures in the morning and has a visitor.
source: "Invented"
kit: [cuff, scale]
levels:
  body_weight: {mean: 71 kg, between: 3 kg, within: 0.4 kg, source: "Invented"}
habits:
  scale: {hours: ["07:00"], days: 90 %, forgets: {sunday: 50 %}}
rhythm: {restless: 0.1, up: "06:30", down: "23:30", outings: 140 %}
visits:
  - {who: a friend, days: [monday], hours: 10:00-12:00, stays: 40 min}
regions:
  donegal: {rhythm: {up: "08:00"}, levels: {body_weight: {mean: 75 kg}}}
"""


def test_a_persona_of_ones_own() -> None:
    mine = parse_persona(GOOD, "mine.yaml", REGIONS)
    assert mine.level("body_weight").mean == 71
    assert mine.level("pulse") == PLAIN.level("pulse")
    assert mine.habits["scale"].forgets[6] == 0.5
    assert (mine.rhythm.up_h, mine.rhythm.down_h) == (6.5, 23.5)
    there = mine.there("donegal")
    assert there.level("body_weight").mean == 75
    assert there.level("body_weight").within == 0.4
    assert (there.rhythm.up_h, there.rhythm.down_h) == (8.0, 23.5)
    assert kit((mine,))[-1].model == "scale"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("title:", "tilte:", "mine.yaml, tilte: unknown key.*mean 'title'"),
        ("rhythm: {restless: 0.1", "rhythm: {restles: 0.1", "rhythm.restles.*mean 'restless'"),
        ("body_weight: {mean: 71", "body_wight: {mean: 71", "levels.body_wight.*'body_weight'"),
        ("mean: 71 kg", "mean: 71 Cel", "levels.body_weight.mean.*measured in kg"),
        ("mean: 71 kg", "mean: 7100 kg", "levels.body_weight.mean.*outside"),
        ("mean: 71 kg", "mean: heavy", "levels.body_weight.mean.*no number"),
        ("within: 0.4 kg", "within: -0.4 kg", "levels.body_weight.within.*not negative"),
        ('within: 0.4 kg, source: "Invented"', "within: 0.4 kg", "body_weight.source.*required"),
        ("scale: {hours", "scales: {hours", "habits.scales.*mean 'scale'"),
        ("days: 90 %", "days: 130 %", "habits.scale.days.*no share"),
        ("days: 90 %", "days: 100 %", "habits.scale.days.*nobody"),
        ("sunday: 50 %", "funday: 50 %", "habits.scale.forgets.funday.*'sunday'"),
        ("days: [monday]", "days: [mondays]", "visits.0.days.*'monday'"),
        ("10:00-12:00", "12:00-10:00", "visits.0.hours.*no hours"),
        ("stays: 40 min", "stays: -40 min", "visits.0.stays.*negative"),
        ("stays: 40 min", "stays: 40 min, rooms: [attic]", "visits.0.rooms.*no 'attic'"),
        ("outings: 140 %", "outings: 1400 %", "rhythm.outings.*no factor"),
        ('up: "06:30"', 'up: "26:30"', "rhythm.up.*no time of day"),
        ("donegal:", "donegall:", "regions.donegall.*mean 'donegal'"),
        ('{rhythm: {up: "08:00"}', '{rhythmus: {up: "08:00"}', "regions.donegal.rhythmus.*unknown"),
        ('{up: "08:00"}', '{upp: "08:00"}', "regions.donegal.rhythm.upp.*mean 'up'"),
        ("kit:", "kit: [cuff]\nkit:", "stands twice"),
        ("persona: mine", "persona: My Own", "mine.yaml, persona"),
    ],
)
def test_a_persona_that_cannot_be_is_refused_by_file_and_key(old, new, says) -> None:
    assert old in GOOD
    with pytest.raises(PersonaRefused, match=says):
        parse_persona(GOOD.replace(old, new, 1), "mine.yaml", REGIONS)


def is_well_said(refused: PersonaRefused) -> None:
    assert refused.subject.startswith("any")
    assert refused.problem
    assert str(refused).isprintable()


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_text_at_all_is_a_persona_or_refused(text: str) -> None:
    try:
        parse_persona(text, "any")
    except PersonaRefused as refused:
        is_well_said(refused)


def test_the_guides_persona_is_one_and_all_keys_stand_there() -> None:
    guide = Path(__file__).resolve().parents[2] / "docs/developers/personas-and-faults.md"
    text = guide.read_text(encoding="utf-8")
    files = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    (own,) = [one for one in files if one.startswith("persona:")]
    mine = parse_persona(own, "guide", REGIONS)
    assert mine.there("borgarbyggd").rhythm.up_h == 10.25
    assert mine.rhythm.down_h == 25
    forms = (_Parts, LevelForm, HabitForm, RhythmForm, VisitForm)
    for key in {key for form in forms for key in form.model_fields}:
        assert f"`{key}`" in text or f"{key}:" in text, key
    for one in PERSONAS:
        assert f"`{one.name}`" in text


def test_an_unknown_persona_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refused, match="mean 'heart-failure'"):
        persona("hart-failure")


SITE = """
site: isle
name: The Isle
zone: Europe/London
languages: [en]
emergency: ["999"]
fallback_phone: "+44 1632 960009"
where: {north: 54.2, east: -4.5}
homes:
  - area: Head
    drive: 20 min
    people: [{name: Ann, born: 1940, persona: copd}]
"""


def test_a_region_of_ones_own() -> None:
    site = site_of(parse_site(SITE, "isle.yaml"))
    (home,) = site.homes
    assert (home.hub, home.where, home.drive_minutes) == ("isle/home-1", (54.2, -4.5), 20)
    assert home.has("oximeter")
    assert len(lived(home, 2)) > 500


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("zone: Europe/London", "zone: Europe/Atlantis", "isle.yaml, zone.*no time zone"),
        ("persona: copd", "persona: cpod", "homes.0.people.0.persona.*mean 'copd'"),
        ("north: 54.2", "north: 154.2", "where.north"),
        ("drive: 20 min", "drive: -20 min", "homes.0.drive.*negative"),
        ("born: 1940", "born: 1740", "homes.0.people.0.born"),
        ("emergency:", "emergencies:", "emergencies: unknown key.*mean 'emergency'"),
        ("drive: 20 min", "drives: 20 min", "homes.0.drives: unknown key.*mean 'drive'"),
    ],
)
def test_a_region_that_cannot_be_is_refused_by_file_and_key(old, new, says) -> None:
    with pytest.raises(SiteRefused, match=says):
        parse_site(SITE.replace(old, new, 1), "isle.yaml")


def test_a_site_without_homes_is_refused() -> None:
    with pytest.raises(SiteRefused, match=r"isle.yaml, homes"):
        parse_site(SITE.split("homes:", maxsplit=1)[0] + "homes: []\n", "isle.yaml")


def test_every_region_lies_where_its_clock_is() -> None:
    midsummer = (datetime(2026, 6, 21, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days
    for site in sites():
        (north, east) = site.homes[0].where or (0.0, 0.0)
        rise, down = sun(np.array([north]), np.array([east]), np.array([midsummer]))
        zone = site.homes[0].local()
        noon = datetime(2026, 6, 21, 12, tzinfo=zone)
        offset = (noon.utcoffset() or noon - noon).total_seconds() / 3600
        assert 12 < (rise[0] + down[0]) / 2 + offset < 14.5, site.id
