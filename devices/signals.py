"""The signal catalogue: everything a home-care kit measures, in one explicit tuple.

Units are UCUM. Codes are LOINC and IEEE 11073-10101 (MDC) in its context-free form, partition times
65536 plus code; where no code says exactly what is measured it is None, never the nearest one.
Plausible ranges are what a living person or an inhabited home can show, wide on purpose: outside
them a value is kept, marked implausible, and ignored by rules. They are not clinical limits.

Frozen arithmetic: a value is parsed as a decimal, converted (`units.py`), rounded half-up to the
signal's resolution (ties away from zero) and then counted in int64. Rules see only the count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from devices.errors import Refused, Spoken
from devices.units import EXACT, UNITS, UnitRefused

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

AI = 130 << 16  # MDC partition "aging independently": the sensor types of ISO/IEEE 11073-10471
SCADA = 2 << 16  # MDC partition of physiological measurements
OBJECT = 1 << 16  # MDC partition of object attributes (battery)

MAX_COUNT = (1 << 53) - 1  # every store and browser keeps such an integer exactly
MAX_DIGITS = 40  # more digits than this is no measurement


class ValueRefused(Refused):
    """A number that no count can stand for, or a word that the signal does not know."""


class Kind(StrEnum):
    """How a signal's readings are to be understood between one and the next."""

    MEASUREMENT = "measurement"  # a number that holds until max_age
    STATE = "state"  # one of a few words, holds until the next or max_age
    EVENT = "event"  # something that happened at that moment


