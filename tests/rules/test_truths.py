"""The words that give truths, as stories: what each says, to the minute, and what it refuses."""

import pytest

from rules.checks.examples import run_examples
from rules.errors import RuleRefused, ValueOutOfRange
from rules.file.language import parse_rule

HEAD = """
rule: story
title: A story
priority: today
audience: [carer]
why: a test
source: a test
not_for: life
guidance: [none]
when:
"""


def told(when, readings, until, zone="Europe/Dublin", day="2026-11-04", holidays=""):
    """The changes of one day (or more), as the example of a rule would write them."""
    body = "".join(f"  {line}\n" for line in when.strip().splitlines())
    listed = ", ".join(f'"{reading}"' for reading in readings)
    example = (
        f"examples:\n  - name: x\n    kind: fires\n    zone: {zone}\n    day: '{day}'\n"
        f"    holidays: '{holidays}'\n    readings: [{listed}]\n    until: '{until}'\n"
    )
    (outcome,) = run_examples(parse_rule(HEAD + body + example))
    return list(outcome.got)


def refused(when):
    body = "".join(f"  {line}\n" for line in when.strip().splitlines())
    with pytest.raises(RuleRefused) as caught:
        parse_rule(HEAD + body)
    return str(caught.value)


HEARD = "00:00 coverage@motion covered"


def test_keep_says_it_for_a_while_longer():
    when = "keep: {condition: {is: {signal: door@outer, state: open}}, for: 30 min}"
    readings = ["08:00 door@outer closed", "09:00 door@outer open", "09:10 door@outer closed"]
    assert told(when, readings, "12:00") == ["09:00:00 onset", "09:40:00 end"]


def test_keep_of_what_opens_again_is_one_episode():
    when = "keep: {condition: {is: {signal: door@outer, state: open}}, for: 30 min}"
    readings = [
        "08:00 door@outer closed", "09:00 door@outer open", "09:10 door@outer closed",
        "09:39 door@outer open", "09:40 door@outer closed",
    ]  # fmt: skip
    assert told(when, readings, "12:00") == ["09:00:00 onset", "10:10:00 end"]


def test_four_visits_to_the_bathroom_in_three_hours():
    when = "times: {signal: motion@bathroom, at_least: 4, within: 3 h}"
    readings = [f"{time} motion@bathroom" for time in ("01:00", "01:40", "02:30", "03:59")]
    assert told(when, readings, "12:00") == ["03:59:00 onset", "04:00:00 end"]
    readings[-1] = "04:00 motion@bathroom"
    assert told(when, readings, "12:00") == []  # (01:00, 04:00] holds three


def test_a_condition_counts_when_it_begins_and_not_while_it_lasts():
    when = "times: {condition: {is: {signal: door@outer, state: open}}, at_least: 2, within: 1 h}"
    readings = ["08:00 door@outer closed", "09:00 door@outer open", "09:05 door@outer open"]
    assert told(when, readings, "12:00") == []
    readings += ["09:10 door@outer closed", "09:50 door@outer open"]
    assert told(when, readings, "12:00") == ["09:50:00 onset", "10:00:00 end"]


LEAVES = """
then:
  first: {is: {signal: bed, state: empty}}
  second: {is: {signal: door@outer, state: open}}
  within: 15 min
  keep: 30 min
"""


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("03:10", ["03:10:00 onset", "03:40:00 end"]),
        ("03:15", ["03:15:00 onset", "03:45:00 end"]),  # exactly so much later is within it
        ("03:15:01", []),
        ("03:00", []),  # at the same instant nobody knows which came first
    ],
)
def test_out_of_bed_then_out_of_the_door(time, said):
    readings = ["00:00 bed occupied", "00:00 door@outer closed", "03:00 bed empty"]
    assert told(LEAVES, [*readings, f"{time} door@outer open"], "06:00") == said


def test_the_other_way_round_is_not_then():
    readings = [
        "00:00 bed occupied", "00:00 door@outer closed",
        "03:00 door@outer open", "03:05 bed empty",
    ]  # fmt: skip
    assert told(LEAVES, readings, "06:00") == []


