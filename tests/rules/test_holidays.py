"""Public holidays: the six calendars of the regions, and windows that know of them."""

from datetime import date

import pytest

from rules.engine.live import Engine
from rules.errors import RuleRefused
from rules.holidays import FIRST, FIRST_DAY, LAST, WORD, CalendarRefused, bits, days, longest_wait
from rules.operators import U
from rules.plan import plan
from tests.properties import oracle
from tests.properties.oracle import TICK, World
from tests.properties.worlds import rule_of

WHO = "resident:r"
# Published by the governments for 2026: citizensinformation.ie, nidirect.gov.uk, island.is,
# lovdata.no (LOV-1995-02-24-12), SFS 1989:253, and almanakka.helsinki.fi.
OFFICIAL = {
    "IE": "1-1 2-2 3-17 4-6 5-4 6-1 8-3 10-26 12-25 12-26",
    "GB-NIR": "1-1 3-17 4-3 4-6 5-4 5-25 7-13 8-31 12-25 12-28",
    "IS": "1-1 4-2 4-3 4-5 4-6 4-23 5-1 5-14 5-24 5-25 6-17 8-3 12-25 12-26",
    "NO": "1-1 4-2 4-3 4-5 4-6 5-1 5-14 5-17 5-24 5-25 12-25 12-26",
    "SE": "1-1 1-6 4-3 4-5 4-6 5-1 5-14 5-24 6-6 6-20 10-31 12-25 12-26",
    "FI": "1-1 1-6 4-3 4-5 4-6 5-1 5-14 5-24 6-19 6-20 10-31 12-6 12-24 12-25 12-26",
}
# The day itself, where its substitute is the bank holiday, is in the package's list as well.
ALSO = {"GB-NIR": {date(2026, 7, 12), date(2026, 12, 26)}}


@pytest.mark.parametrize("code", OFFICIAL)
def test_the_calendars_of_the_six_regions_are_the_official_ones(code):
    official = {date(2026, *map(int, day.split("-"))) for day in OFFICIAL[code].split()}
    assert {day for day in days(code) if day.year == 2026} == official | ALSO.get(code, set())


@pytest.mark.parametrize("code", OFFICIAL)
def test_a_bit_a_day_says_what_the_list_says(code):
    table, known = bits(code), set(days(code))
    for index in range((LAST - FIRST).days + 1):
        day = date.fromordinal(FIRST.toordinal() + index)
        assert (table[index // WORD] >> index % WORD & 1) == (day in known), day
    assert max(table) < 1 << WORD
    assert (FIRST - date(1970, 1, 1)).days == FIRST_DAY


@pytest.mark.parametrize(("code", "hint"), [("EI", "ISO 3166"), ("GB-NI", "'GB-NIR'"), ("", "IE")])
def test_an_unknown_calendar_is_refused_with_the_nearest(code, hint):
    with pytest.raises(CalendarRefused, match=hint):
        days(code)


def test_without_a_calendar_nothing_is_known():
    assert bits("") == ()


def seen(body, zone, code, start, hours):
    """What the engine says at every tick."""
    made = plan(rule_of({"time_between": body} if "from" in body else body), {}, zone, code)
    engine = Engine(zone, start)
    engine.enrol("k", "h", WHO, made, start)
    (lane,) = engine._lanes[WHO]
    said = []
    for tick in range(hours * 4):
        engine.advance(start + tick * TICK)
        x = lane.answer(engine._runs["k"], made.root)
        said.append(None if x == U else x)
    return said


@pytest.mark.parametrize(
    ("zone", "code", "start", "what"),
    [
        ("Europe/Dublin", "IE", 1_792_710_000_000, "the clocks go back, and Monday is a holiday"),
        ("Europe/London", "GB-NIR", 1_774_569_600_000, "they go forward, and Easter is near"),
        ("Atlantic/Reykjavik", "IS", 1_776_902_400_000, "the first day of summer"),
        ("Europe/Oslo", "NO", 1_778_882_400_000, "the seventeenth of May"),
        ("Europe/Stockholm", "SE", 1_781_733_600_000, "midsummer"),
        ("Europe/Helsinki", "FI", 1_766_440_800_000, "Christmas"),
    ],
)
def test_windows_with_and_without_holidays_are_as_the_definition_says(zone, code, start, what):
    world = World(start, 10 * 96, zone, [], code)
    for body in (
        {"from": "22:00", "until": "06:00", "days": ["sat", "holiday"]},
        {"from": "22:00", "until": "06:00", "except": "holidays"},
        {"from": "09:00", "until": "17:00", "days": ["mon", "thu", "fri"], "except": "holidays"},
        {"from": "00:00", "until": "23:45", "days": ["holiday"]},
        {"from": "01:15", "until": "02:15", "except": "holidays"},
    ):
        expected = oracle.answers({"time_between": body}, world)
        assert seen(body, zone, code, start, 240) == expected, what
        assert None not in expected
    for day in ("yesterday", "today", "tomorrow"):
        expected = oracle.answers({"holiday": day}, world)
        assert seen({"holiday": day}, zone, code, start, 240) == expected
        assert 1 in expected, what


def test_where_no_calendar_is_known_only_what_it_would_decide_is_unknown():
    monday = 1_793_059_200_000
    named = {"from": "08:00", "until": "10:00", "days": ["mon", "tue", "wed", "holiday"]}
    said = seen(named, "Atlantic/Reykjavik", "", monday, 7 * 24)
    assert said.count(1) > 0
    assert said.count(None) == 4 * 8
    besides = {"from": "08:00", "until": "10:00", "days": ["mon"], "except": "holidays"}
    said = seen(besides, "Atlantic/Reykjavik", "", monday, 7 * 24)
    assert set(said) == {0, None}
    assert said.count(None) == 8


def test_years_beyond_the_calendar_are_unknown():
    eve = 2_871_763_200_000 - 2 * 86_400_000  # 30 Dec 2060
    said = seen({"holiday": "today"}, "Atlantic/Reykjavik", "IS", eve, 72)
    assert said == [0] * 192 + [None] * 96
    said = seen({"holiday": "tomorrow"}, "Atlantic/Reykjavik", "IS", eve, 72)
    assert said == [0] * 96 + [None] * 192


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"days": ["mon", "holidays"]}, "not days"),
        ({"except": "sundays"}, "not an exception"),
        ({"days": ["sun", "holiday"], "except": "holidays"}, "on holidays and not on holidays"),
    ],
)
def test_what_contradicts_itself_is_refused(body, problem):
    with pytest.raises(RuleRefused, match=problem):
        rule_of({"time_between": {"from": "08:00", "until": "10:00", **body}})


def test_an_absence_on_holidays_alone_comes_too_seldom_to_be_watched():
    window = {"from": "08:00", "until": "10:00", "days": ["holiday"]}
    with pytest.raises(RuleRefused, match="too seldom"):
        rule_of({"none_between": {"signal": "motion", **window}})


@pytest.mark.parametrize("code", OFFICIAL)
def test_how_long_an_absence_may_wait_is_counted_on_the_calendar(code):
    """Without a calendar at least as long, for that is what a rule's own look-back counts with."""
    for day in range(7):
        assert longest_wait(code, 1 << day, False, True) <= longest_wait("", 1 << day, False, True)
        assert 9 >= longest_wait(code, 1 << day, True, False) > 1
    assert 3 <= longest_wait(code, 127, False, True) <= 9
