"""What the words that give numbers refuse, each by name and line."""

import pytest

from rules.errors import RuleRefused
from tests.rules.stories import above, rule

HEARD = "{times_true: {condition: {event: {signal: sos}}, within: 6 h, gaps: ignored}}"
BANDS = (
    "[{high: 90 mmHg, points: 3}, {low: 91 mmHg, high: 219 mmHg, points: 0},"
    " {low: 220 mmHg, points: 3}]"
)


def points(bands, value="systolic"):
    return above(f"{{points: {{value: {value}, bands: {bands}}}}}")


REFUSED = {
    "a window shorter than the interval": (
        above("{mean: {signal: body_weight, within: 6 h}}", "70 kg"),
        "shorter than the interval of body_weight, 1 d",
    ),
    "more readings than the window brings": (
        above("{mean: {signal: body_weight, within: 3 d, needs: 8}}", "70 kg"), "do not come",
    ),
    "a window of more than 35 days": (
        above("{lowest: {signal: body_weight, within: 60 d}}", "70 kg"), "35 d",
    ),
    "a mean of a state": (above("{mean: {signal: door, within: 6 h}}"), "no measurement"),
    "a mean of an event": (above("{mean: {signal: sos, within: 6 h}}"), "no measurement"),
    "a total that means nothing": (
        above("{total: {signal: body_weight, within: 3 d}}", "70 kg"), "do not add up",
    ),
    "the count of a state": (above("{count: {signal: door, within: 6 h}}"), "times_true"),
    "coverage of a measurement": (
        above("{count: {signal: pulse, within: 6 h, gaps: unknown}}"), "no coverage",
    ),
    "another word for gaps": (
        above("{count: {signal: sos, within: 6 h, gaps: none}}"), "Allowed: ignored, unknown",
    ),
    "few of what may not have been heard": (
        "when: {below: {value: {count: {signal: motion, within: 6 h, gaps: ignored}}, limit: 3}}\n",
        "may seem too little",
    ),
    "between of what may not have been heard": (
        f"when: {{between: {{value: {HEARD}, low: 0, high: 3}}}}\n", "may seem too little",
    ),
    "a rise from the highest": (
        above("{rise: {signal: pulse, within: 6 h, from: highest}}", "9 /min"), "Use fall",
    ),
    "a fall from the lowest": (
        above("{fall: {signal: pulse, within: 6 h, from: lowest}}", "9 /min"), "Use rise",
    ),
    "a rise from nowhere": (
        above("{rise: {signal: pulse, within: 6 h, from: medium}}", "9 /min"), "'median'",
    ),
    "a rise held against a rate": (
        above("{rise: {signal: body_weight, within: 3 d}}", "2 kg/d"), "does not measure",
    ),
    "a slope held against a value": (
        above("{slope: {signal: body_weight, within: 7 d}}", "2 kg"), "write it per day, kg/d",
    ),
    "a slope in another unit": (
        above("{slope: {signal: body_weight, within: 7 d}}", "2 mmHg/d"), "does not measure",
    ),
    "a slope faster than anything": (
        above("{slope: {signal: spo2, within: 7 d}}", "99999999 %/s"), "faster",
    ),
    "a span as long as the window": (
        above("{slope: {signal: pulse, within: 7 d, span: 7 d}}", "2 /min/d"), "span",
    ),
    "a value and a rise": (
        above("{difference: {value: pulse, less: {rise: {signal: pulse, within: 6 h}}}}", "9 /min"),
        "taken from each other",
    ),
    "a pressure and a weight": (
        above("{difference: {value: systolic, less: body_weight}}", "9 mmHg"),
        "taken from each other",
    ),
    "a baseline of too many days": (
        above("{baseline: {signal: pulse, over: 36 d}}", "70 /min"), "35 d",
    ),
    "a baseline of half a day": (
        above("{baseline: {signal: pulse, over: 36 h}}", "70 /min"), "steps of 1 d",
    ),
    "a baseline that needs more than it sees": (
        above("{baseline: {signal: pulse, over: 5 d, needs: 6}}", "70 /min"), "more days",
    ),
    "a spread of one day": (above("{deviation: {signal: pulse, needs: 1}}"), "between 2 and 35"),
    "a spread of nothing": (
        above("{deviation: {signal: pulse, least_spread: 0 /min}}"), "no difference",
    ),
    "a deviation in a unit": (above("{deviation: {signal: pulse}}", "2 /min"), "plain number"),
    "a centre of another kind": (
        above("{deviation: {signal: pulse, centre: mode}}"),
        "'mean', 'median'",
    ),
    "a table with a hole": (points(BANDS.replace("91", "93")), "hole"),
    "a table with an overlap": (points(BANDS.replace("91", "90")), "overlaps"),
    "a table that is open inside": (points(BANDS.replace("low: 91 mmHg, ", "")), "only the ends"),
    "a table of one band": (points("[{points: 1}]"), "at least two"),
    "a band upside down": (
        points("[{high: 90 mmHg, points: 1}, {low: 91 mmHg, high: 85 mmHg, points: 0},"
               " {low: 86 mmHg, points: 2}]"), "below its low",
    ),
    "a table in another unit": (points(BANDS, "pulse"), "does not measure"),
    "a table beyond what can be": (points(BANDS.replace("90 m", "9 m")), "plausibly"),
    "states without points": (
        above("{points: {value: consciousness, states: {alert: 0, voice: 3}}}"),
        "no points for confused, pain, unresponsive",
    ),
    "points for no state": (
        above("{points: {value: oxygen, states: {air: 0, oxygen: 2, water: 1}}}"), "never 'water'",
    ),
    "points for states of a number": (
        above("{points: {value: pulse, states: {slow: 1}}}"), "give bands",
    ),
    "bands and states": (
        above(f"{{points: {{value: systolic, bands: {BANDS}, states: {{a: 1}}}}}}"),
        "points are given",
    ),
    "a score of what are no points": (
        above("{score: {parts: [pulse]}}"), "no number of points",
    ),
    "a score that needs more than it has": (
        above(f"{{score: {{parts: [{{points: {{value: systolic, bands: {BANDS}}}}}], needs: 2}}}}"),
        "between 1 and 1",
    ),
    "a choice of two kinds": (
        above("{choose: {condition: {event: {signal: sos}}, then: pulse, else: spo2}}", "90 %"),
        "same kind",
    ),
    "a time held against a number": (
        above("{time_true: {condition: {event: {signal: sos}}, within: 6 h}}", "45"),
        "no length of time",
    ),
    "seconds of a time": (
        above("{time_true: {condition: {event: {signal: sos}}, within: 6 h}}", "90 s"), "1 min",
    ),
    "moves at one place": (
        above("{transitions: {signal: motion, places: [hall], within: 6 h}}"), "2 to 32 places",
    ),
    "moves to the same place": (
        above("{transitions: {signal: motion, places: [hall, hall], within: 6 h}}"), "each once",
    ),
    "moves of a door": (
        above("{transitions: {signal: door, places: [hall, outer], within: 6 h}}"), "no event",
    ),
    "valid upside down": (
        above("{latest: {signal: pulse, valid: {low: 90 /min, high: 40 /min}}}", "50 /min"),
        "nothing is valid",
    ),
    "a number where a truth belongs": (
        "when: {mean: {signal: pulse, within: 6 h}}\n", "number is no condition",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_mean_anything_is_refused_by_name(name):
    text, expected = REFUSED[name]
    with pytest.raises(RuleRefused) as caught:
        rule(text)
    assert expected in str(caught.value)
    assert "trial.yaml, line 9" in str(caught.value)