def test_each_time_is_an_occurrence_of_its_own():
    readings = [
        "00:00 bed occupied", "00:00 door@outer closed",
        "03:00 bed empty", "03:05 door@outer open", "03:06 door@outer closed",
        "03:10 door@outer open",
    ]  # fmt: skip
    assert told(LEAVES, readings, "06:00") == [
        "03:05:00 onset", "03:10:00 end", "03:10:00 onset", "03:40:00 end",
    ]  # fmt: skip


UP = """
then_no:
  first: {is: {signal: bed, state: empty}}
  signal: motion
  within: 20 min
  keep: 2 h
"""
ABED = [HEARD, "00:00 bed occupied", "03:00 bed empty"]


def test_out_of_bed_and_nothing_moved():
    assert told(UP, ABED, "06:00") == ["03:20:00 onset", "05:20:00 end"]


def test_it_ends_when_something_moves():
    assert told(UP, [*ABED, "04:00 motion@hall"], "06:00") == ["03:20:00 onset", "04:00:00 end"]


@pytest.mark.parametrize("time", ["03:00:01", "03:20"])
def test_whoever_moves_in_time_is_no_news(time):
    assert told(UP, [*ABED, f"{time} motion@hall"], "06:00") == []


def test_movement_at_the_very_instant_is_none_after_it():
    assert told(UP, [*ABED, "03:00 motion@hall"], "03:30") == ["03:20:00 onset"]


def test_what_could_not_be_heard_is_not_said_to_be_missing():
    readings = [*ABED, "03:10 coverage@motion dark", "03:15 coverage@motion covered"]
    assert told(UP, readings, "06:00") == ["03:10:00 unknown", "05:20:00 known"]
    assert told(UP, ABED[1:], "03:30") == ["03:00:00 unknown"]


def test_what_is_heard_until_the_very_end_of_the_wait_is_not_enough():
    readings = [*ABED, "03:20 coverage@motion dark"]
    assert told(UP, readings, "03:30") == ["03:20:00 unknown"]
    readings = [*ABED, "03:20:01 coverage@motion dark"]
    assert told(UP, readings, "03:30") == ["03:20:00 onset"]


def test_a_beginning_right_after_an_answer_is_waited_for_anew():
    """Also within the same sixteenth of twenty minutes, in which only the first one counts."""
    readings = [
        *ABED, "03:00:20 motion@hall", "03:00:30 bed occupied", "03:00:40 bed empty",
    ]  # fmt: skip
    assert told(UP, readings, "04:00") == ["03:20:40 onset"]
    readings = [*ABED, "03:00:30 bed occupied", "03:00:40 bed empty"]
    assert told(UP, readings, "04:00") == ["03:20:00 onset"]


def test_two_of_three():
    when = """
at_least:
  number: 2
  of:
    - above: {value: pulse, limit: 100 /min}
    - above: {value: body_temperature, limit: 38 Cel}
    - above: {value: respiration, limit: 20 /min}
"""
    readings = ["08:00 pulse 110", "08:01 body_temperature 37", "09:00 respiration 24"]
    assert told(when, readings, "10:00") == ["09:00:00 onset"]


def test_between_with_a_way_back():
    when = "between: {value: pulse, low: 60 /min, high: 80 /min, back_by: 5 /min, memory: 1 h}"
    readings = ["08:00 pulse 70", "08:10 pulse 84", "08:20 pulse 85"]
    assert told(when, readings, "08:30") == ["08:00:00 onset", "08:20:00 end"]
    assert told(when, readings[:2], "10:00") == ["08:00:00 onset", "09:10:00 end"]
    readings = ["08:00 pulse 70", "08:10 pulse 56", "08:20 pulse 55"]
    assert told(when, readings, "08:30") == ["08:00:00 onset", "08:20:00 end"]