@dataclass(frozen=True, slots=True)
class Signal:
    """One entry of the catalogue."""

    name: str
    kind: Kind
    display: str  # short English title, through gettext where people see it
    unit: str  # UCUM; "1" where the number has none
    low: Decimal  # plausible range, both ends included
    high: Decimal
    max_age_ms: int  # older than this its value is unknown
    subject: Literal["resident", "home"] = "home"  # whose it normally is
    decimals: int = 0  # resolution = 10 ** -decimals
    loinc: str | None = None
    mdc: int | None = None
    words: Mapping[str, int] = field(default_factory=dict, hash=False)
    by_gateway: bool = False  # never accepted from a device
    interval_ms: int = 0  # at their densest, readings come so far apart; 0: whenever it happens
    most_a_day: int = 1440  # readings that a window of a day has room for
    adds_up: bool = False  # the sum of its readings means something
    prevails: bool = False  # a state whose second word stands while any device says it
    resolution: Decimal = field(init=False)
    scale: int = field(init=False)  # counts in one unit
    low_x: int = field(init=False)  # the plausible range in counts
    high_x: int = field(init=False)

    def __post_init__(self) -> None:
        scale = 10**self.decimals
        derived = {
            "resolution": Decimal(1).scaleb(-self.decimals),
            "scale": scale,
            "low_x": int(self.low * scale),
            "high_x": int(self.high * scale),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def word(self, x: int) -> str | None:
        """The word that stands for a count of a state; None where there is none."""
        return next((word for word, count in self.words.items() if count == x), None)


PACES: Mapping[str, tuple[int, int]] = {  # interval_ms and most_a_day, by the makers' kits
    "body_weight": (DAY, 8),
    "systolic": (MINUTE, 96),  # two at least a minute apart (NICE NG136); a day's monitor: 96
    "diastolic": (MINUTE, 96),
    "pulse": (MINUTE, 1440),
    "spo2": (MINUTE, 1440),
    "body_temperature": (5 * MINUTE, 96),
    "skin_temperature": (MINUTE, 288),
    "respiration": (MINUTE, 1440),
    "glucose": (5 * MINUTE, 288),  # a sensor under the skin; by finger prick far fewer
    "body_water": (DAY, 8),
    "muscle_mass": (DAY, 8),
    "steps": (MINUTE, 288),
    "plug_power": (MINUTE, 1440),
    "room_temperature": (5 * MINUTE, 288),
    "humidity": (5 * MINUTE, 288),
    "co2": (5 * MINUTE, 288),
    "battery": (HOUR, 24),
    "link_quality": (MINUTE, 288),
}


def _measurement(
    name: str,
    display: str,
    unit: str,
    low: str,
    high: str,
    max_age_ms: int,
    subject: Literal["resident", "home"],
    decimals: int = 0,
    loinc: str | None = None,
    mdc: int | None = None,
    *,
    adds_up: bool = False,
) -> Signal:
    every, most_a_day = PACES[name]
    return Signal(
        name,
        Kind.MEASUREMENT,
        display,
        unit,
        Decimal(low),
        Decimal(high),
        max_age_ms,
        subject,
        decimals,
        loinc,
        mdc,
        interval_ms=every,
        most_a_day=most_a_day,
        adds_up=adds_up,
    )


def _state(
    name: str,
    display: str,
    *words: str,
    mdc: int | None = None,
    subject: Literal["resident", "home"] = "home",
    seen: bool = False,
) -> Signal:
    """A state of a few words. Sensors repeat it with their heartbeat; a day without one: unknown.

    The first word is the ordinary one, 0. Where two devices report it, the other one prevails: a
    house is open while one of its doors is. `seen`: by people, whose newest word replaces the last.
    """
    return Signal(
        name,
        Kind.STATE,
        display,
        "1",
        Decimal(0),
        Decimal(len(words) - 1),
        DAY,
        subject,
        mdc=mdc,
        words={word: x for x, word in enumerate(words)},
        prevails=not seen,
    )


def _event(
    name: str,
    display: str,
    subject: Literal["resident", "home"],
    mdc: int | None = None,
    *,
    by_gateway: bool = False,
) -> Signal:
    return Signal(
        name,
        Kind.EVENT,
        display,
        "1",
        Decimal(1),
        Decimal(1),
        DAY,
        subject,
        mdc=mdc,
        by_gateway=by_gateway,
    )


SIGNALS: tuple[Signal, ...] = (
    _measurement(
        "body_weight", "Weight", "kg", "20", "300", 7 * DAY, "resident", 1, "29463-7", SCADA + 57664
    ),
    _measurement(
        "systolic", "Systolic", "mm[Hg]", "50", "280", DAY, "resident", 0, "8480-6", SCADA + 18949
    ),
    _measurement(
        "diastolic", "Diastolic", "mm[Hg]", "20", "180", DAY, "resident", 0, "8462-4", SCADA + 18950
    ),
    _measurement(
        "pulse", "Pulse", "/min", "20", "250", DAY, "resident", 0, "8867-4", SCADA + 18474
    ),
    # by pulse oximetry; 15 minutes: a finger clip taken off says nothing of the hour that follows
    _measurement(
        "spo2", "SpO2", "%", "50", "100", 15 * MINUTE, "resident", 0, "59408-5", SCADA + 19384
    ),
    _measurement(
        "body_temperature",
        "Body temperature",
        "Cel",
        "30",
        "43",
        DAY,
        "resident",
        1,
        "8310-5",
        SCADA + 19292,
    ),
    _measurement(
        "skin_temperature",
        "Skin temperature",
        "Cel",
        "15",
        "45",
        DAY,
        "resident",
        1,
        "39106-0",
        SCADA + 19316,
    ),
    _measurement(
        "respiration", "Respiration", "/min", "3", "70", DAY, "resident", 0, "9279-1", SCADA + 20490
    ),
    # capillary whole blood; LOINC 15074-8: moles per volume in blood
    _measurement(
        "glucose",
        "Glucose",
        "mmol/L",
        "0.5",
        "40",
        12 * HOUR,
        "resident",
        1,
        "15074-8",
        SCADA + 29112,
    ),
    # MDC_BODY_WATER is a mass, not a share, so it is not this
    _measurement(
        "body_water", "Body water", "%", "20", "85", 7 * DAY, "resident", 1, "101684-9", None
    ),
    _measurement(
        "muscle_mass", "Muscle mass", "kg", "5", "120", 7 * DAY, "resident", 1, "73964-9", None
    ),
    # steps since the last report, by pedometer
    _measurement(
        "steps", "Steps", "1", "0", "100000", DAY, "resident", 0, "55423-8", None, adds_up=True
    ),
    _event("motion", "Motion", "home", AI + 7),
    _state("door", "Door", "closed", "open", mdc=AI + 10),
    _state("bed", "Bed", "empty", "occupied", mdc=AI + 11),
    _state("chair", "Chair", "empty", "occupied", mdc=AI + 11),
    _measurement("plug_power", "Plug power", "W", "0", "4000", HOUR, "home", 0),
    _measurement(
        "room_temperature",
        "Room temperature",
        "Cel",
        "-40",
        "60",
        2 * HOUR,
        "home",
        1,
        "60832-3",
        AI + 14,
    ),
    _measurement("humidity", "Humidity", "%", "0", "100", 2 * HOUR, "home", 0),
    _measurement("co2", "CO2", "[ppm]", "250", "10000", HOUR, "home", 0),
    _state("smoke", "Smoke", "clear", "alarm", mdc=AI + 3),
    _state("water", "Water on the floor", "dry", "wet", mdc=AI + 5),
    _event("sos", "SOS button", "resident", AI + 2),
    _event("fall", "Fall", "resident", AI + 1),
    # the last due dose: a missed one stays missed until one is taken
    _state("dispenser", "Medicine dispenser", "taken", "missed", mdc=AI + 13, subject="resident"),
    # What a carer sees on a visit, as the NEWS2 chart asks it: breathing air or oxygen, and ACVPU.
    # LOINC 3151-8 is a flow and 67775-7 is AVPU, which has no new confusion: so neither is given.
    _state("oxygen", "Breathing", "air", "oxygen", subject="resident", seen=True),
    _state(
        "consciousness",
        "Consciousness",
        *("alert", "confused", "voice", "pain", "unresponsive"),
        subject="resident",
        seen=True,
    ),
    _measurement("battery", "Battery", "%", "0", "100", 7 * DAY, "home", 0, None, OBJECT + 2460),
    _measurement("link_quality", "Link quality", "1", "0", "255", DAY, "home", 0),
    # Fed by the gateway alone. The place of a coverage is what it covers: motion, motion@kitchen.
    Signal(
        "coverage",
        Kind.STATE,
        "Coverage",
        "1",
        Decimal(0),
        Decimal(1),
        3650 * DAY,  # spoken only when it changes
        words={"dark": 0, "covered": 1},
        by_gateway=True,
    ),
    _event("tick", "Site clock", "home", by_gateway=True),
)

CATALOGUE: Mapping[str, Signal] = MappingProxyType({signal.name: signal for signal in SIGNALS})


def to_counts(signal: Signal, value: Decimal, unit: str | None = None) -> tuple[int, bool]:
    """Counts of the signal's resolution, and whether that is plausible.

    `unit` None or the signal's own needs no conversion. Raises UnitRefused for a unit that does not
    measure this, ValueRefused for what is no finite number of at most 40 digits and 2^53 counts.
    """
    if not value.is_finite() or value.adjusted() > MAX_DIGITS or _digits(value) > MAX_DIGITS:
        raise ValueRefused(
            "read a value",
            signal.name,
            Spoken("not a number that can be measured"),
            Spoken("Send a finite number of at most {max_digits} digits", max_digits=MAX_DIGITS),
        )
    if unit is not None and unit != signal.unit:
        convert = UNITS[signal.unit].get(unit)
        if convert is None:
            known = ", ".join([signal.unit, *UNITS[signal.unit]])
            raise UnitRefused(
                "read a unit",
                signal.name,
                Spoken("{unit} does not measure it", unit=repr(unit[:40])),
                Spoken("Known: {known}", known=known),
            )
        value = convert(value)
    x = int(EXACT.to_integral_value(EXACT.multiply(value, signal.scale)))
    if not -MAX_COUNT <= x <= MAX_COUNT:
        raise ValueRefused(
            "read a value",
            signal.name,
            Spoken("the number is too large"),
            Spoken("Send it in {unit}", unit=signal.unit),
        )
    return x, signal.low_x <= x <= signal.high_x


def _digits(value: Decimal) -> int:
    return len(value.as_tuple().digits)


def from_counts(signal: Signal, x: int) -> Decimal:
    """The decimal that `x` counts stand for, with the signal's decimals: 366 → 36.6."""
    return Decimal(x).scaleb(-signal.decimals)
