"""The small parts of why, the rule's page and the sheet, each by itself."""

from datetime import UTC, datetime

import pytest

from api.moments import read_moment, wall_time
from api.pages.example_strips import example_strips
from api.pages.sentence_diff import difference
from api.pages.sheet import MOST_MARKS, marks
from api.pages.unnamed import unnamed
from devices.errors import Refused
from rules.packs import starter_rules

DUBLIN, HELSINKI = "Europe/Dublin", "Europe/Helsinki"


def utc(text):
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "zone", "wanted"),
    [
        ("2026-07-04 03:10", DUBLIN, "2026-07-04 02:10"),
        ("2026-07-04T03:10", DUBLIN, "2026-07-04 02:10"),
        ("2026-07-04T03:10:30Z", DUBLIN, "2026-07-04 03:10:30"),
        ("2026-07-04T03:10+03:00", DUBLIN, "2026-07-04 00:10"),
        ("2026-10-25 01:30", DUBLIN, "2026-10-25 00:30"),  # it repeats: the first
        ("2026-03-29 03:30", HELSINKI, "2026-03-29 01:00"),  # it does not exist: the next valid
        ("2026-03-29 03:59:59", HELSINKI, "2026-03-29 01:00"),
        ("2026-03-29 04:00", HELSINKI, "2026-03-29 01:00"),
        ("1783130000000", DUBLIN, "2026-07-04 01:53:20"),
    ],
)
def test_a_moment_as_people_write_it(text, zone, wanted):
    assert read_moment(text, zone) == utc(wanted)


@pytest.mark.parametrize(
    "text", ["", "now", "2026-13-01 00:00", "10:00", "2026-11-04", "9" * 30, "-5"]
)
def test_what_is_no_moment_says_how_to_write_one(text):
    with pytest.raises(Refused) as refused:
        read_moment(text, DUBLIN)
    assert "2026-11-04 03:10" in refused.value.hint


def test_a_field_shows_the_homes_own_time():
    assert wall_time(utc("2026-07-04 02:10"), DUBLIN) == "2026-07-04T03:10"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Does Anna's clip fall off?", "Does … clip fall off?"),
        ("ANNA sleeps badly", "… sleeps badly"),
        ("Jónsdóttir and Þórsson", "… and …"),
        ("annals of the house", "annals of the house"),
        ("a b", "a b"),
    ],
)
def test_names_are_put_out_of_sight(text, wanted):
    assert unnamed(text, ["Anna Jónsdóttir", "Einar Þórsson", "B. A"]) == wanted


def test_a_difference_gives_both_sentences_back():
    old, new = "Oxygen is below 92 % for 5 minutes.", "Oxygen is below 88 % for 15 minutes."
    pieces = difference(old, new)
    assert " ".join(one.text for one in pieces if one.kind != "new") == old
    assert " ".join(one.text for one in pieces if one.kind != "gone") == new
    assert [one.text for one in pieces if one.kind == "gone"] == ["92", "5"]


def test_marks_can_be_counted_or_are_a_number():
    assert marks(12).fives == (5, 5, 2)
    assert marks(0).fives == ()
    assert sum(marks(MOST_MARKS).fives) == MOST_MARKS
    assert marks(MOST_MARKS + 1).fives == ()


def test_examples_are_drawn_as_they_ran():
    rule = next(one for one in starter_rules() if one.name == "spo2-low")
    strips = {one.name: one for one in example_strips(rule.text)}
    assert all(one.passed for one in strips.values())
    clears = strips["back to normal only two points above the limit"]
    (span,) = clears.speaks
    assert 0 < span.x < span.x + span.width < 1000
    assert clears.got == (("09:05", "onset"), ("09:20", "end"))
    missing = strips["nothing measured for a quarter of an hour holds the episode"]
    assert len(missing.dark) == 1


def test_an_example_that_fails_says_what_came():
    rule = next(one for one in starter_rules() if one.name == "spo2-low")
    wrong = rule.text.replace('expect: ["09:06 onset"]', 'expect: ["09:07 onset"]')
    first = example_strips(wrong)[0]
    assert not first.passed
    assert first.expected == (("09:07", "onset"),)
    assert first.got == (("09:06", "onset"),)