@pytest.mark.parametrize(
    "when",
    [
        "above: {value: pulse, limit: 100 /min, for: 10 min}",
        "between: {value: pulse, low: 101 /min, high: 200 /min, for: 10 min}",
        "not: {below: {value: pulse, limit: 101 /min}}",
    ],
)
def test_a_for_beside_the_other_keys_is_lasting(when):
    longer = "08:00:00 onset" if when.startswith("not") else "08:10:00 onset"
    assert told(when, ["07:00 pulse 70", "08:00 pulse 110"], "09:00") == [longer]
    if "for" in when:
        bare = when.replace(", for: 10 min", "")
        long = f"lasting:\n  condition: {{{bare}}}\n  for: 10 min"
        assert parse_rule(_rule(when)).version == parse_rule(_rule(long)).version


def _rule(when):
    return HEAD + "".join(f"  {line}\n" for line in when.splitlines())


# --- the local clock: absence on the days that are longer or shorter, over midnight, on holidays

NIGHT = "none_between: {signal: motion, from: 23:00, until: 05:00}"


@pytest.mark.parametrize(
    ("zone", "day", "what"),
    [
        ("Europe/Dublin", "2026-10-24", "the clocks go back that night"),
        ("Europe/Dublin", "2027-03-27", "they go forward"),
        ("Europe/Helsinki", "2026-10-24", "back, at another hour"),
        ("Europe/Oslo", "2027-03-27", "forward"),
        ("Atlantic/Reykjavik", "2026-10-24", "they never change"),
    ],
)
def test_a_night_over_midnight_in_which_the_clocks_change(zone, day, what):
    assert told(NIGHT, [HEARD], "+1d 12:00", zone, day) == ["+1d 05:00:00 onset"], what
    late = [HEARD, "+1d 04:59 motion@hall"]
    assert told(NIGHT, late, "+1d 12:00", zone, day) == []
    early = [HEARD, "22:59 motion@hall"]
    assert told(NIGHT, early, "+1d 12:00", zone, day) == ["+1d 05:00:00 onset"]


@pytest.mark.parametrize(
    ("day", "motion", "said"),
    [
        (
            "2027-03-28",
            "+0d",
            ["06:00:00 onset"],
        ),  # from 00:30 to 06:00 it is four and a half hours
        ("2026-10-25", "+0d", ["06:00:00 onset"]),  # and here six and a half
    ],
)
def test_coverage_must_hold_all_through_a_short_or_a_long_night(day, motion, said):
    when = "none_between: {signal: motion, from: 00:30, until: 06:00}"
    assert told(when, [HEARD], "12:00", day=day) == said, motion
    dark = [HEARD, "05:00 coverage@motion dark", "05:01 coverage@motion covered"]
    assert told(when, dark, "12:00", day=day) == []


def test_five_hours_of_silence_are_five_hours_when_the_clocks_change():
    """A length of time is no matter of clocks: from one in the morning, in real time."""
    when = "none_for: {signal: motion, for: 5 h}"
    readings = [HEARD, "00:30 motion@hall"]
    assert told(when, readings, "12:00", day="2026-11-04") == ["05:30:00 onset"]
    assert told(when, readings, "12:00", day="2027-03-28") == ["06:30:00 onset"]
    assert told(when, readings, "12:00", day="2026-10-25") == ["04:30:00 onset"]


def test_not_on_a_bank_holiday():
    """Monday the twenty-sixth of October is one in Ireland, and none across the border."""
    when = "none_between: {signal: motion, from: 07:00, until: 10:00, except: holidays}"
    days = {"IE": ["+1d 10:00:00 onset"], "GB-NIR": ["10:00:00 onset"]}
    for calendar, said in days.items():
        got = told(when, [HEARD], "+1d 12:00", day="2026-10-26", holidays=calendar)
        assert got == said, calendar


def test_a_night_belongs_to_the_day_on_which_it_begins_also_on_holidays():
    """From Christmas Eve's evening to Christmas morning is no night of a holiday in Norway."""
    when = "none_between: {signal: motion, from: 22:00, until: 06:00, days: [sat, holiday]}"
    said = told(when, [HEARD], "+2d 12:00", "Europe/Oslo", "2025-12-24", "NO")
    assert said == ["+2d 06:00:00 onset"]  # the night that began on Christmas Day, a Thursday


