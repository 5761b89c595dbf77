"""What people read: every operator has its sentence, every number its language's form."""

import ast
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import gateway.texts
from devices.signals import CATALOGUE, Kind
from gateway.texts import (
    catalogue,
    format_date,
    format_decimal,
    format_length,
    format_moment,
    format_night,
    format_number,
    format_time,
    format_time_of_day,
    format_unit,
    format_value,
    parse_number,
)
from gateway.texts.formats import STATES, NumberRefused
from gateway.texts.nouns import CLAUSES, PLACES, SIGNALS
from gateway.texts.phrases import TEMPLATES, format_parameter, render
from rules.operators import OPERATORS
from rules.sentences.sentence import KEYS_BESIDE_OPERATORS, sentence, why
from tests.rules.stories import MINUTE, NOON, Home, rule, starter

FALL = "{event: {signal: fall}}"
OPEN = "{is: {signal: door, state: open}}"
NB = "\N{NO-BREAK SPACE}"


def ms(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)


def test_every_operator_and_key_has_its_template():
    assert set(TEMPLATES) == {operator.word for operator in OPERATORS} | KEYS_BESIDE_OPERATORS


def test_every_signal_and_state_has_its_name():
    assert set(SIGNALS) == set(CATALOGUE)
    words = {w for s in CATALOGUE.values() if s.kind is Kind.STATE for w in s.words}
    assert words <= set(STATES)
    pairs = {(s.name, w) for s in CATALOGUE.values() if s.kind is Kind.STATE for w in s.words}
    assert set(CLAUSES) == pairs


def test_every_text_is_marked_for_translation():
    """What is shown but never extracted would stay English for ever."""
    folder = Path(gateway.texts.__file__).parent
    marked = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "N_":
                marked.add(ast.literal_eval(node.args[0]))
    bare = {"{signal}", "{conditions}", "{place}"}  # nothing to translate
    shown = {*TEMPLATES.values(), *SIGNALS.values(), *STATES.values(), *PLACES.values()}
    assert shown | set(CLAUSES.values()) <= marked | bare


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ("between: {value: pulse, low: 50 /min, high: 60 /min}",
         "Pulse is from 50 per minute to 60 per minute."),
        ("not: {is: {signal: bed, state: occupied}}", "It is not so that somebody is in the bed."),
        ("none_for: {signal: motion@living_room, for: 4 h}",
         "No movement in the living room for 4 hours, although it would have been heard."),
        ("none_between: {signal: motion, from: 06:00, until: 10:00, days: [sat]}",
         "No movement from 06:00 until 10:00 on Saturday, although it would have been heard."),
        ("time_between: {from: 22:00, until: 06:00, days: [sun, mon]}",
         "It is between 22:00 and 06:00 on Monday or Sunday."),
        (f"unless: {{condition: {FALL}, exception: {{is: {{signal: bed, state: occupied}}}}}}",
         "A fall was reported, unless somebody is in the bed."),
        (f"any: [{{event: {{signal: sos}}}}, {{all: [{FALL}, {OPEN}]}}]",
         "The SOS button was pressed or (a fall was reported and the door is open)."),
        ("above: {value: {rise: {signal: pulse, within: 90 min}}, limit: 20 /min}",
         "The rise of pulse over its lowest within 90 minutes is above 20 per minute."),
        ("above: {value: {rise: {signal: body_weight, within: 7 d, from: median}}, limit: 2 kg}",
         "Body weight is more than 2.0 kg above the median body weight within 7 days."),
        ("below: {value: {slope: {signal: body_weight, within: 14 d}}, limit: -1.5 kg/wk}",
         "The trend of body weight within 14 days is below \N{MINUS SIGN}0.214 kg per day."),
        ("above: {value: {deviation: {signal: pulse, over: 21 d, centre: median}}, limit: 2.5}",
         ("Pulse is more than 2.5 \N{MULTIPLICATION SIGN} its usual spread above the usual pulse "
          "(median of the 21 days before).")),
        (("above: {value: {time_true: {condition: {is: {signal: bed, state: empty}},"
         " within: 12 h}}, limit: 45 min}"),
         "For more than 45 minutes within 12 hours: nobody is in the bed."),
        (("above: {value: {points: {value: pulse, bands: [{high: 40 /min, points: 3},"
         " {low: 41 /min, high: 50 /min, points: 1}, {low: 51 /min, points: 0}]}}, limit: 2}"),
         ("The points for pulse (3 up to 40 per minute, 1 from 41 per minute to 50 per minute and "
         "0 from 51 per minute on) is above 2.")),
        (("above: {value: {transitions: {signal: motion, places: [hall, kitchen], within: 6 h}},"
         " limit: 30}"),
         "The number of moves between hall and kitchen within 6 hours is above 30."),
    ],
)  # fmt: skip
def test_a_tree_is_a_sentence(tree, said):
    assert render(sentence(rule(f"when: {{{tree}}}\n"), {}), "en").replace(NB, " ") == said


