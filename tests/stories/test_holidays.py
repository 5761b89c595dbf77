"""Across a border: the same rule, the same morning, and a bank holiday on one side only."""

from datetime import UTC, datetime

import pytest

from rules.checks.examples import run_examples
from rules.file.language import parse_rule
from rules.holidays import days
from simulators.homes.regions import sites
from tests.building import a_device, a_home, a_resident, a_site
from tests.stories.world import DAY, HOUR, World

SUNDAY = int(datetime(2026, 10, 25, 12, tzinfo=UTC).timestamp() * 1000)
TEXT = """
rule: up-on-a-working-day
title: Not up on a working day
priority: today
audience: [carer]
why: The bus to the day centre goes at ten, and not on public holidays.
source: agreed with the day centre
not_for: whoever does not go there
guidance: [Phone.]
when:
  none_between:
    signal: motion
    from: 07:00
    until: 09:30
    days: [mon, tue, wed, thu, fri]
    except: holidays
examples:
  - name: a bank holiday in Ireland
    kind: quiet
    holidays: IE
    day: "2026-10-26"
    readings: ["00:00 coverage@motion covered"]
    until: "12:00"
  - name: the same Monday across the border
    kind: fires
    holidays: GB-NIR
    day: "2026-10-26"
    readings: ["00:00 coverage@motion covered"]
    until: "12:00"
    expect: ["09:30 onset"]
"""


@pytest.fixture
def world(tmp_path):
    def place(name, zone, holidays, who):
        sensor = a_device("hall", place="hall", signals=("motion", "battery"), interval_ms=HOUR)
        home = a_home(residents=[a_resident(who)], devices=[sensor])
        return a_site(name, zone=zone, holidays=holidays, homes=[home])

    made = World(
        tmp_path,
        place("donegal", "Europe/Dublin", "IE", "anna"),
        place("derry", "Europe/London", "GB-NIR", "ben"),
        rules=[parse_rule(TEXT)],
        now=SUNDAY,
    )
    yield made
    made.close()


def hours(it, count):
    for _ in range(count):
        for site in ("donegal", "derry"):
            it.say("hall", "battery", 80, site=site)
        it.wait(HOUR, step=HOUR)


def test_a_bank_holiday_on_one_side_of_the_border(world):
    assert all(outcome.passed for outcome in run_examples(parse_rule(TEXT)))
    hours(world, 12)
    world.kill()  # a plan is kept with its calendar
    hours(world, 12)
    monday = SUNDAY // DAY * DAY + DAY
    told = {(one.site, one.onset_at) for one in world.care()}
    assert told == {("derry", monday + 9 * HOUR + HOUR // 2)}
    hours(world, 24)
    tuesday = monday + DAY
    told = {(one.site, one.onset_at) for one in world.care()}
    assert ("donegal", tuesday + 9 * HOUR + HOUR // 2) in told


def test_every_site_of_the_demo_names_a_calendar():
    codes = {site.id: site.holidays for site in sites()}
    assert len(codes) == 6
    assert all(days(code) for code in codes.values())
    assert codes["derry-strabane"] == "GB-NIR"