def test_without_a_calendar_it_cannot_be_said_on_which_days():
    when = "none_between: {signal: motion, from: 07:00, until: 10:00, except: holidays}"
    assert told(when, [HEARD], "+3d 12:00", day="2026-10-26") == []


# --- what is refused


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("not: {event: {signal: motion@hall}}", "motion@hall was not heard"),
        ("not: {any: [{event: {signal: sos}}, {holiday: today}]}", "sos was not heard"),
        ("not: {times: {signal: motion, at_least: 3, within: 2 h}}", "motion was not heard"),
        ("not: {lasting: {condition: {event: {signal: motion}}, for: 1 h}}", "was not heard"),
        (
            "not: {above: {value: {count: {signal: sos, within: 2 h, gaps: ignored}}, limit: 2}}",
            "count was not heard",
        ),
        ("then_no: {first: {event: {signal: sos}}, signal: door, within: 1 h}", "is no event"),
        ("then_no: {first: {event: {signal: sos}}, signal: tick, within: 1 h}", "no device"),
        ("none_for: {signal: tick, for: 1 h}", "no device"),
        ("none_between: {signal: tick, from: 07:00, until: 08:00}", "no device"),
        ("times: {at_least: 3, within: 2 h}", "needs either signal or condition"),
        ("times: {signal: spo2, at_least: 3, within: 2 h}", "is no event"),
        ("times: {signal: sos, at_least: 201, within: 2 h}", "not between 1 and 200"),
        ("times: {signal: sos, at_least: 0, within: 2 h}", "not between 1 and 200"),
        ("times: {signal: sos, at_least: 2, within: 2 kg}", "no length of time"),
        ("at_least: {number: 3, of: [{holiday: today}]}", "not between 1 and 1"),
        ("at_least: {number: 1, of: []}", "at least 1 must stand here"),
        ("keep: {condition: {latest: {signal: spo2}}, for: 1 h}", "a number is no condition"),
        ("keep: {condition: {holiday: today}, for: 36 d}", "not between"),
        ("then: {first: {holiday: today}, second: spo2, within: 1 h}", "one word with its keys"),
        (
            "then: {first: {holiday: today}, second: {holiday: tomorrow}, within: 1 h, keep: 2 d}",
            "not between",
        ),
        ("holiday: someday", "today"),
        ("keep: {condition: {holiday: today}, fro: 1 h}", "Did you mean 'for'?"),
        ("keep: {condition: {holiday: today}}", "needs for"),
        ("between: {value: spo2, low: 90 %, high: 95 %, memory: 1 h}", "has no meaning"),
        ("between: {value: spo2, low: 90 %, high: 95 %, back_by: 2 kg}", "does not measure"),
        ("is: {signal: door, state: open, for: 2 %}", "no length of time"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(when, why):
    assert why in refused(when)


def test_what_parameters_may_be_set_to_is_held_to_the_same():
    text = HEAD.replace(
        "when:", "parameters:\n  n: {label: N, default: '2', low: '1', high: '201'}\nwhen:"
    )
    with pytest.raises(RuleRefused, match="not between 1 and 200"):
        parse_rule(text + "  times: {signal: sos, at_least: $n, within: 1 h}\n")


def test_limits_that_contradict_each_other_are_refused_when_a_value_is_set():
    from decimal import Decimal

    from rules.plan import plan

    text = HEAD.replace(
        "when:",
        "parameters:\n  low: {label: L, default: 60 /min, low: 40 /min, high: 90 /min}\nwhen:",
    )
    rule = parse_rule(text + "  between: {value: pulse, low: $low, high: 80 /min}\n")
    with pytest.raises(ValueOutOfRange, match="low is above high"):
        plan(rule, {"low": Decimal(85)}, "UTC")
