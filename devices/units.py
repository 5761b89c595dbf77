"""Units: from what devices send to the catalogue's UCUM unit, exactly.

For every unit of the catalogue: other spellings of it (UCUM, SenML's registry of RFC 8428 and
RFC 8798, and the ones makers print on boxes) and units that convert to it. All arithmetic is
decimal with 60 digits: products are exact, and a quotient that does not end cannot be a tie of
half-up.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal

from devices.errors import Refused

EXACT = Context(prec=60, rounding=ROUND_HALF_UP, Emin=-999_999, Emax=999_999)

Convert = Callable[[Decimal], Decimal]


class UnitRefused(Refused):
    """A unit that does not measure the signal."""


def _same(value: Decimal) -> Decimal:
    return value


def _times(factor: str, divisor: str = "1") -> Convert:
    by, over = Decimal(factor), Decimal(divisor)

    def convert(value: Decimal) -> Decimal:
        return EXACT.divide(EXACT.multiply(value, by), over)

    return convert


def _fahrenheit(value: Decimal) -> Decimal:
    offset = EXACT.subtract(value, Decimal(32))
    return EXACT.divide(EXACT.multiply(offset, Decimal(5)), Decimal(9))


def _kelvin(value: Decimal) -> Decimal:
    return EXACT.subtract(value, Decimal("273.15"))


UNITS: Mapping[str, Mapping[str, Convert]] = {
    "kg": {
        "g": _times("0.001"),
        "[lb_av]": _times("0.45359237"),
        "lb": _times("0.45359237"),
        "lbs": _times("0.45359237"),
        "[stone_av]": _times("6.35029318"),
        "st": _times("6.35029318"),
    },
    "mm[Hg]": {  # UCUM: m[Hg] is 133.3220 kPa
        "mmHg": _same,
        "kPa": _times("1000", "133.322"),
        "hPa": _times("100", "133.322"),
        "Pa": _times("1", "133.322"),
    },
    "/min": {
        "1/min": _same,
        "min-1": _same,
        "{beats}/min": _same,
        "{breaths}/min": _same,
        "beats/min": _same,
        "beat/min": _same,
        "breaths/min": _same,
        "bpm": _same,
        "Hz": _times("60"),
        "1/s": _times("60"),
    },
    "%": {
        "%RH": _same,
        "%EL": _same,
        "/100": _same,
        "/": _times("100"),
        "/1000": _times("0.1"),
    },
    "Cel": {"°C": _same, "degC": _same, "[degF]": _fahrenheit, "°F": _fahrenheit, "K": _kelvin},
    # glucose: 180.156 g/mol
    "mmol/L": {
        "mmol/l": _same,
        "mol/L": _times("1000"),
        "mg/dL": _times("10", "180.156"),
        "mg/dl": _times("10", "180.156"),
    },
    "W": {"kW": _times("1000"), "mW": _times("0.001")},
    "[ppm]": {"ppm": _same, "/": _times("1000000"), "%": _times("10000")},
    "1": {"count": _same, "{steps}": _same, "steps": _same, "{count}": _same},
}
