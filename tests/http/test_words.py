"""Every code that a page may meet has its words, so that nobody reads a code."""

from decimal import Decimal

from api.pages import tables, timeline
from api.pages.chart import Point, draw
from api.pages.chart import Show as Numbers
from api.pages.strips import CELL_MS, local_days, strips
from api.pages.words import DAY, HOUR, MINUTE, Words
from gateway.access import Role
from gateway.alerts.episodes import Disposition, EventKind, Priority, Response
from gateway.alerts.technical import KINDS
from gateway.watch import vital_signs

NOON = 1_793_793_600_000  # 4 November 2026, 12:00 UTC


def test_every_fact_of_a_timeline_has_words():
    assert set(timeline.SAYS) == set(EventKind)


def test_every_code_has_words():
    assert set(tables.PRIORITIES) >= set(Priority)
    assert set(tables.DISPOSITIONS) == set(Disposition)
    assert set(tables.RESPONSES) == set(Response)
    assert set(tables.ROLES) == set(Role)
    assert set(tables.CHECKS) == {name for name, *_ in vital_signs.CHECKS}
    assert all(kind.title and kind.guidance for kind in KINDS.values())


def test_ages_are_said_to_the_precision_that_matters():
    say = Words("en").span
    lengths = (40_000, 4 * MINUTE, 3 * HOUR + 10 * MINUTE, 12 * HOUR + 10 * MINUTE, DAY, 5 * DAY)
    assert [say(one) for one in lengths] == [
        "40 s",
        "4 min",
        "3 h 10 min",
        "12 h",
        "1 day",
        "5 days",
    ]


def test_a_time_of_another_day_names_the_day():
    words = Words("en")
    assert words.clock_near(NOON - HOUR, "Atlantic/Reykjavik", NOON) == "11:00"
    assert words.clock_near(NOON - DAY, "Atlantic/Reykjavik", NOON) == "Tue, 3 Nov 12:00"


def test_a_day_of_a_clock_change_is_a_strip_of_its_own_length():
    days = local_days(1_793_000_000_000, "Europe/Dublin")  # the clocks went back on 25 October 2026
    lengths = {(end - start) // HOUR for start, end in days}
    assert lengths == {24, 25}


def test_still_and_not_covered_are_never_drawn_alike():
    days = local_days(NOON, "Atlantic/Reykjavik", 1)
    start = days[0][0]
    heard = [start + cell * CELL_MS for cell in range(10)]  # silent from 05:00 on
    drawn = strips([(start + HOUR, "kitchen")], heard, days, NOON).days[0]
    assert drawn.cells[2].height > 0
    assert not drawn.cells[4].blind
    assert drawn.cells[4].height == 0
    assert all(cell.blind for cell in drawn.cells[11:])
    assert len(drawn.cells) == 25  # what has not happened yet is not drawn at all


def a_chart(points, **more):
    return draw(
        "pulse",
        "Pulse",
        "per minute",
        "",
        points,
        start=0,
        end=DAY,
        step=Decimal(1),
        show=Numbers(lambda value, decimals: f"{value:.{decimals}f}", 0),
        xs=(),
        gap=HOUR,
        **more,
    )


def test_a_gap_is_never_drawn_as_calm():
    near, far = Point(HOUR, *[Decimal(70)] * 3), Point(9 * HOUR, *[Decimal(70)] * 3)
    assert a_chart([near, far]).mean.count("M") == 2
    beside = Point(2 * HOUR, *[Decimal(72)] * 3)
    assert a_chart([near, beside]).mean.count("M") == 1


def test_noise_is_not_drawn_as_drama():
    chart = a_chart([Point(HOUR, *[Decimal(70)] * 3), Point(2 * HOUR, *[Decimal(71)] * 3)])
    heights = [y for _, y in chart.dots]
    assert abs(heights[0] - heights[1]) <= 20


def test_a_bucket_that_hides_a_span_shows_it():
    chart = a_chart([Point(HOUR, Decimal(50), Decimal(70), Decimal(120), 9)])
    assert len(chart.whiskers) == 1