def test_the_sentence_says_when_it_ends():
    tree = "when: {below: {value: spo2, limit: 92 %}}\n"
    text = tree + "clear_when: {above: {value: spo2, limit: 95 %}}\n"
    said = render(sentence(rule(text), {}), "en").replace(NB, " ")
    assert said == "Oxygen saturation is below 92 %. It ends when oxygen saturation is above 95 %."


def test_the_sentence_follows_the_residents_values():
    said = render(sentence(starter("spo2-low"), {"limit": Decimal(88)}), "en")
    assert f"below 88{NB}%" in said


def test_why_names_since_and_readings():
    home = Home(starter("spo2-low"))
    home.say(1, "spo2", 88)
    (onset,) = home.engine.advance(NOON + 7 * MINUTE)
    said = render(why(home.plans["spo2-low"], onset), "en").replace(NB, " ")
    assert said == (
        "For at least 5 minutes without a break: oxygen saturation is below 92 % (back to normal "
        "at 94 % or more). It began 4 Nov 2025 12:06 and had lasted since "
        "4 Nov 2025 12:01. Oxygen saturation was 88 % at 4 Nov 2025 12:01."
    )


def test_numbers_have_the_signals_decimals_and_a_no_break_space():
    assert format_value(366, "body_temperature", "en") == f"36.6{NB}°C"
    assert format_value(120, "systolic", "en") == f"120{NB}mmHg"
    assert format_value(1, "door", "en") == "open"
    assert format_number(705, CATALOGUE["body_weight"], "fi") == "70,5"
    assert format_value(-205, "room_temperature", "en") == f"\N{MINUS SIGN}20.5{NB}°C"


@pytest.mark.parametrize(
    ("language", "number", "date"),
    [
        ("en", "1,234.5", "4 Nov 2026"),
        ("ga", "1,234.5", "4 Samh 2026"),
        ("is", "1.234,5", "4. nóv. 2026"),
        ("nn", "1 234,5", "4. nov. 2026"),
        ("fi", "1 234,5", "4.11.2026"),
    ],
)
def test_each_language_has_its_forms(language, number, date):
    assert format_decimal(Decimal("1234.5"), language).replace(NB, " ") == number
    assert format_date(ms(2026, 11, 4), "UTC", language) == date
    assert format_time(ms(2026, 11, 4, 21, 14), "UTC", language) in {"21:14", "21.14"}


def test_a_language_that_is_not_spoken_is_english():
    assert format_unit("/min", "xx") == "per minute"
    assert catalogue("xx").gettext("closed") == "closed"


def test_times_are_the_sites():
    at = ms(2026, 7, 1, 19, 14)
    assert format_moment(at, "Europe/Helsinki", "en") == "1 Jul 2026 22:14"
    assert format_night(ms(2026, 11, 4, 3), "Atlantic/Reykjavik", "en") == "night 3\u20134 Nov"
    assert format_time_of_day(24 * 60, "en") == "24:00"


def test_an_hour_that_repeats_says_which():
    first, second = ms(2026, 10, 25, 0, 30), ms(2026, 10, 25, 1, 30)
    assert format_time(first, "Europe/Stockholm", "en") == "02:30 (first)"
    assert format_time(second, "Europe/Stockholm", "en") == "02:30 (second)"
    assert format_time(ms(2026, 3, 29, 1, 30), "Europe/Stockholm", "en") == "03:30"


def test_lengths_and_parameters():
    assert format_length(90 * MINUTE, "en") == f"90{NB}minutes"
    assert format_length(1000, "en") == f"1{NB}second"
    assert format_length(1500, "en") == f"1.5{NB}seconds"
    assert format_parameter(Decimal(630), "clock", "en") == "10:30"
    assert format_parameter(Decimal(3), "d", "en") == f"3{NB}days"
    assert format_parameter(Decimal("2.5"), "kg", "en") == f"2.5{NB}kg"


@pytest.mark.parametrize("text", ["36,6", " 36.6 ", "36.6"])
def test_inputs_take_comma_or_point(text):
    assert parse_number(text) == Decimal("36.6")


@pytest.mark.parametrize("text", ["", "abc", "1e999999999", "inf", "1,2,3"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(NumberRefused):
        parse_number(text)
