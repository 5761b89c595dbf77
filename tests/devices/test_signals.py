"""The catalogue and its arithmetic."""

import pickle
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.signals import (
    CATALOGUE,
    SIGNALS,
    Kind,
    ValueRefused,
    from_counts,
    to_counts,
)
from devices.units import UNITS, UnitRefused

NAMES = [
    "body_weight",
    "systolic",
    "diastolic",
    "pulse",
    "spo2",
    "body_temperature",
    "skin_temperature",
    "respiration",
    "glucose",
    "body_water",
    "steps",
    "motion",
    "door",
    "bed",
    "chair",
    "plug_power",
    "room_temperature",
    "humidity",
    "co2",
    "smoke",
    "water",
    "sos",
    "fall",
    "dispenser",
    "oxygen",
    "consciousness",
    "battery",
    "link_quality",
    "coverage",
    "tick",
]


def test_all_that_a_kit_measures_is_there_once() -> None:
    assert set(NAMES) <= set(CATALOGUE)
    assert len(CATALOGUE) == len(SIGNALS)


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_an_entry_is_complete(signal) -> None:
    assert signal.unit in UNITS
    assert signal.low < signal.high or signal.kind is Kind.EVENT
    assert signal.max_age_ms > 0
    assert (signal.interval_ms > 0) == (signal.kind is Kind.MEASUREMENT)
    assert signal.most_a_day > 0
    assert signal.resolution == Decimal(1).scaleb(-signal.decimals)
    assert bool(signal.words) == (signal.kind is Kind.STATE)
    assert pickle.loads(pickle.dumps(signal)) == signal  # back-tests run in a child process
    for word, x in signal.words.items():
        assert signal.word(x) == word


def test_what_news2_asks_of_a_visit_has_its_words() -> None:
    assert dict(CATALOGUE["oxygen"].words) == {"air": 0, "oxygen": 1}
    assert list(CATALOGUE["consciousness"].words) == [
        "alert", "confused", "voice", "pain", "unresponsive",
    ]  # fmt: skip
    assert CATALOGUE["consciousness"].high == 4


def test_only_what_counts_since_the_last_report_adds_up() -> None:
    assert {signal.name for signal in SIGNALS if signal.adds_up} == {"steps"}


def test_codes_of_vital_signs() -> None:
    # LOINC as in the FHIR vital-signs profile; MDC as in ISO/IEEE 11073-104xx
    codes = {name: (CATALOGUE[name].loinc, CATALOGUE[name].mdc) for name in CATALOGUE}
    assert codes["body_weight"] == ("29463-7", 188736)
    assert codes["systolic"] == ("8480-6", 150021)
    assert codes["diastolic"] == ("8462-4", 150022)
    assert codes["pulse"] == ("8867-4", 149546)
    assert codes["spo2"] == ("59408-5", 150456)
    assert codes["body_temperature"] == ("8310-5", 150364)
    assert codes["respiration"] == ("9279-1", 151562)
    assert codes["glucose"] == ("15074-8", 160184)


@pytest.mark.parametrize(
    ("name", "value", "unit", "said"),
    [
        ("glucose", "54", "mg/dL", "3.0"),  # semantics: not below 3.0
        ("body_temperature", "36.65", None, "36.7"),  # half-up, where a binary float says 36.6
        ("body_temperature", "98.6", "[degF]", "37.0"),
        ("body_temperature", "309.8", "K", "36.7"),  # 36.65 exactly
        ("room_temperature", "-0.25", None, "-0.3"),  # a tie goes away from zero
        ("body_weight", "154.3", "[lb_av]", "70.0"),
        ("systolic", "16", "kPa", "120"),
        ("spo2", "0.965", "/", "97"),
        ("pulse", "1.25", "Hz", "75"),
        ("plug_power", "1.2", "kW", "1200"),
    ],
)
def test_convert_then_round_half_up(name, value, unit, said) -> None:
    x, plausible = to_counts(CATALOGUE[name], Decimal(value), unit)
    assert str(from_counts(CATALOGUE[name], x)) == said
    assert plausible


def test_outside_what_is_plausible_is_kept_and_marked() -> None:
    assert to_counts(CATALOGUE["diastolic"], Decimal(194)) == (194, False)
    assert to_counts(CATALOGUE["skin_temperature"], Decimal("74.1")) == (741, False)


def test_a_wrong_unit_is_refused_and_says_which_are_known() -> None:
    with pytest.raises(UnitRefused, match="mmHg"):
        to_counts(CATALOGUE["systolic"], Decimal(120), "kg")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+999999", "9" * 41, "1E+16"])
def test_a_number_that_is_no_measurement_is_refused(value) -> None:
    with pytest.raises(ValueRefused):
        to_counts(CATALOGUE["pulse"], Decimal(value))


@given(
    st.sampled_from([s.name for s in SIGNALS if s.kind is Kind.MEASUREMENT]),
    st.decimals("-100000", "100000", places=6),
)
def test_rounding_is_exact(name, value) -> None:
    signal = CATALOGUE[name]
    x, _ = to_counts(signal, value)
    exact = Fraction(value) * signal.scale
    away = abs(exact) + Fraction(1, 2)
    expected = (away.numerator // away.denominator) * (1 if exact >= 0 else -1)
    assert x == expected


@given(st.integers(-(10**6), 10**6))
def test_counts_and_back(x) -> None:
    signal = CATALOGUE["body_temperature"]
    assert to_counts(signal, from_counts(signal, x))[0] == x


@given(st.decimals("32", "120", places=2))
def test_fahrenheit_is_exact(value) -> None:
    x, _ = to_counts(CATALOGUE["body_temperature"], value, "[degF]")
    exact = (Fraction(value) - 32) * 5 / 9 * 10
    half_up = int(
        (Decimal(0) + Decimal((exact + Fraction(1, 2)).__floor__())).to_integral_value(ROUND_FLOOR)
    )
    assert x == half_up
